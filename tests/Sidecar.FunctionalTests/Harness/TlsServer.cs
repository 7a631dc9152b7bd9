using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>Kestrel as a model server of one model, with or without TLS, that says by which protocol it was asked.</summary>
internal sealed class TlsServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    /// <param name="certificate">Null: clear text.</param>
    /// <param name="protocols">What it speaks; over clear text one of them.</param>
    /// <param name="clientsMustShow">Refuse clients without a certificate.</param>
    private TlsServer(X509Certificate2? certificate, HttpProtocols protocols, bool clientsMustShow)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.AllowAlternateSchemes = true; // a client of TLS says so in :scheme, and it passes as it came
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                if (certificate is not null)
                {
                    listen.UseHttps(certificate, https =>
                    {
                        https.ClientCertificateMode = clientsMustShow ? ClientCertificateMode.RequireCertificate : ClientCertificateMode.NoCertificate;
                        https.AllowAnyClientCertificate();
                    });
                }
            });
        });
        _application = builder.Build();
        _application.MapGet("/v2/models/toy/{**rest}", () => Results.Text(V2.Metadata, "application/json"));
        _application.MapPost(V2.Path, async (HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await reader.ReadToEndAsync(context.RequestAborted);
            context.Response.Headers["X-Protocol"] = context.Request.Protocol;
            context.Response.Headers["X-Client"] = context.Connection.ClientCertificate?.Subject ?? "";
            return Results.Text(V2.Answer(), "application/json");
        });
        _application.MapPost("/echo", async (HttpContext context) =>
        {
            context.Response.ContentType = "application/octet-stream";
            await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
    }

    public int Port { get; private set; }

    public static async Task<TlsServer> StartAsync(X509Certificate2? certificate = null, HttpProtocols protocols = HttpProtocols.Http1AndHttp2, bool clientsMustShow = false)
    {
        var server = new TlsServer(certificate, protocols, clientsMustShow);
        await server._application.StartAsync(TestContext.Current.CancellationToken);
        server.Port = new Uri(server._application.Urls.Single()).Port;
        return server;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();
}
