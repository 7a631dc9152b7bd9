using Sidecar.Model;
using Sidecar.Wire;

namespace Sidecar.Capture;

/// <summary>Gives each accepted connection its tap, from the pool of the relay thread that owns it.</summary>
public sealed class CaptureSource : IConnectionTapSource
{
    private readonly CapturePool[] _pools;
    private readonly IExchangeIntake _intake;
    private readonly Action<Exception> _failed;

    /// <param name="failed">Told of what a tap threw: a bug of ours.</param>
    public CaptureSource(int relayThreads, CaptureSettings settings, BodyPool bodies, IExchangeIntake intake, TimeProvider time, Action<Exception> failed)
    {
        _intake = intake;
        _failed = failed;
        Governor = new DecodeGovernor(settings.DecodeRate, time);
        _pools = [.. Enumerable.Range(0, relayThreads).Select(thread => new CapturePool(thread, settings, Governor, bodies, intake, time))];
    }

    /// <summary>The share of exchanges that are decoded.</summary>
    public DecodeGovernor Governor { get; }

    /// <summary>Exchanges that are under way now.</summary>
    public long OpenExchanges => _pools.Sum(pool => (long)pool.Open);

    public IConnectionTap? Open(int thread, int listener)
    {
        var tap = _pools[thread].RentTap();
        tap.Start(listener);
        return tap;
    }

    public void TapFailed(int listener, IConnectionTap? tap, Exception failure)
    {
        (tap as ConnectionTap)?.Abandon();
        _intake.Began(listener);
        _intake.WentOpaque(listener, OpaqueReason.ObserverFailed);
        _failed(failure);
    }

    /// <summary>Takes a record back from the worker that is done with it.</summary>
    public void Return(Exchange exchange) => _pools[exchange.Thread].Return(exchange);
}
