using System.Text;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Tensors;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Protocols beside V2, told by their paths or by configured routes, live: what they are decoded to and counted as.</summary>
public sealed class RouteTests
{
    private const string Decoded = "sidecar_exchanges_total";
    private const string Extractions = "sidecar_feature_extractions_total";

    [Theory]
    [InlineData("/v1/models/m:predict", "application/json", """{"instances": [[1, 2], [3, 4]]}""", """{"predictions": [0.5, 0.25]}""", "m", "v1_http")]
    [InlineData("/v1/models/m/versions/3:predict", "", """{"inputs": {"a": [1], "b": ["x"]}}""", """{"outputs": {"p": [NaN]}}""", "m", "v1_http")]
    [InlineData("/v1/models/m:predict", "application/cloudevents+json", """{"id": "1", "data": {"instances": [1]}}""", """{"id": "2", "data": {"predictions": [1]}}""", "m", "v1_http")]
    [InlineData("/predictions/m/1.0", "", """{"data": [1, 2]}""", """{"tabby": 0.5}""", "m", "torchserve_http")]
    [InlineData("/v2/models/m/generate", "application/json", """{"text_input": "a", "id": "1"}""", """{"model_name": "m", "model_version": "1", "text_output": "b"}""", "m", "triton_generate_http")]
    [InlineData("/invocations", "application/json", """{"dataframe_split": {"columns": ["a"], "data": [[1]]}}""", """{"predictions": [1]}""", "_unknown", "invocations_http")]
    public async Task A_path_that_is_known_is_decoded(string path, string type, string request, string answer, string model, string protocol)
    {
        await using var server = Server(answer, type);
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        for (var i = 0; i < 3; i++)
            Assert.Equal(answer, (await client.AskAsync(Request(path, request, type))).Body);

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(3, series.Sum(Decoded, ("stage", "decoded")));
        Assert.Equal(3, series.Sum("sidecar_inference_duration_seconds_count", ("model", model), ("protocol", protocol)));
        Assert.Equal(3, series.Sum(Extractions, ("model", model), ("result", "complete")));
        Assert.DoesNotContain(server.Requests, line => line.StartsWith("GET", StringComparison.Ordinal) && !path.StartsWith("/v2/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Csv_both_ways_is_decoded_and_libsvm_says_that_it_is_not()
    {
        await using var server = Server("0.5,0.25\n", "text/csv");
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => options with { Model = new() { Name = "xgb" } });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await client.AskAsync(Request("/invocations", "5.1,3.5\n4.9,3.0\n", "text/csv"));
        await client.AskAsync(Request("/invocations", "1 1:0.5 3:2\n", "text/libsvm"));

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum(Decoded, ("stage", "decoded")));
        Assert.Equal(1, series.Sum(Decoded, ("stage", "undecodable"), ("reason", "unsupported_encoding")));
        Assert.Equal(1, series.Sum(Extractions, ("model", "xgb"), ("result", "complete")));
    }

    [Fact]
    public async Task Configured_routes_say_what_requests_are_and_which_model_they_are_for()
    {
        await using var server = Server("""{"scores": [0.25, 0.75]}""", "application/json");
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => options with
        {
            Model = new() { Name = "everything", Version = "9" },
            Routes =
            [
                new()
                {
                    Match = new("POST", "/score", IsPrefix: false), Model = "churn", Version = "2",
                    Inputs = new Dictionary<string, JsonPath> { ["age"] = PathOf("/rows/*/age"), ["plan"] = PathOf("$.rows[*].plan") },
                    Outputs = new Dictionary<string, JsonPath> { ["score"] = PathOf("/scores") },
                },
                new() { Match = new("PUT", "/models/", IsPrefix: true), Protocol = InferenceProtocol.V1Rest },
                new() { Match = new("POST", "/v2/models/canary/", IsPrefix: true), Protocol = InferenceProtocol.None },
                new() { Match = new("POST", "/odd", IsPrefix: false), Protocol = InferenceProtocol.OpenInferenceGrpc },
            ],
        });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await client.AskAsync(Request("/score?debug=1", """{"rows": [{"age": 41, "plan": "gold"}, {"age": 23}]}""", "application/json"));
        await client.AskAsync(Request("/score", """{"rows": [{"years": 41}]}""", "application/json"));
        await client.AskAsync(Request("/models/a", """{"instances": [1]}""", "application/json", "PUT")); // the answer is none of V1
        await client.AskAsync(Request("/v2/models/canary/infer", V2.Body(), "application/json"));
        await client.AskAsync(Request("/odd", "{}", "application/json"));
        await client.AskAsync(Request("/other", "{}", "application/json"));

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum(Decoded, ("stage", "decoded")));
        Assert.Equal(2, series.Sum(Decoded, ("stage", "undecodable"), ("reason", "not_inference")));
        Assert.Equal(2, series.Sum(Decoded, ("stage", "undecodable"), ("reason", "unknown_route")));
        Assert.Equal(1, series.Sum(Decoded, ("stage", "skipped"), ("reason", "not_inference")));
        Assert.Equal(2, series.Sum("sidecar_inference_duration_seconds_count", ("model", "churn"), ("model_version", "2"), ("protocol", "json_http")));
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("model", "everything"), ("model_version", "9"), ("protocol", "v1_http")));
        Assert.Equal(1, series.Sum(Extractions, ("model", "churn"), ("result", "complete")));
    }

    [Fact]
    public async Task Rows_are_not_held_against_metadata_whose_names_they_do_not_use()
    {
        await using var server = Server("""{"predictions": [1]}""", "application/json");
        server.Metadata = V2.Metadata;
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port);
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        // The contract comes with V2 traffic to the same model, on the same server.
        using (var deadline = new CancellationTokenSource(RelayUnderTest.Patience))
        {
            while ((await Series.ScrapeAsync(sidecar)).Sum("sidecar_contract_checks_total", ("side", "input")) == 0)
            {
                deadline.Token.ThrowIfCancellationRequested();
                await client.AskAsync(V2.Request(V2.Body()));
                await sidecar.SettledAsync();
            }
        }

        var before = (await Series.ScrapeAsync(sidecar)).Sum("sidecar_contract_checks_total");
        for (var i = 0; i < 5; i++)
            await client.AskAsync(Request("/v1/models/toy:predict", """{"instances": [[1, 2, 3, 4]]}""", "application/json"));
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(before, series.Sum("sidecar_contract_checks_total"));
        Assert.Equal(0, series.Sum("sidecar_contract_violations_total"));
    }

    private static JsonPath PathOf(string text)
    {
        Assert.True(JsonPath.TryParse(text, out var path, out var problem), problem);
        return path!;
    }

    /// <summary>A server that answers every POST alike, but for V2 inferences.</summary>
    private static FakeModelServer Server(string answer, string type) => new()
    {
        Script = async exchange =>
        {
            if (exchange.Head.Method is not ("POST" or "PUT") || exchange.Head.Path == V2.Path)
                return false;
            await exchange.ReadBodyAsync();
            await exchange.AnswerAsync(200, answer, type.Length > 0 ? $"Content-Type: {type}\r\n" : "");
            return true;
        },
    };

    private static byte[] Request(string path, string body, string type, string method = "POST") => Encoding.UTF8.GetBytes(
        $"{method} {path} HTTP/1.1\r\nHost: model\r\n{(type.Length > 0 ? $"Content-Type: {type}\r\n" : "")}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
}
