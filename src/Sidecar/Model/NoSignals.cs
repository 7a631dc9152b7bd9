namespace Sidecar.Model;

/// <summary>For web servers inside the program: without it, a host would install a lifetime that answers SIGTERM by stopping on its own.</summary>
public sealed class NoSignals : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
