using Sidecar.Model;

namespace Sidecar.Relay;

/// <summary>What the relay counts for one listener; written by relay threads, read by anyone.</summary>
public sealed class RelayCounters(string listener)
{
    private readonly long[] _ended = new long[Enum.GetValues<ConnectionEnd>().Length];
    private long _opened;
    private long _limitReached;
    private long _fromClient;
    private long _fromUpstream;

    /// <summary>The listener's configured name.</summary>
    public string Listener { get; } = listener;

    /// <summary>Connections accepted so far.</summary>
    public long Accepted => Interlocked.Read(ref _opened);

    /// <summary>Connections open now.</summary>
    public long Open
    {
        get
        {
            long ended = 0;
            for (var i = 0; i < _ended.Length; i++)
                ended += Interlocked.Read(ref _ended[i]);
            return Math.Max(0, Interlocked.Read(ref _opened) - ended);
        }
    }

    /// <summary>How often accepting paused because a limit was reached.</summary>
    public long LimitReached => Interlocked.Read(ref _limitReached);

    /// <summary>Bytes relayed from clients to the upstream.</summary>
    public long BytesFromClient => Interlocked.Read(ref _fromClient);

    /// <summary>Bytes relayed from the upstream to clients.</summary>
    public long BytesFromUpstream => Interlocked.Read(ref _fromUpstream);

    /// <summary>Connections that ended in this way.</summary>
    public long EndedAs(ConnectionEnd end) => Interlocked.Read(ref _ended[(int)end]);

    internal void Opened() => Interlocked.Increment(ref _opened);

    internal void Ended(ConnectionEnd end) => Interlocked.Increment(ref _ended[(int)end]);

    internal void ConnectionLimitReached() => Interlocked.Increment(ref _limitReached);

    internal void Relayed(bool fromClient, int bytes) => Interlocked.Add(ref fromClient ? ref _fromClient : ref _fromUpstream, bytes);
}
