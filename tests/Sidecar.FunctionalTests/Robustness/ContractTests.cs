using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Traffic against the metadata that the model server itself gives.</summary>
public sealed class ContractTests
{
    private const string Checks = "sidecar_contract_checks_total";
    private const string Violations = "sidecar_contract_violations_total";

    [Theory]
    [InlineData("missing", "input")]
    [InlineData("unexpected", "other")]
    [InlineData("datatype", "input")]
    [InlineData("shape", "input")]
    [InlineData("null", "input")]
    [InlineData("nan", "input")]
    [InlineData("infinite", "input")]
    public async Task A_breach_is_counted_by_kind_and_feature(string kind, string feature)
    {
        var body = kind switch
        {
            "missing" => """{"inputs":[]}""",
            "unexpected" => """{"inputs":[{"name":"input","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]},{"name":"other","datatype":"FP32","shape":[1],"data":[1]}]}""",
            "datatype" => V2.Body(datatype: "FP64"),
            "shape" => V2.Body(data: "1,2,3", shape: "1,3"),
            "null" => V2.Body(data: "1,null,3,4"),
            "nan" => V2.Body(data: "1,NaN,3,4"),
            _ => V2.Body(data: "1,2,-Infinity,4"),
        };
        await using var server = new FakeModelServer { Metadata = V2.Metadata };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await LearnContractAsync(sidecar, client);

        for (var i = 0; i < 3; i++)
            Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(body))).Body);

        await sidecar.SettledAsync();
        var series = await Series.ScrapeAsync(sidecar);
        Assert.Equal(3, series.Sum(Violations, ("side", "input"), ("kind", kind), ("feature", feature), ("model", "toy"), ("model_version", "1")));
        Assert.Equal(3, series.Sum(Violations));
        Assert.Equal(3, series.Sum(Checks, ("side", "input"), ("result", "fail")));
        Assert.Equal(0, series.Sum(Checks, ("side", "output"), ("result", "fail")));
    }

    [Fact]
    public async Task An_answer_that_breaks_the_contract_is_counted_on_its_side()
    {
        await using var server = new FakeModelServer { Metadata = V2.Metadata };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await LearnContractAsync(sidecar, client);

        server.Answer = V2.Answer(data: "NaN,0.5");
        Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(V2.Body()))).Body);

        await sidecar.SettledAsync();
        var series = await Series.ScrapeAsync(sidecar);
        Assert.Equal(1, series.Sum(Violations, ("side", "output"), ("kind", "nan"), ("feature", "probabilities")));
        Assert.Equal(1, series.Sum(Checks, ("side", "output"), ("result", "fail")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("not JSON")]
    [InlineData("""{"name":"toy","versions":["1"],"inputs":[],"outputs":[]}""")]
    public async Task Without_usable_metadata_there_is_no_contract_and_no_series_that_says_so(string? metadata)
    {
        await using var server = new FakeModelServer { Metadata = metadata };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        await client.AskAsync(V2.Request(V2.Body()));
        await RelayUnderTest.UntilAsync(() => server.Requests.Any(line => line.StartsWith("GET /v2/models/toy", StringComparison.Ordinal)), "the metadata is asked for");
        for (var i = 0; i < 20; i++)
            await client.AskAsync(V2.Request(V2.Body(name: "other")));

        var series = await Series.BalancedAsync(sidecar);
        Assert.Empty(series.Of(Checks));
        Assert.Empty(series.Of(Violations));
        Assert.Equal(21, series.Sum("sidecar_feature_extractions_total"));
    }

    [Fact]
    public async Task Metadata_is_asked_for_once_for_each_model_and_never_when_switched_off()
    {
        await using var server = new FakeModelServer { Metadata = V2.Metadata };
        await using (var silent = await RelayUnderTest.StartAsync(server.Port, options => options with { Contract = new() { FetchMetadata = false } }))
        {
            using var client = await WireClient.ConnectAsync(silent.Traffic);
            await client.AskAsync(V2.Request(V2.Body()));
            await silent.SettledAsync();
        }

        Assert.DoesNotContain(server.Requests, line => line.StartsWith("GET", StringComparison.Ordinal));
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using (var client = await WireClient.ConnectAsync(sidecar.Traffic))
        {
            await LearnContractAsync(sidecar, client);
            for (var i = 0; i < 20; i++)
                await client.AskAsync(V2.Request(V2.Body()));
        }

        await sidecar.SettledAsync();
        Assert.Equal(["GET /v2/models/toy/versions/1 HTTP/1.1"], server.Requests.Where(line => line.StartsWith("GET", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Ten_thousand_invented_input_names_make_a_bounded_number_of_series()
    {
        await using var server = new FakeModelServer { Metadata = V2.Metadata };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await LearnContractAsync(sidecar, client);

        for (var i = 0; i < 100; i++)
        {
            var tensors = Enumerable.Range(i * 100, 100).Select(number => $$"""{"name":"invented-{{number}}","datatype":"FP32","shape":[1],"data":[1]}""");
            await client.AskAsync(V2.Request($$"""{"inputs":[{{string.Join(',', tensors)}}]}"""));
        }

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(10_000, series.Sum(Violations, ("kind", "unexpected")));
        Assert.Equal(17, series.Of(Violations, ("kind", "unexpected")).Count());
        Assert.Equal(10_000 - 16, series.Sum(Violations, ("kind", "unexpected"), ("feature", "_other")));
    }

    [Fact]
    public async Task Ten_thousand_invented_models_share_one_name_beyond_the_first()
    {
        const int Models = 10_000, Together = 10;
        await using var server = new FakeModelServer { Answer = """{"error":"no such model"}""" };
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        for (var i = 0; i < Models; i += Together)
        {
            // Pipelined, to be done sooner.
            var requests = Enumerable.Range(i, Together).SelectMany(model => V2.Request(V2.Body(), path: $"/v2/models/invented-{model}/infer"));
            await client.SendAsync(requests.ToArray());
            for (var answer = 0; answer < Together; answer++)
                Assert.Equal(server.Answer, (await client.ReadAsync()).Body);
        }

        var series = await Series.BalancedAsync(sidecar);
        var models = series.Of("sidecar_inference_duration_seconds_count").ToList();
        Assert.Equal(Models, models.Sum(model => model.Value));
        Assert.Equal(33, models.Count);
        Assert.Equal(Models - 32, models.Single(model => model.Label("model") == "_other").Value);
        Assert.Equal(33, series.Of("sidecar_model_info").Count());
    }

    [Fact]
    public async Task The_configured_model_and_the_one_that_traffic_names_are_one_series()
    {
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => options with { Model = new() { Name = "toy", Version = "1" } });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);

        await client.AskAsync(V2.Request(V2.Body(), path: "/score")); // nothing names the model here
        await client.AskAsync(V2.Request(V2.Body()));

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_feature_extractions_total", ("model", "toy"), ("model_version", "1"), ("result", "complete")));
        Assert.Single(series.Of("sidecar_model_info"));
    }

    /// <summary>Good requests until the contract is in use.</summary>
    private static async Task LearnContractAsync(RelayUnderTest sidecar, WireClient client)
    {
        using var deadline = new CancellationTokenSource(RelayUnderTest.Patience);
        ReadOnlyMemory<byte> request = V2.Request(V2.Body());
        while ((await Series.ScrapeAsync(sidecar)).Sum(Checks, ("result", "pass")) == 0)
        {
            deadline.Token.ThrowIfCancellationRequested();
            await client.AskAsync(request);
            await sidecar.SettledAsync();
        }
    }
}
