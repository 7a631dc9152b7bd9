using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Sidecar.Benchmarks.Yarp;

/// <summary>
/// YARP's direct forwarding, the least that a reverse proxy of ASP.NET Core can do: no routes or clusters from configuration, no log, no
/// trace headers. <c>--grpc</c> makes both sides HTTP/2 without TLS.
/// </summary>
internal static class YarpCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        var listen = arguments.EndPoint("listen");
        var upstream = arguments.EndPoint("upstream");
        var grpc = arguments.Flag("grpc");
        arguments.RejectUnread();

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(listen, endPoint => endPoint.Protocols = grpc ? HttpProtocols.Http2 : HttpProtocols.Http1);
        });
        builder.Services.AddHttpForwarder();

        await using var app = builder.Build();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            EnableMultipleHttp2Connections = true,
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
        });
        var request = new ForwarderRequestConfig
        {
            Version = grpc ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        app.MapForwarder("/{**rest}", $"http://{upstream}", request, HttpTransformer.Default, client);
        await app.StartAsync(stop);
        await app.WaitForShutdownAsync(stop);
        return ExitCodes.Ok;
    }
}
