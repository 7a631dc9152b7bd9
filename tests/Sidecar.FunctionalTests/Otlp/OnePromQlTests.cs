using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sidecar.Configuration;
using Sidecar.Demo;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Traffic;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Model.Profiles;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;
using Sidecar.Testing;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Otlp;

/// <summary>
/// One sidecar, two real Prometheus servers: one scrapes it, the other is pushed to. Every query of the rules, alerts and dashboards gives the same label sets on both.
/// </summary>
public sealed partial class OnePromQlTests
{
    // The others need hours of data, or what this traffic must not have (an absent sidecar, a full ledger, too many series).
    private const double ShareWithResults = 0.85;

    private const string SlowModel = "/v2/models/slow/infer";
    private const string SlowWords = "/v1/chat/completions";
    private const string SlowRequest = """{"model":"slow-words","stream":true,"messages":[{"role":"user","content":"say"}]}""";

    private const string Words = """
        data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"slow-words","choices":[{"index":0,"delta":{"role":"assistant","content":"one"},"finish_reason":null}]}

        data: {"id":"1","object":"chat.completion.chunk","created":1,"model":"slow-words","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]


        """;

    // What most queries need, what the last of them may, how long a difference must last to be one, and all of that with the start on a busy machine.
    private static readonly TimeSpan MostResults = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AllResults = TimeSpan.FromSeconds(110);
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = AllResults + Lasting + TimeSpan.FromSeconds(130);

    // Which way a series came: the only labels that may differ.
    private static readonly HashSet<string> WayLabels = ["job", "instance"];

