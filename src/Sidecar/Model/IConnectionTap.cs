namespace Sidecar.Model;

/// <summary>
/// What watches one relayed connection. All calls come from one relay thread, after the bytes were forwarded; a tap
/// never blocks, never allocates in the steady state, and what it throws ends the watching, never the relaying.
/// </summary>
public interface IConnectionTap
{
    /// <summary>Bytes of the client, already written to the upstream (or queued for it). <paramref name="timestamp"/>: when they were read.</summary>
    void OnClientBytes(ReadOnlySpan<byte> bytes, long timestamp);

    /// <summary>Bytes of the upstream, already written to the client (or queued for it).</summary>
    void OnUpstreamBytes(ReadOnlySpan<byte> bytes, long timestamp);

    /// <summary>The client does not take what the upstream sent: bytes wait for it.</summary>
    void OnClientStalled(long timestamp);

    /// <summary>The client has taken what waited for it.</summary>
    void OnClientResumed(long timestamp);

    /// <summary>The client closed its sending half in order (FIN).</summary>
    void OnClientClosed(long timestamp);

    /// <summary>The upstream closed its sending half in order (FIN).</summary>
    void OnUpstreamClosed(long timestamp);

    /// <summary>The connection is gone; the relay forgets the tap after this call.</summary>
    void OnEnded(ConnectionEnd end, long timestamp);

    /// <summary>True while an exchange is under way or can't be told, so that a drain must wait for it.</summary>
    bool IsBusy { get; }
}

/// <summary>How a relayed connection ended.</summary>
public enum ConnectionEnd : byte
{
    /// <summary>Both sides closed in order.</summary>
    Closed,

    /// <summary>The client reset the connection.</summary>
    ClientReset,

    /// <summary>The upstream reset the connection.</summary>
    UpstreamReset,

    /// <summary>The upstream refused the connection, or could not be reached.</summary>
    UpstreamRefused,

    /// <summary>The client vanished: it answered nothing any more, not even the system's keep-alive probes.</summary>
    ClientTimedOut,

    /// <summary>The upstream vanished.</summary>
    UpstreamTimedOut,

    /// <summary>No socket could be had for the upstream: a limit of this process, not the upstream's fault.</summary>
    OutOfSockets,

    /// <summary>The client's TLS handshake failed, so there was nothing to relay.</summary>
    ClientHandshakeFailed,

    /// <summary>The upstream was reached and its TLS handshake failed.</summary>
    UpstreamHandshakeFailed,

    /// <summary>Nothing moved for <c>relay.idleTimeout</c>, and no exchange was under way.</summary>
    IdleTimeout,

    /// <summary>We closed it at the end of the shutdown's deadline, or idle while draining.</summary>
    Shutdown,
}

/// <summary>Makes the tap of each accepted connection; called on the relay thread that owns the connection.</summary>
public interface IConnectionTapSource
{
    /// <param name="thread">The relay thread, 0-based.</param>
    /// <param name="listener">The listener that accepted, 0-based in configuration order.</param>
    /// <returns>The tap, or null: the connection is relayed and not watched.</returns>
    IConnectionTap? Open(int thread, int listener);

    /// <summary>A tap threw: it was detached, its connection is relayed on. Null: the tap could not be made.</summary>
    void TapFailed(int listener, IConnectionTap? tap, Exception failure);
}
