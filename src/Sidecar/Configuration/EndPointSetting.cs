using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace Sidecar.Configuration;

/// <summary>An address to listen on: an IP literal or <c>localhost</c>, and a port, where 0 lets the system choose.</summary>
public sealed record EndPointSetting(string Host, int Port)
{
    /// <summary>Whether this listens on every address of the machine.</summary>
    public bool IsAnyAddress => Address is { } address && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    /// <summary>Whether this can be reached from the same machine only.</summary>
    public bool IsLoopback => Address is { } address && IPAddress.IsLoopback(address);

    private IPAddress? Address => HostAndPort.AddressOf(Host);

    /// <summary>The address to bind; throws for a host that <see cref="TryParse"/> would have refused.</summary>
    public IPEndPoint ToIPEndPoint() =>
        new(Address ?? throw new InvalidOperationException($"'{Host}' is not an IP address"), Port);

    /// <summary>Reads <c>host:port</c>, such as <c>0.0.0.0:9180</c> or <c>[::1]:0</c>; culture-independent.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out EndPointSetting? setting)
    {
        setting = HostAndPort.TrySplit(text, out var host, out var port) && HostAndPort.AddressOf(host) is not null
            ? new EndPointSetting(host, port)
            : null;
        return setting is not null;
    }

    /// <summary><c>host:port</c>, an IPv6 host in brackets.</summary>
    public override string ToString() => HostAndPort.Join(Host, Port);
}
