using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Configuration;
using Sidecar.Demo.Serving.Protos;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>A pod that has a gRPC port and nothing else: its traffic is held against the metadata that the server gives over gRPC.</summary>
public sealed class GrpcContractTests
{
    private const string Checks = "sidecar_contract_checks_total";
    private const string Violations = "sidecar_contract_violations_total";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Breaches_are_counted_on_both_sides()
    {
        await using var server = await GrpcModelServer.StartAsync();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var channel = GrpcChannel.ForAddress($"http://{sidecar.Traffic}");
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        await LearnContractAsync(sidecar, client);
        Assert.Equal(["toy/1"], server.Asked); // once, for the version that answered

        await client.ModelInferAsync(GrpcModelServer.Request("INT32"), cancellationToken: Cancellation);
        await client.ModelInferAsync(GrpcModelServer.Request("FP32", 1, 2, 3), cancellationToken: Cancellation);
        server.Outputs = [float.NaN, 1];
        await client.ModelInferAsync(GrpcModelServer.Request(), cancellationToken: Cancellation);

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum(Violations, ("side", "input"), ("kind", "datatype"), ("feature", "input"), ("model", "toy"), ("model_version", "1")));
        Assert.Equal(1, series.Sum(Violations, ("side", "input"), ("kind", "shape")));
        Assert.Equal(1, series.Sum(Violations, ("side", "output"), ("kind", "nan"), ("feature", "probabilities")));
        Assert.Equal(3, series.Sum(Violations));
    }

    [Fact]
    public async Task Metadata_comes_over_TLS_too()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.IssueLoaded();
        await using var server = await GrpcModelServer.StartAsync(certificate);
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => options with
        {
            Upstream = options.Upstream with { IsTls = true },
            UpstreamTls = new UpstreamTlsOptions { Ca = authority.Authority },
        });
        using var channel = GrpcChannel.ForAddress($"http://{sidecar.Traffic}");
        await LearnContractAsync(sidecar, new GRPCInferenceService.GRPCInferenceServiceClient(channel));
        Assert.Equal(["toy/1"], server.Asked);
    }

    [Theory]
    [InlineData(StatusCode.NotFound)]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.Unimplemented)]
    public async Task A_clear_no_is_asked_for_once_and_leaves_no_contract(StatusCode status)
    {
        await using var server = await GrpcModelServer.StartAsync();
        server.Refusal = () => new Status(status, "no");
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var log = new Tests.Emit.LogLines();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: new SidecarHooks { Variable = _ => null, Time = time, Logs = log });
        using var channel = GrpcChannel.ForAddress($"http://{sidecar.Traffic}");
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);

        await client.ModelInferAsync(GrpcModelServer.Request(), cancellationToken: Cancellation);
        await RelayUnderTest.UntilAsync(() => log.Ids.Contains(Telemetry.EventIds.MetadataAbsent), "it is said that there is none");
        for (var i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromMinutes(2)); // longer than any pause between two tries
            await client.ModelInferAsync(GrpcModelServer.Request("INT32"), cancellationToken: Cancellation);
        }

        Assert.Empty((await Series.BalancedAsync(sidecar)).Of(Checks));
        Assert.Single(server.Asked);
    }

    [Fact]
    public async Task A_server_that_is_not_ready_is_asked_again_with_pauses()
    {
        await using var server = await GrpcModelServer.StartAsync();
        var refusals = 0;
        server.Refusal = () => Interlocked.Increment(ref refusals) <= 3 ? new Status(StatusCode.Unavailable, "loading") : Status.DefaultSuccess;
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: new SidecarHooks { Variable = _ => null, Time = time });
        using var channel = GrpcChannel.ForAddress($"http://{sidecar.Traffic}");
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);

        await client.ModelInferAsync(GrpcModelServer.Request(), cancellationToken: Cancellation);
        for (var asked = 1; asked < 4; asked++)
        {
            await RelayUnderTest.UntilAsync(() => server.Asked.Count == asked, $"it is asked {asked} times");
            await RelayUnderTest.UntilAsync(() =>
            {
                // The pause begins once the refusal has arrived, whenever that is.
                time.Advance(TimeSpan.FromSeconds(1));
                return server.Asked.Count > asked;
            }, "the pause ends");
        }

        // The fourth call may have been given up on, as the test's time runs fast: then another pause has begun.
        await UntilAsync(sidecar, async () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await client.ModelInferAsync(GrpcModelServer.Request(), cancellationToken: Cancellation);
        });
    }

    [Fact]
    public async Task Metadata_without_end_is_not_taken()
    {
        await using var server = await GrpcModelServer.StartAsync();
        server.Platform = new string('x', 2 << 20);
        var log = new Tests.Emit.LogLines();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, hooks: new SidecarHooks { Variable = _ => null, Logs = log });
        using var channel = GrpcChannel.ForAddress($"http://{sidecar.Traffic}");
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);

        await client.ModelInferAsync(GrpcModelServer.Request(), cancellationToken: Cancellation);
        await RelayUnderTest.UntilAsync(() => log.Ids.Contains(Telemetry.EventIds.MetadataFailed), "it is said");
        await client.ModelInferAsync(GrpcModelServer.Request("INT32"), cancellationToken: Cancellation);
        Assert.Empty((await Series.BalancedAsync(sidecar)).Of(Checks));
    }

    [Fact]
    public async Task TensorFlow_Serving_is_asked_for_its_signature()
    {
        await using var server = await GrpcModelServer.StartAsync();
        server.TensorFlow["Predict"] = Golden("tfserving-content-response.bin");
        server.TensorFlow["GetModelMetadata"] = Golden("tfserving-metadata-response.bin"); // FP32 x of [-1, 3]; FP32 out_x of any shape
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = new HttpClient();

        await UntilAsync(sidecar, () => PredictAsync(client, sidecar, "tfserving-content-request.bin"));
        await PredictAsync(client, sidecar, "tfserving-filter-request.bin"); // FP64 x of [2], and a y

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(["GetModelMetadata"], server.Asked);
        foreach (var (kind, feature) in (ReadOnlySpan<(string, string)>)[("datatype", "x"), ("shape", "x"), ("unexpected", "y")])
            Assert.Equal(1, series.Sum(Violations, ("model", "wide"), ("model_version", "7"), ("side", "input"), ("kind", kind), ("feature", feature)));
        Assert.Equal(3, series.Sum(Violations));
        Assert.Equal(0, series.Sum(Checks, ("side", "output"), ("result", "fail")));
    }

    /// <summary>Good requests until the contract is in use.</summary>
    private static Task LearnContractAsync(RelayUnderTest sidecar, GRPCInferenceService.GRPCInferenceServiceClient client) =>
        UntilAsync(sidecar, async () => await client.ModelInferAsync(GrpcModelServer.Request(), cancellationToken: Cancellation));

    private static async Task UntilAsync(RelayUnderTest sidecar, Func<Task> ask)
    {
        using var deadline = new CancellationTokenSource(RelayUnderTest.Patience);
        while ((await Series.ScrapeAsync(sidecar)).Sum(Checks, ("result", "pass")) == 0)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await ask();
            await sidecar.SettledAsync();
        }
    }

    private static async Task PredictAsync(HttpClient client, RelayUnderTest sidecar, string file)
    {
        var message = Golden(file);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{sidecar.Traffic}/tensorflow.serving.PredictionService/Predict")
        {
            Version = System.Net.HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message]),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        using var answer = await client.SendAsync(request, Cancellation);
        Assert.NotEmpty(await answer.Content.ReadAsByteArrayAsync(Cancellation));
    }

    private static byte[] Golden(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "grpc", name));
}
