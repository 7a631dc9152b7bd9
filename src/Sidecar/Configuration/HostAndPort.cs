using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sidecar.Configuration;

/// <summary>The text form that listening and upstream addresses share.</summary>
internal static class HostAndPort
{
    // RFC 1035: a name has at most 253 characters.
    private const int LongestHost = 253;

    public static bool TrySplit(string? text, out string host, out int port)
    {
        host = "";
        port = 0;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > 65535)
            return false;
        var name = text!.AsSpan(0, colon);
        if (name[0] == '[')
        {
            if (name[^1] != ']' || !IPAddress.TryParse(name[1..^1], out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
                return false;
            host = address.ToString();
            return true;
        }

        host = name.ToString();
        return IsName(name) && (!IsNumeric(name) || AddressOf(host) is not null);
    }

    /// <summary>The address that a literal or <c>localhost</c> stands for; null for a name that only DNS knows.</summary>
    public static IPAddress? AddressOf(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return IPAddress.Loopback;
        // "1", "127.1" and "010.0.0.1" parse too, as something else than they look like.
        return IPAddress.TryParse(host, out var address)
            && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == host) ? address : null;
    }

    public static string Join(string host, int port) => host.Contains(':')
        ? string.Create(CultureInfo.InvariantCulture, $"[{host}]:{port}")
        : string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");

    private static bool IsNumeric(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiDigit(c) && c != '.')
                return false;
        }

        return true;
    }

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.Length > LongestHost || name[0] is '.' or '-')
            return false;
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_'))
                return false;
        }

        return true;
    }
}
