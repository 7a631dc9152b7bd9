using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Sidecar.Relay.Tls;

/// <summary>A pair of listener and upstream of which at least one speaks TLS, with its certificates.</summary>
internal sealed class TlsRoute : IDisposable
{
    private readonly TlsMaterial? _server;
    private readonly TlsMaterial? _client;

    /// <exception cref="TlsMaterialException">A certificate, key or bundle can't be used.</exception>
    public TlsRoute(RelayRoute route, TimeProvider time, ILogger log)
    {
        Upstream = route.Upstream;
        Server = route.Tls;
        Client = route.UpstreamTls;
        if (Server is { } server)
            _server = new TlsMaterial(server.Certificate, server.Key, server.ClientAuthorities, time, log);
        try
        {
            if (Client is { } client)
                _client = new TlsMaterial(client.Certificate, client.Key, client.Authorities, time, log);
        }
        catch
        {
            _server?.Dispose();
            throw;
        }
    }

    public EndPoint Upstream { get; }

    /// <summary>Null: clients speak clear text.</summary>
    public TlsServerSettings? Server { get; }

    /// <summary>Null: the upstream speaks clear text.</summary>
    public TlsClientSettings? Client { get; }

    /// <summary>Until when the certificate that clients see is valid; null where they see none.</summary>
    public DateTimeOffset? NotAfter => _server?.NotAfter;

    /// <summary>How a client's handshake is answered.</summary>
    /// <param name="protocol">The application protocol agreed on; null: none.</param>
    public SslServerAuthenticationOptions ServerOptions(SslApplicationProtocol? protocol)
    {
        var asks = Server!.ClientCertificates;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = _server!.Certificate,
            ApplicationProtocols = protocol is { } agreed ? [agreed] : null,
            ClientCertificateRequired = asks != ClientCertificates.None,
            CertificateChainPolicy = _server.Policy(),
            RemoteCertificateValidationCallback = (_, certificate, _, errors) => asks switch
            {
                ClientCertificates.None => true,
                ClientCertificates.Optional when certificate is null => true,
                // Who they are is the model server's business, or that of a policy in front; there is no host name to hold against them.
                _ => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None,
            },
        };
    }

    /// <summary>How the upstream's handshake is begun.</summary>
    public SslClientAuthenticationOptions ClientOptions(List<SslApplicationProtocol> protocols)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = Client!.Host,
            ApplicationProtocols = protocols.Count > 0 ? protocols : null,
            ClientCertificateContext = _client!.Certificate,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = _client.Policy(),
        };
#pragma warning disable CA5359 // It is what upstreamTls.verify: false asks for; the start says so.
        if (!Client.Verify)
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        return options;
    }

    public void Dispose()
    {
        _server?.Dispose();
        _client?.Dispose();
    }
}