    [Fact]
    public async Task Every_query_of_rules_alerts_and_dashboards_selects_the_same_on_both_ways_into_prometheus()
    {
        using var patience = new CancellationTokenSource(Patience);
        using var folder = new TemporaryFolder();
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var pushed = await StartPrometheusAsync("scrape_configs: []");
        var shadow = folder.File("candidate.onnx", DemoAssets.SwappedModel());
        using var model = new OnnxModel("carloan", "1", DemoAssets.PrimaryModel());
        await using var server = await DemoModelServer.StartAsync(model, TimeProvider.System, patience.Token);
        await using var generative = await GenerativeServer.StartAsync();
        await using var failing = new FakeModelServer { Script = FailOrBeSlowAsync, Metadata = V2.Metadata };
        await using var refusing = new FakeModelServer(listening: false);
        using var authority = new TestAuthority();
        var (certificate, key) = authority.Issue(days: 1);
        var options = new SidecarOptions
        {
            Upstream = new UpstreamSetting("127.0.0.1", server.Port),
            Listen = new EndPointSetting("127.0.0.1", 0),
            Health = new HealthOptions { Listen = new EndPointSetting("127.0.0.1", 0) },
            Listeners =
            [
                RelayUnderTest.Listener("tls", server.Port) with { Tls = new TlsOptions { Certificate = certificate, Key = key } }, RelayUnderTest.Listener("generative", generative.Port),
                RelayUnderTest.Listener("failing", failing.Port), RelayUnderTest.Listener("refusing", refusing.Port),
            ],
            Drift = new DriftOptions { Reference = folder.File("toy.json", ProfileFile.Write(Reference())), BurnIn = 300, Window = new DriftWindowOptions { Every = TimeSpan.FromSeconds(1), MinRows = 100 } },
            Shadows = [new ShadowOptions { Name = "candidate", File = shadow, Rate = 1 }],
            OtlpReceiver = new OtlpReceiverOptions { Http = new EndPointSetting("127.0.0.1", 0), ForwardTo = new Uri(receiver.Http) },
            Events = new EventOptions { Sink = EventSink.Jsonl, Rate = 1, Jsonl = new JsonlOptions { Path = Path.Combine(folder.Path, "events.jsonl") } },
        };
        // Spans are on, so that what is scraped is OpenMetrics with exemplars.
        var hooks = Push.Hooks(
            Push.Variables(receiver),
            ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", pushed.Addresses["url"] + "/api/v1/otlp/v1/metrics"), ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
            ("POD_NAMESPACE", "models"), ("POD_NAME", "carloan-0")) with
        {
            // An exchange that the analysis loses.
            BeforeAnalysis = static exchange => _ = exchange.Path.IndexOf("/lost/"u8) < 0 ? 0 : throw new InvalidOperationException("lost"),
        };
        await using var sidecar = await SidecarApplication.StartAsync(options, hooks, patience.Token);
        await using var scraped = await StartPrometheusAsync($$"""scrape_configs: [{ job_name: pull, static_configs: [{ targets: ["{{sidecar.Health}}"] }] }]""");
        await using var load = DemoLoad.Start(new Uri($"http://{sidecar.Traffic[0]}"), null, "carloan", DemoRows.Parse(DemoAssets.Rows()), 100, 1, TimeProvider.System);
        var traffic = Task.WhenAll([
            TrafficAsync(sidecar, load, patience.Token), .. Enumerable.Range(0, 20).Select(_ => AskAgainAsync(sidecar.Traffic[3], V2.Request(V2.Body(), SlowModel), patience.Token)),
            .. Enumerable.Range(0, 30).Select(_ => AskAgainAsync(sidecar.Traffic[3], V2.Request(SlowRequest, SlowWords), patience.Token))]);

        var queries = OperationsSeries.Queries().DistinctBy(each => each.Query).ToList();
        var (results, differences) = await CompareAsync(scraped, pushed, queries, patience.Token);
        await AssertExemplarsAsync(scraped, receiver);
        await AssertExemplarsAsync(pushed, receiver);
        await patience.CancelAsync();
        await traffic;

        var empty = queries.Where(each => !results.Contains(each.Where + each.Query)).ToList();
        TestContext.Current.TestOutputHelper?.WriteLine($"{results.Count} of {queries.Count} queries have results; none have\n{string.Join('\n', empty.Select(each => $"{each.Where}: {Short(each.Query)}"))}");
        Assert.True(differences.Count == 0, $"scraped and pushed differ in\n{string.Join("\n\n", differences)}");
        Assert.True(results.Count >= ShareWithResults * queries.Count, $"only {results.Count} of {queries.Count} queries have results; none have\n{string.Join('\n', empty.Select(each => $"{each.Where}: {Short(each.Query)}"))}");
    }

    /// <summary>
    /// Asks both until every query that can have a result has had the same on both, or until time is up. Samples of the two are not taken at the same
    /// instant, so that a difference counts only if it lasts: what differs in the end is asked again until it doesn't, or until that time is up too.
    /// </summary>
    private static async Task<(HashSet<string> WithResults, List<string> Differences)> CompareAsync(
        ToolServer scraped, ToolServer pushed, List<OperationsQuery> queries, CancellationToken cancellation)
    {
        var since = Stopwatch.StartNew();
        HashSet<string> withResults = [];
        var open = queries;
        Dictionary<OperationsQuery, string> differences = [];
        while (true)
        {
            await Task.Delay(2000, cancellation);
            differences.Clear();
            foreach (var query in open)
            {
                var text = Substitute(query.Query);
                var (pull, push) = (await AskAsync(scraped, text), await AskAsync(pushed, text));
                if (!pull.SetEquals(push))
                    differences[query] = $"{query.Where}: {text}\n  only scraped: {string.Join("  ", pull.Except(push))}\n  only pushed: {string.Join("  ", push.Except(pull))}";
                else if (pull.Count > 0)
                    withResults.Add(query.Where + query.Query);
            }

            var enough = since.Elapsed > AllResults || (since.Elapsed > MostResults && withResults.Count >= Enough(queries.Count));
            if (withResults.Count == queries.Count || (enough && differences.Count == 0) || since.Elapsed > AllResults + Lasting)
                return (withResults, [.. differences.Values]);
            open = [.. queries.Where(each => enough ? differences.ContainsKey(each) : !withResults.Contains(each.Where + each.Query))];
        }
    }

