using Sidecar.Model;
using Sidecar.Wire;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>
/// Puts a second observer beside the application's own on every connection of a running relay: it is given the same bytes in the same
/// calls, and what it tells is kept whole.
/// </summary>
internal sealed class TruthTaps(IConnectionTapSource inner, Tally observed) : IConnectionTapSource
{
    public IConnectionTap? Open(int thread, int listener) => new Tap(inner.Open(thread, listener)!, observed);

    public void TapFailed(int listener, IConnectionTap? tap, Exception failure)
    {
        observed.Fail(failure);
        inner.TapFailed(listener, (tap as Tap)?.Inner, failure);
    }

    private sealed class Tap : IConnectionTap
    {
        private readonly ConnectionObserver _observer = new(new ObserverLimits());

        public Tap(IConnectionTap inner, Tally observed)
        {
            Inner = inner;
            _observer.Reset(new ObservedConnection(observed));
        }

        public IConnectionTap Inner { get; }

        public bool IsBusy => Inner.IsBusy;

        public void OnClientBytes(ReadOnlySpan<byte> bytes, long timestamp)
        {
            Inner.OnClientBytes(bytes, timestamp);
            _observer.OnClientBytes(bytes);
        }

        public void OnUpstreamBytes(ReadOnlySpan<byte> bytes, long timestamp)
        {
            Inner.OnUpstreamBytes(bytes, timestamp);
            _observer.OnServerBytes(bytes);
        }

        public void OnClientStalled(long timestamp) => Inner.OnClientStalled(timestamp);

        public void OnClientResumed(long timestamp) => Inner.OnClientResumed(timestamp);

        public void OnClientClosed(long timestamp)
        {
            Inner.OnClientClosed(timestamp);
            _observer.OnClientClosed();
        }

        public void OnUpstreamClosed(long timestamp)
        {
            Inner.OnUpstreamClosed(timestamp);
            _observer.OnServerClosed();
        }

        public void OnEnded(ConnectionEnd end, long timestamp)
        {
            Inner.OnEnded(end, timestamp);
            if (end == ConnectionEnd.ClientReset)
                _observer.OnClientReset();
            if (end == ConnectionEnd.UpstreamReset)
                _observer.OnServerReset();
            _observer.OnClientClosed();
            _observer.OnServerClosed();
            _observer.Release();
        }
    }
}
