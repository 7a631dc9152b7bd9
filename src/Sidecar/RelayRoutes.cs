using System.Net;
using System.Net.Sockets;
using Sidecar.Configuration;
using Sidecar.Relay;
using Sidecar.Relay.Tls;

namespace Sidecar;

/// <summary>From the configuration's words to the relay's.</summary>
internal static class RelayRoutes
{
    /// <summary>A listener with its upstream's address looked up, once: a pod's model server does not move.</summary>
    /// <exception cref="StartException">The upstream's name can't be resolved.</exception>
    public static async Task<RelayRoute> ResolveAsync(ListenerOptions listener, CancellationToken cancellation)
    {
        var upstream = listener.Upstream;
        return new RelayRoute(listener.Name, listener.Listen.ToIPEndPoint(), await AddressOfAsync(listener, cancellation).ConfigureAwait(false))
        {
            Tls = listener.Tls is { Certificate: { } certificate } tls
                ? new TlsServerSettings(certificate, tls.Key, Mode(tls.ClientCertificates), tls.ClientCa, tls.Alpn)
                : null,
            UpstreamTls = upstream.IsTls && listener.UpstreamTls is var toUpstream
                ? new TlsClientSettings(toUpstream.ServerName ?? upstream.Host, toUpstream.Ca, toUpstream.Certificate, toUpstream.Key, toUpstream.Verify)
                : null,
        };
    }

    public static RelaySettings SettingsOf(RelayOptions options) => new()
    {
        MaxConnections = options.MaxConnections,
        Backlog = options.Backlog,
        IdleTimeout = options.IdleTimeout,
        SocketBuffers = (int)options.SocketBuffers,
    };

    private static async Task<EndPoint> AddressOfAsync(ListenerOptions listener, CancellationToken cancellation)
    {
        var upstream = listener.Upstream;
        if (upstream.SocketPath is { } path)
            return new UnixDomainSocketEndPoint(path);
        try
        {
            // IPv4 first: a model server that binds 0.0.0.0 does not hear ::1, which "localhost" may come to.
            var addresses = upstream.Host == "localhost" ? [IPAddress.Loopback] : await Dns.GetHostAddressesAsync(upstream.Host, cancellation).ConfigureAwait(false);
            return new IPEndPoint(addresses.OrderBy(candidate => candidate.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First(), upstream.Port);
        }
        catch (Exception failure) when (failure is SocketException or InvalidOperationException)
        {
            throw new StartException($"the upstream {upstream} of listener '{listener.Name}' can't be resolved: {failure.Message}", failure);
        }
    }

    private static ClientCertificates Mode(ClientCertificateMode mode) => mode switch
    {
        ClientCertificateMode.Required => ClientCertificates.Required,
        ClientCertificateMode.Optional => ClientCertificates.Optional,
        _ => ClientCertificates.None,
    };
}
