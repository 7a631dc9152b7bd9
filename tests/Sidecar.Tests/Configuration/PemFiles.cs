using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sidecar.Tests.Configuration;

/// <summary>Certificates and keys for configurations that name some; made once.</summary>
internal static class PemFiles
{
    private static readonly (string Certificate, string Key) Pair = Make();

    /// <summary>Writes <c>a.crt</c>, <c>b.crt</c> (its copy), <c>a.key</c>, and <c>both.pem</c>.</summary>
    public static void Write(Folder folder)
    {
        folder.Write("a.crt", Pair.Certificate);
        folder.Write("b.crt", Pair.Certificate);
        folder.Write("a.key", Pair.Key);
        folder.Write("b.key", Pair.Key);
        folder.Write("both.pem", Pair.Certificate + "\n" + Pair.Key);
        folder.Write("other.key", Make().Key);
    }

    private static (string Certificate, string Key) Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
