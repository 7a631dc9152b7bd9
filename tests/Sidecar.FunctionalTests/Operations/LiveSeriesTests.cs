using System.Net;
using System.Text.RegularExpressions;
using Sidecar.Configuration;
using Sidecar.Demo;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Traffic;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Model.Profiles;
using Sidecar.Statistics;
using Sidecar.Statistics.Drift;
using Sidecar.Testing;

namespace Sidecar.FunctionalTests.Operations;

public sealed partial class LiveSeriesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // Series that exist only when something of ours fails; their names are held against the catalogue by a unit test.
    private static readonly string[] OnlyOnFailure = ["sidecar_callback_failures_total"];

    [Fact]
    public async Task Every_series_that_rules_and_dashboards_use_is_on_metrics_while_the_demo_runs()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        var shadow = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.onnx");
        var events = Path.ChangeExtension(shadow, ".jsonl");
        await File.WriteAllBytesAsync(shadow, DemoAssets.RetrainedModel(), patience.Token);
        var calibration = Path.ChangeExtension(shadow, ".json");
        await File.WriteAllBytesAsync(calibration, CalibrationFile.Write(new Calibration { Score = "probabilities[1]", Map = CalibrationMap.Identity }), patience.Token);
        var reference = Path.ChangeExtension(shadow, ".profile.json");
        await File.WriteAllBytesAsync(reference, ProfileFile.Write(SomeReference()), patience.Token);
        using var model = new OnnxModel("carloan", "1", DemoAssets.PrimaryModel());
        await using var server = await DemoModelServer.StartAsync(model, TimeProvider.System, patience.Token);
        await using var generative = await GenerativeServer.StartAsync();
        using var authority = new TestAuthority();
        var (certificate, key) = authority.Issue();
        var options = new SidecarOptions
        {
            Upstream = new UpstreamSetting("127.0.0.1", server.Port),
            Listen = new EndPointSetting("127.0.0.1", 0),
            Health = new HealthOptions { Listen = new EndPointSetting("127.0.0.1", 0) },
            Listeners = [RelayUnderTest.Listener("tls", server.Port) with { Tls = new TlsOptions { Certificate = certificate, Key = key } }, RelayUnderTest.Listener("generative", generative.Port)],
            Drift = new DriftOptions { Reference = reference, Calibration = calibration, BurnIn = 300, Window = new DriftWindowOptions { Every = TimeSpan.FromSeconds(1), MinRows = 100 } },
            Shadows = [new ShadowOptions { Name = "candidate", File = shadow, Rate = 1 }],
            OtlpReceiver = new OtlpReceiverOptions { Http = new EndPointSetting("127.0.0.1", 0), ForwardTo = new Uri("http://127.0.0.1:1") },
            Events = new EventOptions { Sink = EventSink.Jsonl, Rate = 1, Jsonl = new JsonlOptions { Path = events } },
        };
        await using var sidecar = await SidecarApplication.StartAsync(options, cancellation: patience.Token);
        await using var load = DemoLoad.Start(new Uri($"http://{sidecar.Traffic[0]}"), null, "carloan", DemoRows.Parse(DemoAssets.Rows()), 300, 1, TimeProvider.System);
        var wanted = OperationsSeries.Used().Except(OnlyOnFailure).ToArray();
        Assert.Contains("sidecar_inference_duration_seconds_bucket", wanted);

        using var http = new HttpClient();
        using var nothing = new ByteArrayContent([]);
        using var notTaken = await http.PostAsync(new Uri($"http://{sidecar.ReceiverHttp}/v1/traces"), nothing, patience.Token);
        string[] missing;
        do
        {
            await StreamAsync(http, sidecar.Traffic[2], TestContext.Current.CancellationToken);
            // A breach of the contract now and then, once the quiet traffic has been learned.
            load.Fault = load.Succeeded > 600 ? InputFault.RenamedFeature : InputFault.None;
            var page = await http.GetStringAsync(new Uri($"http://{sidecar.Health}/metrics"), TestContext.Current.CancellationToken);
            var present = SeriesName().Matches(page).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
            missing = [.. wanted.Where(name => !present.Contains(name))];
            if (missing.Length > 0 && patience.IsCancellationRequested)
                Assert.Fail($"not on /metrics: {string.Join(", ", missing)}");
        }
        while (missing.Length > 0);
    }

    /// <summary>Of one input; only against a given reference the drift engine has series of its own.</summary>
    private static ReferenceProfile SomeReference()
    {
        var learner = new FeatureLearner("car_value", FeatureSide.Input);
        for (var i = 0; i < 1000; i++)
            learner.Add(10_000 + (i * 37 % 1000 * 50));
        return new ReferenceProfile { Model = "carloan", Rows = 1000, Features = [learner.Learn(out _)!] };
    }

    /// <summary>One streamed answer, with its usage.</summary>
    private static async Task StreamAsync(HttpClient http, IPEndPoint server, CancellationToken cancellation)
    {
        using var request = new StringContent("""{"model":"counter","stream":true,"max_tokens":20,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"count"}]}""");
        using var response = await http.PostAsync(new Uri($"http://{server}/v1/chat/completions"), request, cancellation);
        Assert.EndsWith("[DONE]\n\n", await response.Content.ReadAsStringAsync(cancellation), StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^[a-z_:][a-z0-9_:]*", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex SeriesName();
}
