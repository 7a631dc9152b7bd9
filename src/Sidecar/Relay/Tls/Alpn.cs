using System.Net.Security;
using Sidecar.Wire;

namespace Sidecar.Relay.Tls;

/// <summary>
/// Which application protocol both sides of a connection speak. Bytes are relayed as they are, so the two must be the same: an upstream that
/// speaks TLS chooses from what its client offers; for one that doesn't, the choice is made here.
/// </summary>
internal static class Alpn
{
    /// <summary>What may be agreed on with the client: its offers, as far as the configuration allows, in the configuration's order.</summary>
    public static List<SslApplicationProtocol> Allowed(IReadOnlyList<byte[]> offered, IReadOnlyList<string> configured)
    {
        var offers = offered.Select(name => new SslApplicationProtocol(name)).ToList();
        return configured.Count == 0 ? offers : [.. configured.Select(name => new SslApplicationProtocol(name)).Where(offers.Contains)];
    }

    /// <summary>
    /// For an upstream without TLS. A server of REST in clear text speaks HTTP/1.1, and a client that can speak it offers it; one of gRPC
    /// offers HTTP/2 alone. So without configuration it is HTTP/1.1 where that is offered.
    /// </summary>
    /// <returns>Null: none is agreed on, which means HTTP/1.1.</returns>
    public static SslApplicationProtocol? ForPlainUpstream(List<SslApplicationProtocol> allowed, bool configured)
    {
        if (allowed.Count == 0)
            return null;
        if (configured)
            return allowed[0];
        return allowed.Contains(SslApplicationProtocol.Http11) ? SslApplicationProtocol.Http11
            : allowed.Contains(SslApplicationProtocol.Http2) ? SslApplicationProtocol.Http2
            : allowed[0];
    }

    /// <summary>For a client without TLS, by its first bytes; null while they are too few.</summary>
    public static SslApplicationProtocol? ForPlainClient(ReadOnlySpan<byte> first) => ProtocolSniffer.Sniff(first) switch
    {
        WireProtocol.Undecided => null,
        WireProtocol.Http2 => SslApplicationProtocol.Http2,
        _ => SslApplicationProtocol.Http11,
    };
}
