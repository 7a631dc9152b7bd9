using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sidecar.Configuration.Schema;

namespace Sidecar.Configuration;

/// <summary>What the keys of TLS can't say alone: files that can't be used, and keys without the one that they belong to.</summary>
internal static class TlsRules
{
    public static void Check(SidecarOptions options, BindContext context)
    {
        Check("", options.Upstream, options.Tls, options.UpstreamTls, context);
        for (var i = 0; i < options.Listeners.Count; i++)
        {
            var listener = options.Listeners[i];
            Check(string.Create(CultureInfo.InvariantCulture, $"listeners[{i}]."), listener.Upstream, listener.Tls, listener.UpstreamTls, context);
        }
    }

    private static void Check(string prefix, UpstreamSetting upstream, TlsOptions tls, UpstreamTlsOptions upstreamTls, BindContext context)
    {
        var server = $"{prefix}tls.certificate";
        CheckPair(server, tls.Certificate, $"{prefix}tls.key", tls.Key, context);
        CheckAuthorities($"{prefix}tls.clientCa", tls.ClientCa, context);
        if (tls.Certificate is null && context.IsSound(server))
        {
            Lonely($"{prefix}tls.clientCertificates", tls.ClientCertificates == ClientCertificateMode.None ? null : tls.ClientCertificates.ToString().ToLowerInvariant(), "means nothing in clear text", $"give {server} too", context);
            Lonely($"{prefix}tls.clientCa", tls.ClientCa, "means nothing in clear text", $"give {server} too", context);
        }
        else if (tls.ClientCa is not null && tls.ClientCertificates == ClientCertificateMode.None)
        {
            Lonely($"{prefix}tls.clientCa", tls.ClientCa, "is never used: clients are not asked for a certificate", $"set {prefix}tls.clientCertificates to optional or required", context);
        }

        var client = $"{prefix}upstreamTls.certificate";
        CheckPair(client, upstreamTls.Certificate, $"{prefix}upstreamTls.key", upstreamTls.Key, context);
        CheckAuthorities($"{prefix}upstreamTls.ca", upstreamTls.Ca, context);
        if (upstream.IsTls || !context.IsSound($"{prefix}upstream"))
            return;
        const string Clear = "means nothing for an upstream in clear text";
        var fix = $"begin {prefix}upstream with https://";
        Lonely($"{prefix}upstreamTls.ca", upstreamTls.Ca, Clear, fix, context);
        Lonely($"{prefix}upstreamTls.serverName", upstreamTls.ServerName, Clear, fix, context);
        Lonely(client, upstreamTls.Certificate, Clear, fix, context);
    }

    private static void Lonely(string key, string? given, string problem, string fix, BindContext context)
    {
        if (given is not null && context.IsSound(key))
            CrossFieldRules.Fail(context, key, given, problem, fix);
    }

    private static void CheckPair(string certificateKey, string? certificate, string keyKey, string? key, BindContext context)
    {
        if (!context.IsSound(certificateKey) || !context.IsSound(keyKey))
            return;
        if (certificate is null)
        {
            Lonely(keyKey, key, "is the key of no certificate", $"give {certificateKey} too", context);
            return;
        }

        if (!IsReadable(certificateKey, certificate, context) || (key is not null && !IsReadable(keyKey, key, context)))
            return;
        try
        {
            using var pair = X509Certificate2.CreateFromPemFile(certificate, key ?? certificate);
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            var where = key is null ? "" : $", with {keyKey} {key}";
            CrossFieldRules.Fail(context, certificateKey, certificate, $"can't be used{where}: {failure.Message}", "allowed: PEM files of a certificate and its unencrypted key");
        }
    }

    private static void CheckAuthorities(string name, string? file, BindContext context)
    {
        if (file is null || !context.IsSound(name) || !IsReadable(name, file, context))
            return;
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(file);
            if (authorities.Count == 0)
                CrossFieldRules.Fail(context, name, file, "holds no certificate", "allowed: a PEM file of certificates");
        }
        catch (Exception failure) when (failure is CryptographicException or IOException or UnauthorizedAccessException)
        {
            CrossFieldRules.Fail(context, name, file, $"can't be used: {failure.Message}", "allowed: a PEM file of certificates");
        }
    }

    private static bool IsReadable(string name, string file, BindContext context)
    {
        if (File.Exists(file))
            return true;
        CrossFieldRules.Fail(context, name, file, Directory.Exists(file) ? "is a folder" : "does not exist", "allowed: the path of a PEM file");
        return false;
    }
}
