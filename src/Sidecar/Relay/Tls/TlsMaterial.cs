using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sidecar.Telemetry;

namespace Sidecar.Relay.Tls;

/// <summary>
/// A certificate with its key, and the authorities that the other side's is trusted by, from PEM files that are read again when they change. What
/// can't be used is said once, and the last that could be stays in use.
/// </summary>
internal sealed partial class TlsMaterial : IDisposable
{
    /// <summary>How often the files are looked at. Kubernetes swaps a secret's files within about a minute; watching symbolic links misses swaps.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private readonly string? _certificate;
    private readonly string? _key;
    private readonly string? _authorities;
    private readonly ILogger _log;
    private readonly ITimer _timer;
    private string _stamp;
    private volatile Loaded _loaded;

    /// <param name="certificate">PEM file; null: none.</param>
    /// <param name="key">PEM file; null: the key is in the certificate's.</param>
    /// <param name="authorities">PEM file; null: those of the system.</param>
    /// <exception cref="TlsMaterialException">A file can't be read or used.</exception>
    public TlsMaterial(string? certificate, string? key, string? authorities, TimeProvider time, ILogger log)
    {
        _certificate = certificate;
        _key = key;
        _authorities = authorities;
        _log = log;
        _stamp = Stamp();
        _loaded = Load();
        _timer = time.CreateTimer(static state => ((TlsMaterial)state!).Look(), this, LookEvery, LookEvery);
    }

    /// <summary>The certificate with its issuers; null where there is none.</summary>
    public SslStreamCertificateContext? Certificate => _loaded.Certificate;

    /// <summary>Until when the certificate is valid; null where there is none.</summary>
    public DateTimeOffset? NotAfter => _loaded.NotAfter;

    /// <summary>How the other side's certificate is judged.</summary>
    public X509ChainPolicy Policy()
    {
        // Revocation lists would be fetched from the network in the middle of a handshake; short-lived certificates are the answer in a cluster.
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck };
        if (_loaded.Authorities is { } authorities)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(authorities);
        }

        return policy;
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        try
        {
            var stamp = Stamp();
            if (stamp == _stamp)
                return;
            _stamp = stamp; // before loading: what can't be used is said once, not every ten seconds
            // Connections under way may still use the old one, so that is left to the collector.
            _loaded = Load();
            Log.Reloaded(_log, _certificate ?? _authorities!, NotAfter);
        }
        catch (Exception failure) when (failure is TlsMaterialException or IOException or UnauthorizedAccessException)
        {
            Log.Unusable(_log, failure.Message);
        }
    }

    private Loaded Load()
    {
        var file = _certificate ?? _authorities ?? "";
        try
        {
            SslStreamCertificateContext? context = null;
            DateTimeOffset? notAfter = null;
            if (_certificate is not null)
            {
                var leaf = X509Certificate2.CreateFromPemFile(_certificate, _key ?? _certificate);
                var chain = new X509Certificate2Collection();
                chain.ImportFromPemFile(_certificate);
                context = SslStreamCertificateContext.Create(leaf, chain, offline: true);
                notAfter = leaf.NotAfter;
            }

            X509Certificate2Collection? authorities = null;
            if (_authorities is not null)
            {
                file = _authorities;
                authorities = [];
                authorities.ImportFromPemFile(_authorities);
                if (authorities.Count == 0)
                    throw new TlsMaterialException($"{file} holds no certificate");
            }

            return new Loaded(context, notAfter, authorities);
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new TlsMaterialException($"{file} can't be used: {failure.Message}", failure);
        }
    }

    // Through symbolic links, which is how Kubernetes mounts a secret.
    private string Stamp() => string.Join(' ', new[] { _certificate, _key, _authorities }.OfType<string>().Select(path =>
    {
        var file = new FileInfo(path);
        var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return target.Exists ? $"{target.FullName}:{target.LastWriteTimeUtc.Ticks}:{target.Length}" : "-";
    }));

    private sealed record Loaded(SslStreamCertificateContext? Certificate, DateTimeOffset? NotAfter, X509Certificate2Collection? Authorities);

    private static partial class Log
    {
        [LoggerMessage(EventIds.TlsReloaded, LogLevel.Information, "{File} has changed and is used from now on; valid until {NotAfter:u}")]
        public static partial void Reloaded(ILogger logger, string file, DateTimeOffset? notAfter);

        [LoggerMessage(EventIds.TlsUnusable, LogLevel.Warning, "{Problem}; the last certificate that could be used stays in use")]
        public static partial void Unusable(ILogger logger, string problem);
    }
}

/// <summary>A certificate, key or bundle can't be used; the message names the file.</summary>
public sealed class TlsMaterialException(string message, Exception? cause = null) : Exception(message, cause);
