using System.Diagnostics.CodeAnalysis;

namespace Sidecar.Configuration;

/// <summary>The address of a model server: a host name or IP literal, and a port.</summary>
public sealed record UpstreamSetting(string Host, int Port)
{
    private const string Scheme = "http://";

    /// <summary>
    /// Reads <c>http://host:port</c> or <c>host:port</c>. No path, query or credentials: bytes are relayed as they are, so
    /// there is nothing that could be added to them. The port is never guessed.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out UpstreamSetting? setting)
    {
        setting = null;
        if (text is null)
            return false;
        if (text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            text = text[Scheme.Length..];
            if (text.EndsWith('/'))
                text = text[..^1];
        }

        if (HostAndPort.TrySplit(text, out var host, out var port) && port != 0)
            setting = new UpstreamSetting(host, port);
        return setting is not null;
    }

    /// <summary><c>http://host:port</c>, an IPv6 host in brackets.</summary>
    public override string ToString() => Scheme + HostAndPort.Join(Host, Port);
}