    // What one model's traffic is held against, and is far from: only a given reference raises alarms that last.
    private static ReferenceProfile Reference()
    {
        var random = new Random(1);
        FeatureReference Uniform(string name, FeatureSide side)
        {
            var learner = new FeatureLearner(name, side);
            for (var i = 0; i < 20_000; i++)
                learner.Add(100 + Math.Round(random.NextDouble(), 4));
            var feature = learner.Learn(out _)!;
            return feature.With(PhiTable.Independent(feature.Model) with { Windows = 600, Calibrated = true });
        }

        return new ReferenceProfile { Model = "toy", Rows = 20_000, Features = [Uniform("input[0]", FeatureSide.Input), Uniform("probabilities[0]", FeatureSide.Output)] };
    }

    // Slower than the default objectives: half a second, and two and a half to the first token.
    private static async Task<bool> FailOrBeSlowAsync(FakeExchange exchange)
    {
        if (exchange.Head.Path is not (SlowModel or SlowWords))
            return await Push.FailWhereAsked()(exchange);
        await exchange.ReadBodyAsync();
        await Task.Delay(exchange.Head.Path == SlowModel ? 900 : 2900);
        if (exchange.Head.Path == SlowModel)
            await exchange.AnswerAsync(200, V2.Answer(model: "slow"));
        else
            await exchange.AnswerAsync(200, Words, "Content-Type: text/event-stream\r\n");
        return true;
    }

    private static async Task AskAgainAsync(System.Net.IPEndPoint sidecar, byte[] request, CancellationToken cancellation)
    {
        using var client = await WireClient.ConnectAsync(sidecar);
        while (!cancellation.IsCancellationRequested)
            await client.AskAsync(request);
    }

    private static double Enough(int queries) => (ShareWithResults + 0.02) * queries;

