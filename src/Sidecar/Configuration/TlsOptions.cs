namespace Sidecar.Configuration;

/// <summary>Whether clients must show a certificate.</summary>
public enum ClientCertificateMode
{
    /// <summary>They are not asked for one.</summary>
    None,

    /// <summary>They are asked; one that is shown must be valid.</summary>
    Optional,

    /// <summary>They must show a valid one.</summary>
    Required,
}

/// <summary>TLS towards clients; off without a certificate.</summary>
public sealed record TlsOptions
{
    /// <summary>PEM file with the certificate that clients see and its issuers; null means clear text. Read again when it changes.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file with the certificate's key; null means that it is in the same file.</summary>
    public string? Key { get; init; }

    /// <summary>Whether clients must show a certificate of their own.</summary>
    public ClientCertificateMode ClientCertificates { get; init; } = ClientCertificateMode.None;

    /// <summary>PEM file of the authorities that clients' certificates are trusted by; null means those of the system.</summary>
    public string? ClientCa { get; init; }

    /// <summary>Application protocols that may be agreed on, best first; without any, an upstream with TLS chooses, and for others it is http/1.1 where the client offers it.</summary>
    public IReadOnlyList<string> Alpn { get; init; } = [];
}

/// <summary>TLS towards an upstream whose address begins with https://.</summary>
public sealed record UpstreamTlsOptions
{
    /// <summary>PEM file of the authorities that the upstream's certificate is trusted by; null means those of the system.</summary>
    public string? Ca { get; init; }

    /// <summary>Name that the upstream's certificate must have; null means the host of its address.</summary>
    public string? ServerName { get; init; }

    /// <summary>PEM file with the certificate to show to the upstream; null means none.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file with that certificate's key; null means that it is in the same file.</summary>
    public string? Key { get; init; }

    /// <summary>Whether the upstream's certificate is checked; without, anybody who answers at the address is believed.</summary>
    public bool Verify { get; init; } = true;
}
