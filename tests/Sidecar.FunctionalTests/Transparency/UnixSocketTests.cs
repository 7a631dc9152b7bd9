using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Sidecar.Configuration;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Transparency;

/// <summary>An upstream that listens on a Unix socket, as a model server in the same pod may.</summary>
public sealed class UnixSocketTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"sidecar-{Guid.NewGuid():N}.sock");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task Upstream_on_a_unix_socket_is_relayed_to_and_asked_for_its_metadata()
    {
        await using var server = await StartServerAsync();
        await using var sidecar = await RelayUnderTest.StartAsync(1, options => options with { Upstream = UpstreamSetting.Unix(_path) });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        for (var i = 0; i < 10; i++)
            Assert.Equal(V2.Answer(), (await client.AskAsync(V2.Request(V2.Body()))).Body);
        // A body of many buffers, both ways.
        var large = new string('x', 3_000_000);
        Assert.Equal(large, (await client.AskAsync(V2.Request(large, path: "/echo"))).Body);

        Assert.Equal(10, (await sidecar.SettledAsync()).Decoded);
        // The contract is in use, so the metadata came through the socket too.
        using var deadline = new CancellationTokenSource(RelayUnderTest.Patience);
        while ((await Series.ScrapeAsync(sidecar)).Sum("sidecar_contract_checks_total", ("model", "toy"), ("result", "pass")) == 0)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await client.AskAsync(V2.Request(V2.Body()));
            await sidecar.SettledAsync();
        }
    }

    [Fact]
    public async Task Socket_that_is_not_there_yet_is_a_refused_dial()
    {
        await using var sidecar = await RelayUnderTest.StartAsync(1, options => options with { Upstream = UpstreamSetting.Unix(_path) });
        await sidecar.AssertRefusedAsync(V2.Request(V2.Body()));

        await using var server = await StartServerAsync();
        using var next = await WireClient.ConnectAsync(sidecar.Traffic);
        Assert.Equal(V2.Answer(), (await next.AskAsync(V2.Request(V2.Body()))).Body);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "connection_refused")));
    }

    private async Task<WebApplication> StartServerAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.ListenUnixSocket(_path, listen => listen.Protocols = HttpProtocols.Http1));
        var server = builder.Build();
        server.MapGet("/v2/models/toy/versions/1", () => Results.Text(V2.Metadata, "application/json"));
        server.MapGet("/v2/models/toy", () => Results.Text(V2.Metadata, "application/json"));
        server.MapPost(V2.Path, () => Results.Text(V2.Answer(), "application/json"));
        server.MapPost("/echo", async (HttpContext context) =>
        {
            using var reader = new StreamReader(context.Request.Body);
            return Results.Text(await reader.ReadToEndAsync(context.RequestAborted));
        });
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }
}
