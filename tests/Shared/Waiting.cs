namespace Sidecar.Testing;

/// <summary>Waits for what will come, and fails with what it was when it does not.</summary>
internal static class Waiting
{
    /// <summary>Long for anything here on a busy machine, short for a run that hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task UntilAsync(Func<bool> condition, string what, TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Patience);
        while (!condition())
        {
            if (deadline.IsCancellationRequested)
                Assert.Fail($"never came true: {what}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
