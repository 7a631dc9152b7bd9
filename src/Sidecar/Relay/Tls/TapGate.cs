using Sidecar.Model;

namespace Sidecar.Relay.Tls;

/// <summary>
/// A connection's tap, for pumps that run on the thread pool: taps are made for one thread, so those that share a lane take turns. Held only
/// while a piece is observed.
/// </summary>
internal sealed class TapGate
{
    private readonly Lock _lane;
    private readonly IConnectionTapSource _taps;
    private readonly int _listener;
    private IConnectionTap? _tap;

    /// <param name="lane">Shared by all connections whose taps come from the same pool.</param>
    /// <param name="thread">That pool.</param>
    public TapGate(Lock lane, IConnectionTapSource taps, int thread, int listener)
    {
        _lane = lane;
        _taps = taps;
        _listener = listener;
        lock (_lane)
        {
            try
            {
                _tap = taps.Open(thread, listener);
            }
            catch (Exception failure)
            {
                taps.TapFailed(listener, null, failure);
            }
        }
    }

    /// <summary>True while an exchange is under way, or nobody watches and so nobody can tell.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_lane)
                return _tap is not { IsBusy: false };
        }
    }

    public void Bytes(ReadOnlySpan<byte> bytes, long timestamp, bool fromClient)
    {
        lock (_lane)
        {
            try
            {
                if (fromClient)
                    _tap?.OnClientBytes(bytes, timestamp);
                else
                    _tap?.OnUpstreamBytes(bytes, timestamp);
            }
            catch (Exception failure)
            {
                Detach(failure);
            }
        }
    }

    public void Stalled(bool stalled, long timestamp) => Tell(stalled ? static (tap, now) => tap.OnClientStalled(now) : static (tap, now) => tap.OnClientResumed(now), timestamp);

    public void Closed(bool client, long timestamp) => Tell(client ? static (tap, now) => tap.OnClientClosed(now) : static (tap, now) => tap.OnUpstreamClosed(now), timestamp);

    /// <summary>The connection is gone; nothing is told after this.</summary>
    public void Ended(ConnectionEnd end, long timestamp)
    {
        lock (_lane)
        {
            try
            {
                _tap?.OnEnded(end, timestamp);
                _tap = null;
            }
            catch (Exception failure)
            {
                Detach(failure);
            }
        }
    }

    private void Tell(Action<IConnectionTap, long> call, long timestamp)
    {
        lock (_lane)
        {
            try
            {
                if (_tap is { } tap)
                    call(tap, timestamp);
            }
            catch (Exception failure)
            {
                Detach(failure);
            }
        }
    }

    private void Detach(Exception failure)
    {
        var tap = _tap;
        _tap = null;
        _taps.TapFailed(_listener, tap, failure);
    }
}
