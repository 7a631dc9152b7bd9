namespace Sidecar.Capture;

/// <summary>
/// A thread that empties a queue. Under load it takes naps and finds its work by looking, so a producer on the relay
/// thread almost never pays for waking it; with nothing to do for a while it sleeps, and costs nothing.
/// </summary>
public sealed class PollingWorker : IDisposable
{
    // 10 ms: at most 100 wake-ups a second under load, and metrics are scraped a thousand times more slowly.
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Sleep = TimeSpan.FromSeconds(1);
    private const int NapsBeforeSleep = 20;

    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);
    private readonly Func<bool> _work;
    private readonly Action<Exception> _failed;
    private readonly Thread _thread;
    private volatile bool _asleep;
    private volatile bool _stopping;

    /// <param name="work">Does what there is to do; false when there was nothing.</param>
    /// <param name="failed">Told what <paramref name="work"/> threw: a bug of ours; the worker goes on.</param>
    public PollingWorker(string name, Func<bool> work, Action<Exception> failed)
    {
        _work = work;
        _failed = failed;
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Says that there is work. <paramref name="urgent"/>: the queue fills up, so a nap must end too.</summary>
    public void Signal(bool urgent = false)
    {
        if ((_asleep || urgent) && !_wake.IsSet)
            _wake.Set();
    }

    /// <summary>Ends the thread after the piece of work it is at; waits at most <paramref name="patience"/>.</summary>
    public bool Stop(TimeSpan patience)
    {
        _stopping = true;
        _wake.Set();
        return _thread.Join(patience);
    }

    public void Dispose()
    {
        if (Stop(TimeSpan.FromSeconds(5)))
            _wake.Dispose();
    }

    private void Run()
    {
        var idle = 0;
        while (!_stopping)
        {
            var worked = false;
            try
            {
                worked = _work();
            }
            catch (Exception failure)
            {
                _failed(failure);
            }

            if (_stopping)
                break;
            idle = worked ? 0 : idle + 1;
            _asleep = idle > NapsBeforeSleep;
            if (_asleep && idle == NapsBeforeSleep + 1)
            {
                // Look once more: work may have come before the producer could see that we sleep. The barrier is for the producers too, which are spared one of their own: each has either seen
                // that we sleep, or what it had put into the queue before is seen now.
                Interlocked.MemoryBarrierProcessWide();
                continue;
            }

            _wake.Wait(_asleep ? Sleep : Nap);
            _wake.Reset();
        }
    }
}
