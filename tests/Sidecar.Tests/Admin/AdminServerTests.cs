using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Admin;
using Sidecar.Emit.Otlp;
using Sidecar.Telemetry;
using Sidecar.Tests.Telemetry;

namespace Sidecar.Tests.Admin;

public sealed class AdminServerTests : IAsyncLifetime
{
    private static readonly Dictionary<string, object> Resource = new()
    {
        ["service.name"] = "sidecar", ["service.instance.id"] = "ns.pod.sidecar", ["k8s.namespace.name"] = "ns", ["k8s.pod.name"] = "pod",
    };

    private readonly SidecarMeter _meter = FullMeter.Create();
    private readonly HttpClient _client = new();
    private MetricsPipeline _pipeline = null!;
    private AdminServer? _server;
    private ProbeAnswer _ready = new(true, "ready");
    private ProbeAnswer _alive = new(true, "alive");

    public ValueTask InitializeAsync()
    {
        _pipeline = MetricsPipeline.Start(_meter.Meter, Resource, otlp: null);
        FullMeter.Record(_meter);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _client.Dispose();
        _pipeline.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public async Task Scrape_has_exactly_the_series_that_the_catalogue_says_with_its_labels()
    {
        var page = Scrape.Parse(await GetAsync("/metrics"));
        var expected = Catalogue.All.SelectMany(PrometheusName.Series).ToHashSet();
        Assert.Equal(expected.Order(), page.Series.Select(series => series.Name).Distinct().Where(name => name != "target_info" && !name.StartsWith("dotnet_", StringComparison.Ordinal)).Order());
        Assert.Contains(page.Series, series => series.Name == "dotnet_gc_heap_total_allocated_bytes_total");
        foreach (var definition in Catalogue.All)
        {
            var names = PrometheusName.Series(definition);
            var labels = definition.Attributes.Select(PrometheusName.Label).Concat(["k8s_namespace_name", "k8s_pod_name"]).Order();
            Assert.All(page.Series.Where(series => names.Contains(series.Name)),
                series => Assert.Equal(labels, series.Labels.Keys.Where(label => label != "le").Order()));
        }
    }

    [Fact]
    public async Task Scrape_is_plain_text_for_a_scraper_that_prefers_OpenMetrics_too()
    {
        _client.DefaultRequestHeaders.Add("Accept", "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.2");
        var page = await GetAsync("/metrics");
        Assert.DoesNotContain("_created", page, StringComparison.Ordinal);
        Assert.DoesNotContain("# EOF", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrape_has_every_bucket_of_the_catalogue()
    {
        var page = Scrape.Parse(await GetAsync("/metrics"));
        var bounds = page.Series.Where(series => series.Name == "sidecar_inference_duration_seconds_bucket").Select(series => series.Labels["le"]);
        Assert.Equal([.. Catalogue.InferenceDuration.Buckets!.Select(bound => bound.ToString(System.Globalization.CultureInfo.InvariantCulture)), "+Inf"], bounds);
    }

    [Fact]
    public async Task Probes_answer_with_their_reason()
    {
        await StartAsync();
        Assert.Equal((HttpStatusCode.OK, "alive\n"), await ProbeAsync("/healthz"));
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await ProbeAsync("/readyz"));
        _ready = new(false, "draining");
        _alive = new(false, "the relay has not moved for 30 s");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\n"), await ProbeAsync("/readyz"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "the relay has not moved for 30 s\n"), await ProbeAsync("/healthz"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/metric")]
    [InlineData("/metrics/x")]
    [InlineData("/healthz/")]
    public async Task Anything_else_is_not_found_and_says_what_there_is(string path)
    {
        await StartAsync();
        var (status, text) = await ProbeAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("/metrics", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/readyz")]
    public async Task Writing_is_refused(string path)
    {
        await StartAsync();
        using var answer = await _client.PostAsync(new Uri($"http://{_server!.Endpoint}{path}"), new ByteArrayContent([]), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Fact]
    public async Task Probes_answer_while_a_scrape_hangs()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartAsync(next => async context =>
        {
            if (context.Request.Path == "/metrics")
            {
                entered.SetResult();
                await release.Task;
            }

            await next(context);
        });
        var scrape = _client.GetStringAsync(new Uri($"http://{_server!.Endpoint}/metrics"), TestContext.Current.CancellationToken);
        await entered.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.OK, "alive\n"), await ProbeAsync("/healthz"));
        Assert.False(scrape.IsCompleted);
        release.SetResult();
        Assert.Contains("sidecar_model_info", await scrape, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scrapers_that_never_read_take_up_a_bounded_number_of_connections()
    {
        await StartAsync();
        List<Socket> held = [];
        try
        {
            // Beyond the limit the server closes at once: a read ends, where an idle connection would wait.
            var closed = 0;
            while (closed == 0)
            {
                Assert.True(held.Count < 200, "no connection was refused");
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                held.Add(socket);
                await socket.ConnectAsync(_server!.Endpoint, TestContext.Current.CancellationToken);
                await socket.SendAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
                try
                {
                    if (await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken) == 0)
                        closed++;
                }
                catch (SocketException)
                {
                    closed++;
                }
            }

            Assert.Equal(65, held.Count);
        }
        finally
        {
            held.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task Request_head_that_is_too_long_is_refused()
    {
        await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{_server!.Endpoint}/metrics"));
        request.Headers.Add("X-Long", new string('x', 10_000));
        using var answer = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Start_AddressInUse_Throws()
    {
        await StartAsync();
        await Assert.ThrowsAsync<IOException>(() => AdminServer.StartAsync(Options() with { Listen = _server!.Endpoint }, NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Stop_WithARunningRequest_EndsAtTheDeadline()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await StartAsync(_ => async context =>
        {
            entered.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        var hanging = _client.GetAsync(new Uri($"http://{_server!.Endpoint}/metrics"), TestContext.Current.CancellationToken);
        await entered.Task.WaitAsync(TestContext.Current.CancellationToken);
        await _server.StopAsync(TimeSpan.FromMilliseconds(50), TimeProvider.System).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => hanging);
    }

    private AdminServerOptions Options() => new()
    {
        Listen = new IPEndPoint(IPAddress.Loopback, 0), Metrics = _pipeline.Provider, Alive = () => _alive, Ready = () => _ready,
    };

    private async Task StartAsync(Func<RequestDelegate, RequestDelegate>? middleware = null) =>
        _server = await AdminServer.StartAsync(Options() with { Middleware = middleware }, NullLoggerFactory.Instance, TestContext.Current.CancellationToken);

    private async Task<string> GetAsync(string path)
    {
        await StartAsync();
        return await _client.GetStringAsync(new Uri($"http://{_server!.Endpoint}{path}"), TestContext.Current.CancellationToken);
    }

    private async Task<(HttpStatusCode, string)> ProbeAsync(string path)
    {
        using var answer = await _client.GetAsync(new Uri($"http://{_server!.Endpoint}{path}"), TestContext.Current.CancellationToken);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
