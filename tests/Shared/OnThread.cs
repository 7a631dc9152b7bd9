namespace Sidecar.Testing;

/// <summary>Runs loops on threads of their own: on the pool's few, those that spin or block would keep everybody else's work waiting for seconds.</summary>
internal static class OnThread
{
    public static Task Run(Action body) => Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static Task<T> Run<T>(Func<T> body) => Task.Factory.StartNew(body, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
