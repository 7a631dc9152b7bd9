using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sidecar.Configuration;

/// <summary>The address of a model server: a host name or IP literal, and a port; or the path of a Unix socket.</summary>
public sealed record UpstreamSetting(string Host, int Port)
{
    /// <summary>As long as a Unix socket's path may be in Linux: 108 bytes with the end.</summary>
    public const int MaxSocketPathBytes = 107;

    private const string Scheme = "http://";
    private const string TlsScheme = "https://";
    private const string UnixScheme = "unix:";

    /// <summary>The path of a Unix socket, from the root; null = TCP, to <see cref="Host"/> and <see cref="Port"/>.</summary>
    public string? SocketPath { get; init; }

    /// <summary>It speaks TLS.</summary>
    public bool IsTls { get; init; }

    /// <summary>A Unix socket as upstream.</summary>
    public static UpstreamSetting Unix(string path) => new("localhost", 0) { SocketPath = path };

    /// <summary>
    /// Reads <c>http://host:port</c>, <c>https://host:port</c>, <c>host:port</c>, or <c>unix:/path</c>. No path, query or credentials: bytes are relayed as they are, so
    /// there is nothing that could be added to them. The port is never guessed.
    /// </summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out UpstreamSetting? setting)
    {
        setting = null;
        if (text is null)
            return false;
        if (text.StartsWith(UnixScheme, StringComparison.OrdinalIgnoreCase))
        {
            // unix:/run/x.sock, or in the form of a URI: unix:///run/x.sock
            var path = text[UnixScheme.Length..];
            path = path.StartsWith("///", StringComparison.Ordinal) ? path[2..] : path;
            if (path.Length > 1 && path[0] == '/' && path[1] != '/' && Encoding.UTF8.GetByteCount(path) <= MaxSocketPathBytes && !path.Contains('\0', StringComparison.Ordinal))
                setting = Unix(path);
            return setting is not null;
        }

        var tls = text.StartsWith(TlsScheme, StringComparison.OrdinalIgnoreCase);
        if (tls || text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            text = text[(tls ? TlsScheme : Scheme).Length..];
            if (text.EndsWith('/'))
                text = text[..^1];
        }

        if (HostAndPort.TrySplit(text, out var host, out var port) && port != 0)
            setting = new UpstreamSetting(host, port) { IsTls = tls };
        return setting is not null;
    }

    /// <summary><c>host:port</c> of one that is reached by TCP, an IPv6 host in brackets.</summary>
    public string HostAndPortText => HostAndPort.Join(Host, Port);

    /// <summary><c>http://host:port</c>, or <c>https://</c>, an IPv6 host in brackets; or <c>unix:/path</c>.</summary>
    public override string ToString() => SocketPath is null ? (IsTls ? TlsScheme : Scheme) + HostAndPortText : UnixScheme + SocketPath;
}
