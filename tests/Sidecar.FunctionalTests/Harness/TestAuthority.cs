using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>A certificate authority of its own, which writes certificates and keys as PEM files.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _root;
    private int _issued;

    public TestAuthority(string name = "test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        Authority = Write("ca.pem", _root.ExportCertificatePem());
    }

    /// <summary>The PEM file of the authority's own certificate.</summary>
    public string Authority { get; }

    public X509Certificate2 Root => _root;

    /// <summary>Issues a certificate for localhost and 127.0.0.1.</summary>
    /// <returns>The paths of its PEM files.</returns>
    public (string Certificate, string Key) Issue(string name = "localhost", int days = 10)
    {
        var (certificate, key) = IssuePem(name, days);
        var number = _issued++;
        return (Write($"{number}.crt", certificate), Write($"{number}.key", key));
    }

    public (string Certificate, string Key) IssuePem(string name = "localhost", int days = 10)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        Span<byte> serial = stackalloc byte[8];
        RandomNumberGenerator.Fill(serial);
        using var certificate = request.Create(_root, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(days), serial);
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A certificate with its key, for clients and servers of the test itself.</summary>
    public X509Certificate2 IssueLoaded(string name = "localhost")
    {
        var (certificate, key) = Issue(name);
        return X509Certificate2.CreateFromPemFile(certificate, key);
    }

    public string Write(string name, string pem)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, pem);
        return path;
    }

    public void Dispose()
    {
        _root.Dispose();
        _folder.Dispose();
    }
}
