namespace Sidecar.Relay;

/// <summary>Limits of the relay and properties of its sockets.</summary>
public sealed record RelaySettings
{
    /// <summary>For the whole process; further ones wait in the system's backlog.</summary>
    public int MaxConnections { get; init; } = 16384;

    /// <summary>Connections that the system queues for each listener.</summary>
    public int Backlog { get; init; } = 1024;

    /// <summary>Connections without an exchange on which nothing moved for so long are closed in order; zero = never.</summary>
    public TimeSpan IdleTimeout { get; init; }

    /// <summary>Bytes of each socket's send and receive buffers; 0 = as the system sizes them.</summary>
    public int SocketBuffers { get; init; }
}
