using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Sidecar.FunctionalTests.Events;

/// <summary>Takes whatever is sent to it over HTTP/1.1 and keeps the bytes, unpacked.</summary>
internal sealed class ByteSink : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _bodies = new();

    private ByteSink()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(async context =>
        {
            using var body = new MemoryStream();
            Stream source = context.Request.Headers.ContentEncoding == "gzip" ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body;
            await source.CopyToAsync(body);
            _bodies.Enqueue((context.Request.Path, body.ToArray()));
            context.Response.ContentType = "application/x-protobuf";
        });
    }

    public string Address => _application.Urls.Single();

    public static async Task<ByteSink> StartAsync()
    {
        var sink = new ByteSink();
        await sink._application.StartAsync();
        return sink;
    }

    /// <summary>What came to a path so far.</summary>
    public IReadOnlyList<byte[]> To(string path) => [.. _bodies.Where(item => item.Path == path).Select(item => item.Body)];

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();
}
