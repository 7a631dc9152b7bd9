namespace Sidecar.Relay.Tls;

/// <summary>Whether clients must show a certificate.</summary>
public enum ClientCertificates : byte
{
    /// <summary>They are not asked for one.</summary>
    None,

    /// <summary>They are asked; one that is shown must be valid.</summary>
    Optional,

    /// <summary>They must show a valid one.</summary>
    Required,
}

/// <summary>How a listener speaks TLS to its clients.</summary>
/// <param name="Certificate">PEM file with the certificate and, behind it, its issuers.</param>
/// <param name="Key">PEM file with its key; null: it is in the certificate's file.</param>
/// <param name="ClientCertificates">Whether clients must show one.</param>
/// <param name="ClientAuthorities">PEM file of the authorities that clients' certificates are trusted by; null: those of the system.</param>
/// <param name="Protocols">Application protocols that may be agreed on (<c>h2</c>, <c>http/1.1</c>), best first; empty: see <see cref="Alpn"/>.</param>
public sealed record TlsServerSettings(
    string Certificate, string? Key, ClientCertificates ClientCertificates, string? ClientAuthorities, IReadOnlyList<string> Protocols);

/// <summary>How the relay speaks TLS to an upstream.</summary>
/// <param name="Host">The name that its certificate must have.</param>
/// <param name="Authorities">PEM file of the authorities that its certificate is trusted by; null: those of the system.</param>
/// <param name="Certificate">PEM file of the certificate to show to it; null: none.</param>
/// <param name="Key">PEM file with its key; null: it is in the certificate's file.</param>
/// <param name="Verify">False: any certificate will do.</param>
public sealed record TlsClientSettings(string Host, string? Authorities, string? Certificate, string? Key, bool Verify);
