using System.Net;
using System.Net.Security;

namespace Sidecar.Model;

/// <summary>How the model server behind a listener is reached, for what asks it something by itself.</summary>
/// <param name="Address">By TCP or through a Unix socket.</param>
/// <param name="Tls">How a TLS handshake with it is begun, anew for each; null: it speaks clear text.</param>
public sealed record UpstreamTarget(EndPoint Address, Func<SslClientAuthenticationOptions>? Tls = null);
