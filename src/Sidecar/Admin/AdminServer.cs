using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Admin;

/// <summary>
/// The read-only HTTP server for kubelet and Prometheus: <c>/healthz</c>, <c>/readyz</c>, <c>/metrics</c>. It runs on the thread pool, apart from the
/// relay, and reads neither ASPNETCORE_* variables nor appsettings files, nor does it touch the process's signals: the program owns all three.
/// </summary>
public sealed partial class AdminServer : IAsyncDisposable
{
    private const string Hint = "Not here. This server has /healthz, /readyz and /metrics.\n";

    // Prometheus, kubelet and a person or two; a scraper that never reads its answer can hold one of these, not the port.
    private const int MaxConnections = 64;

    private static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeepAlive = TimeSpan.FromMinutes(2); // above the usual scrape intervals of 15 s to 1 min

    private readonly WebApplication _application;

    private AdminServer(WebApplication application, IPEndPoint endpoint)
    {
        _application = application;
        Endpoint = endpoint;
    }

    /// <summary>Where it listens, with the real port.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Binds and serves.</summary>
    /// <exception cref="IOException">The address is in use or not ours.</exception>
    public static async Task<AdminServer> StartAsync(AdminServerOptions options, ILoggerFactory logs, CancellationToken cancellation = default)
    {
        // Empty: no configuration sources, no logging providers, no default server.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "sidecar", EnvironmentName = "Production" });
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Limit(kestrel, options.Listen));
        var application = builder.Build();
        try
        {
            application.Run(Pipeline(application, options));
            await application.StartAsync(cancellation).ConfigureAwait(false);
            var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            var endpoint = new IPEndPoint(options.Listen.Address, new Uri(address).Port);
            Log.Listening(logs.CreateLogger<AdminServer>(), endpoint);
            return new AdminServer(application, endpoint);
        }
        catch
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops listening, lets running requests end, and cuts those that still run at the deadline.</summary>
    public async Task StopAsync(TimeSpan deadline, TimeProvider time)
    {
        using var cut = new CancellationTokenSource(deadline, time);
        await _application.StopAsync(cut.Token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static void Limit(KestrelServerOptions kestrel, IPEndPoint listen)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        kestrel.Limits.MaxRequestBodySize = 0; // only GET and HEAD are served
        kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
        kestrel.Limits.MaxRequestLineSize = 4 * 1024;
        kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAlive;
        kestrel.Listen(listen, endpoint => endpoint.Protocols = HttpProtocols.Http1);
    }

    private static RequestDelegate Pipeline(IApplicationBuilder application, AdminServerOptions options)
    {
        var metrics = application.New()
            .UseOpenTelemetryPrometheusScrapingEndpoint(options.Metrics, static _ => true, path: null, configureBranchedPipeline: null, optionsName: null)
            .Build();
        RequestDelegate serve = context =>
        {
            var path = context.Request.Path.Value;
            if (path is not ("/healthz" or "/readyz" or "/metrics"))
                return AnswerAsync(context, StatusCodes.Status404NotFound, Hint);
            if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
                return RefuseMethodAsync(context);
            return path switch
            {
                "/healthz" => ProbeAsync(context, options.Alive),
                "/readyz" => ProbeAsync(context, options.Ready),
                _ => ScrapeAsync(context, metrics, options.Exemplars),
            };
        };
        return options.Middleware?.Invoke(serve) ?? serve;
    }

    // Only OpenMetrics carries exemplars, so a scraper that takes it gets it where there are any. In it the exporter adds a `_created` series to each counter and
    // histogram, which doubles their number and which metrics pushed over OTLP do not have: those are left out. Otherwise plain text, whatever the scraper prefers.
    private static Task ScrapeAsync(HttpContext context, RequestDelegate metrics, bool exemplars)
    {
        var accepted = context.Request.Headers.Accept.ToString();
        if (exemplars && accepted.Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase))
            return OpenMetricsAsync(context, metrics);
        context.Request.Headers.Accept = "text/plain; version=0.0.4";
        return metrics(context);
    }

    private static async Task OpenMetricsAsync(HttpContext context, RequestDelegate metrics)
    {
        // Names with underscores, as plain text and OTLP have them; not compressed, so that lines can be told apart.
        context.Request.Headers.Accept = "application/openmetrics-text; version=1.0.0; escaping=underscores";
        context.Request.Headers.AcceptEncoding = default;
        var (response, body) = (context.Response, context.Response.Body);
        using var page = new MemoryStream();
        response.Body = page;
        try
        {
            await metrics(context).ConfigureAwait(false);
        }
        finally
        {
            response.Body = body;
        }

        var kept = WithoutCreated(page.GetBuffer().AsSpan(0, (int)page.Length));
        response.ContentLength = kept;
        await body.WriteAsync(page.GetBuffer().AsMemory(0, kept), context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Takes the lines of series whose name ends in <c>_created</c> out, in place; no instrument of ours has such a name.</summary>
    /// <returns>How much is left.</returns>
    private static int WithoutCreated(Span<byte> page)
    {
        var kept = 0;
        for (var at = 0; at < page.Length;)
        {
            var end = page[at..].IndexOf((byte)'\n');
            var line = page.Slice(at, end < 0 ? page.Length - at : end + 1);
            at += line.Length;
            var name = line.IndexOfAny((byte)'{', (byte)' ');
            if (name > 0 && line[..name].EndsWith("_created"u8))
                continue;
            line.CopyTo(page[kept..]);
            kept += line.Length;
        }

        return kept;
    }

    private static Task ProbeAsync(HttpContext context, Func<ProbeAnswer> probe)
    {
        var answer = probe();
        return AnswerAsync(context, answer.Ok ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, answer.Reason + "\n");
    }

    private static Task RefuseMethodAsync(HttpContext context)
    {
        context.Response.Headers.Allow = "GET, HEAD";
        return AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, "This server is read-only: GET or HEAD.\n");
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.AdminListening, LogLevel.Information, "health, readiness and metrics on http://{Endpoint}")]
        public static partial void Listening(ILogger logger, IPEndPoint endpoint);
    }
}
