namespace Sidecar.Configuration;

/// <summary>One pair of a listening address and the model server's address behind it.</summary>
public sealed record ListenerOptions
{
    /// <summary>Name of the listener, the label `listener` of its metrics; unique.</summary>
    public required string Name { get; init; }

    /// <summary>Address to listen on; port 0 lets the system choose.</summary>
    public required EndPointSetting Listen { get; init; }

    /// <summary>Address of the model server behind this listener.</summary>
    public required UpstreamSetting Upstream { get; init; }

    /// <summary>TLS towards clients; off without a certificate.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>TLS towards an upstream whose address begins with https://.</summary>
    public UpstreamTlsOptions UpstreamTls { get; init; } = new();
}
