namespace Sidecar.Configuration;

/// <summary>Threads and limits of the relay.</summary>
public sealed record RelayOptions
{
    /// <summary>Threads that relay; 0 means 1 below four cores, else a quarter of the cores.</summary>
    public int Threads { get; init; }

    /// <summary>Most client connections at a time; further ones wait in the backlog.</summary>
    public int MaxConnections { get; init; } = 16384;

    /// <summary>Connections that the system queues for each listener before it refuses more.</summary>
    public int Backlog { get; init; } = 1024;

    /// <summary>When a connection on which nothing moves and no exchange is under way is closed; 0s leaves that to client and server.</summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>Send and receive buffer of each socket; 0 leaves them to the system, which sizes them as it goes.</summary>
    public long SocketBuffers { get; init; }

    /// <summary>The number of threads to start on a machine with this many cores.</summary>
    public int EffectiveThreads(int processorCount) => Threads > 0 ? Threads : Math.Max(1, processorCount / 4);
}