    /// <summary>Failures, breaches, drift, streams and connections that nobody answers, beside the load.</summary>
    private static async Task TrafficAsync(SidecarApplication sidecar, DemoLoad load, CancellationToken cancellation)
    {
        using var http = new HttpClient();
        var learned = int.MaxValue;
        for (var round = 0; !cancellation.IsCancellationRequested; round++)
        {
            if (load.Succeeded >= 600)
                learned = Math.Min(learned, round);
            // Once the quiet traffic has been learned, breaches for a few rounds (all of them fail, so they are not counted by their successes), and then drift that lasts. A third of the
            // rounds stay as they were: on requests with another unit the candidate agrees, and its disagreements must go on, or they may all lie before a first, late scrape.
            load.Fault = ((long)round - learned) switch
            {
                < 0 => InputFault.None,
                < 10 => InputFault.RenamedFeature,
                var later => later % 3 == 0 ? InputFault.None : InputFault.UnitError,
            };
            try
            {
                using (var client = await WireClient.ConnectAsync(sidecar.Traffic[3]))
                {
                    for (var i = 0; i < 10; i++)
                        await client.AskAsync(V2.Request(V2.Body(i % 3 == 0 ? "1,null,3,4" : "1,2,3,4"), fields: $"x-request-id: {round}-{i / 2}\r\n" + (i % 2 == 0 ? "x-fail: 1\r\n" : "")));
                }

                using (var client = await WireClient.ConnectAsync(sidecar.Traffic[3]))
                    await client.AskAsync(V2.Request(V2.Body(), "/v2/models/lost/infer"));
                await RefusedAsync(sidecar.Traffic[4]);
                using var body = new StringContent("""{"model":"counter","stream":true,"max_tokens":20,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"count"}]}""");
                using var telemetry = new ByteArrayContent([]);
                telemetry.Headers.TryAddWithoutValidation("Content-Type", "application/x-protobuf");
                using var taken = await http.PostAsync(new Uri($"http://{sidecar.ReceiverHttp}/v1/logs"), telemetry, cancellation);
                using var response = await http.PostAsync(new Uri($"http://{sidecar.Traffic[2]}/v1/chat/completions"), body, cancellation);
                await response.Content.ReadAsStringAsync(cancellation);
                await Task.Delay(200, cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>A request that no server takes: its connection is reset, before or after it was sent.</summary>
    private static async Task RefusedAsync(System.Net.IPEndPoint sidecar)
    {
        try
        {
            using var client = await WireClient.ConnectAsync(sidecar);
            await client.SendAsync(V2.Request(V2.Body()));
            await client.ReadToEndAsync();
        }
        catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException)
        {
            // As it should be.
        }
    }

    /// <summary>An exemplar of the duration that Prometheus keeps is the trace of a span.</summary>
    private static async Task AssertExemplarsAsync(ToolServer prometheus, OtlpReceiver receiver)
    {
        using var client = new HttpClient();
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        using var answer = JsonDocument.Parse(await client.GetStringAsync(new Uri(
            $"{prometheus.Addresses["url"]}/api/v1/query_exemplars?query=sidecar_inference_duration_seconds_bucket&start={now - 600}&end={now + 60}")));
        var traces = answer.RootElement.GetProperty("data").EnumerateArray().SelectMany(series => series.GetProperty("exemplars").EnumerateArray())
            .Select(exemplar => exemplar.GetProperty("labels").GetProperty("trace_id").GetString()).ToHashSet();
        Assert.NotEmpty(traces);
        await receiver.SpanAsync(span => traces.Contains(span.TraceId), "the span of an exemplar");
    }

    private static Task<ToolServer> StartPrometheusAsync(string scrapes) => ToolServer.StartAsync("prometheus-start.sh", folder =>
    {
        foreach (var file in Directory.GetFiles(Path.Combine(OperationsSeries.Root, "alerts"), "*.rules.yml"))
            File.WriteAllText(Path.Combine(folder, Path.GetFileName(file)), Interval().Replace(File.ReadAllText(file), ""));
        var configuration = Path.Combine(folder, "own.yml");
        File.WriteAllText(configuration, $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: ["{{folder}}/*.rules.yml"]
            otlp: { promote_resource_attributes: [k8s.namespace.name, k8s.pod.name] }
            {{scrapes}}
            """);
        return ["0", configuration, "--enable-feature=exemplar-storage"];
    });

    /// <summary>The label sets of an instant query's result.</summary>
    private static async Task<HashSet<string>> AskAsync(ToolServer prometheus, string query)
    {
        using var client = new HttpClient();
        using var form = new FormUrlEncodedContent([new("query", query)]);
        using var response = await client.PostAsync(new Uri(prometheus.Addresses["url"] + "/api/v1/query"), form);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{query}: {text}");
        using var answer = JsonDocument.Parse(text);
        var data = answer.RootElement.GetProperty("data");
        return data.GetProperty("resultType").GetString() is "scalar" or "string"
            ? ["{}"]
            : [.. data.GetProperty("result").EnumerateArray().Select(series => "{" + string.Join(',', series.GetProperty("metric").EnumerateObject()
                .Where(label => !WayLabels.Contains(label.Name)).Select(label => $"{label.Name}={label.Value}").Order(StringComparer.Ordinal)) + "}")];
    }

    private static string Substitute(string query) => query
        .Replace("$namespace", ".*", StringComparison.Ordinal).Replace("$model", ".+", StringComparison.Ordinal).Replace("$version", ".+", StringComparison.Ordinal)
        .Replace("$__rate_interval", "1m", StringComparison.Ordinal);

    private static string Short(string query) => string.Join(' ', query.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) is { Length: > 160 } text ? text[..160] : query.Trim();

    [GeneratedRegex("^ +interval: .*\n", RegexOptions.Multiline)]
    private static partial Regex Interval();
}
