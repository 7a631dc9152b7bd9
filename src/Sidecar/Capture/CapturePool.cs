using Sidecar.Model;

namespace Sidecar.Capture;

/// <summary>
/// Everything a relay thread needs to watch its connections, made once and reused: taps and exchange records. Records come
/// back from the workers through a queue.
/// </summary>
internal sealed class CapturePool
{
    private readonly BoundedQueue<Exchange> _returned;
    private readonly Stack<ConnectionTap> _taps = new();
    private readonly int _thread;
    private readonly int _most;
    private readonly double _nanosPerTick;
    private readonly long _startTimestamp;
    private readonly long _startUnixNanos;
    private int _made;
    private int _open;

    public CapturePool(int thread, CaptureSettings settings, DecodeGovernor governor, BodyPool bodies, IExchangeIntake intake, TimeProvider time)
    {
        _thread = thread;
        Settings = settings;
        Governor = governor;
        Bodies = bodies;
        Intake = intake;
        Time = time;
        // All that can be queued, and as many again that are open on connections.
        _most = 2 * (settings.HeadRing + settings.BodyQueue);
        _returned = new BoundedQueue<Exchange>(_most);
        _nanosPerTick = 1e9 / time.TimestampFrequency;
        _startTimestamp = time.GetTimestamp();
        _startUnixNanos = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
    }

    public CaptureSettings Settings { get; }
    public DecodeGovernor Governor { get; }
    public BodyPool Bodies { get; }
    public IExchangeIntake Intake { get; }
    public TimeProvider Time { get; }

    /// <summary>Exchanges open on this thread's connections.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>A blank record, or null when all are in use.</summary>
    public Exchange? Rent()
    {
        if (_returned.TryDequeue(out var exchange))
            return exchange;
        if (_made == _most)
            return null;
        _made++;
        return new Exchange { Thread = _thread };
    }

    /// <summary>Takes a record back; from any thread.</summary>
    public void Return(Exchange exchange)
    {
        exchange.RequestBody?.Return();
        exchange.ResponseBody?.Return();
        exchange.Clear();
        _returned.TryEnqueue(exchange);
    }

    public void Opened() => Volatile.Write(ref _open, _open + 1);

    public void Closed() => Volatile.Write(ref _open, _open - 1);

    public ConnectionTap RentTap() => _taps.TryPop(out var tap) ? tap : new ConnectionTap(this);

    public void ReturnTap(ConnectionTap tap) => _taps.Push(tap);

    /// <summary>A timestamp as Unix time in nanoseconds, so that one clock read serves both. Counted from the start: no clock's own zero matters.</summary>
    public long UnixNanos(long timestamp) => _startUnixNanos + (long)((timestamp - _startTimestamp) * _nanosPerTick);
}
