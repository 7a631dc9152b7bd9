using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Demo;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Traffic;
using Sidecar.Testing;

namespace Sidecar.Tests.Demo;

public sealed class DemoModelServerTests : IAsyncLifetime
{
    private static readonly DemoRows Rows = DemoRows.Parse(DemoAssets.Rows());

    private readonly OnnxModel _model = new("carloan", "1", DemoAssets.PrimaryModel());
    private readonly FakeTimeProvider _time = new();
    private readonly HttpClient _client = new();
    private DemoModelServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await DemoModelServer.StartAsync(_model, _time, TestContext.Current.CancellationToken);
        _client.BaseAddress = _server.Address;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _client.Dispose();
        _model.Dispose();
    }

    [Fact]
    public async Task Golden_requests_get_the_golden_answers()
    {
        var golden = Fixtures.Require("models", "carloan", "golden.jsonl");
        var checkedRows = 0;
        foreach (var line in File.ReadLines(golden))
        {
            using var row = JsonDocument.Parse(line);
            var (status, answer) = await PostAsync("/v2/models/carloan/infer", row.RootElement.GetProperty("request").GetRawText());
            using (answer)
            {
                Assert.Equal(HttpStatusCode.OK, status);
                AssertEqual(row.RootElement, answer.RootElement);
                checkedRows++;
            }
        }

        Assert.Equal(200, checkedRows);
    }

    [Theory]
    [InlineData("/v2/health/live")]
    [InlineData("/v2/health/ready")]
    [InlineData("/v2/models/carloan/ready")]
    public async Task Health_is_answered(string path) =>
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync(path)).StatusCode);

    [Theory]
    [InlineData("/v2/models/carloan")]
    [InlineData("/v2/models/carloan/versions/1")]
    public async Task Metadata_says_names_datatypes_and_shapes(string path)
    {
        using var metadata = JsonDocument.Parse(await _client.GetStringAsync(path));
        var root = metadata.RootElement;
        Assert.Equal("carloan", root.GetProperty("name").GetString());
        Assert.Equal("1", Assert.Single(root.GetProperty("versions").EnumerateArray()).GetString());
        Assert.Equal("onnxruntime_onnx", root.GetProperty("platform").GetString());
        Assert.Equal(
            ["car_value FP32 [-1,1]", "debt_to_income_ratio FP32 [-1,1]", "loan_length FP32 [-1,1]", "driver_tenure FP32 [-1,1]",
             "salary_range BYTES [-1,1]", "size_of_downpayment BYTES [-1,1]", "repaid_loan_on_prev_car BOOL [-1,1]"],
            root.GetProperty("inputs").EnumerateArray().Select(Describe));
        Assert.Equal(["label INT64 [-1]", "probabilities FP32 [-1,2]"], root.GetProperty("outputs").EnumerateArray().Select(Describe).Order());

        static string Describe(JsonElement tensor) =>
            $"{tensor.GetProperty("name")} {tensor.GetProperty("datatype")} {tensor.GetProperty("shape").GetRawText()}";
    }

    [Fact]
    public async Task A_batch_and_nested_data_are_answered_row_by_row()
    {
        const string body = """
            {"inputs":[
            {"name":"car_value","shape":[2,1],"datatype":"FP32","data":[[21268],[10359]]},
            {"name":"debt_to_income_ratio","shape":[2,1],"datatype":"FP32","data":[0.671888,0.728311]},
            {"name":"loan_length","shape":[2,1],"datatype":"FP32","data":[21,13]},
            {"name":"driver_tenure","shape":[2,1],"datatype":"FP32","data":[5.69526,6.70504]},
            {"name":"salary_range","shape":[2,1],"datatype":"BYTES","data":[["60K+ €"],["20K - 20K €"]]},
            {"name":"size_of_downpayment","shape":[2,1],"datatype":"BYTES","data":["30%","30%"]},
            {"name":"repaid_loan_on_prev_car","shape":[2,1],"datatype":"BOOL","data":[true,[true]]}]}
            """;
        var (status, answer) = await PostAsync("/v2/models/carloan/versions/1/infer", body);
        using (answer)
        {
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.False(answer.RootElement.TryGetProperty("id", out _));
            Assert.Equal("1", answer.RootElement.GetProperty("model_version").GetString());
            var probabilities = Output(answer.RootElement, "probabilities").GetProperty("data");
            // The same rows at batch 1, from the scores that came with the model.
            Assert.Equal(0.9760885, probabilities[1].GetDouble(), 5);
            Assert.Equal(0.96421945, probabilities[3].GetDouble(), 5);
        }
    }

    [Fact]
    public async Task A_renamed_feature_is_refused_by_name()
    {
        var (status, error) = await RefusedAsync(Encoding.UTF8.GetString(Rows.Request(0, "r", InputFault.RenamedFeature).Span));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("unexpected inference input 'loan_duration' for model 'carloan'", error);
    }

    [Theory]
    [InlineData("{", "failed to parse the request JSON buffer")]
    [InlineData("[]", "Unable to parse 'inputs'")]
    [InlineData("""{"inputs":{}}""", "Unable to parse 'inputs'")]
    [InlineData("""{"inputs":[1]}""", "Unable to parse 'name'")]
    [InlineData("""{"inputs":[]}""", "expected 7 inputs but got 0 inputs for model 'carloan'")]
    [InlineData("""{"inputs":[{"name":"car_value","datatype":"FP32","shape":[1,1]}]}""", "'shape' or 'data'")]
    [InlineData("""{"inputs":[{"name":"car_value","datatype":"FP32","shape":[9999999,9999999],"data":[1]}]}""", "'shape' or 'data'")]
    [InlineData("""{"inputs":[{"name":"car_value","datatype":"FP64","shape":[1,1],"data":[1]}]}""", "data-type is 'FP64'")]
    [InlineData("""{"inputs":[{"name":"car_value","datatype":"FP32","shape":[1],"data":[1]}]}""", "Expected [-1,1], got [1]")]
    public async Task A_bad_request_is_refused_with_the_reason(string body, string reason)
    {
        var (status, error) = await RefusedAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[\"1\"]")]
    [InlineData("[]")]
    [InlineData("[1,2]")]
    [InlineData("[null]")]
    public async Task Data_that_does_not_fit_is_refused(string data)
    {
        var body = Encoding.UTF8.GetString(Rows.Request(0, "r", InputFault.None).Span).Replace("\"data\":[21268]", $"\"data\":{data}", StringComparison.Ordinal);
        var (status, error) = await RefusedAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("'car_value'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Different_batch_sizes_are_refused()
    {
        var body = Encoding.UTF8.GetString(Rows.Request(0, "r", InputFault.None).Span)
            .Replace("""[1,1],"datatype":"FP32","data":[21268]""", """[2,1],"datatype":"FP32","data":[21268,1]""", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await RefusedAsync(body)).Status);
    }

    [Fact]
    public async Task An_unknown_model_is_not_found()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/v2/models/other")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.PostAsync("/v2/models/other/infer", new StringContent("{}"))).StatusCode);
    }

    [Fact]
    public async Task Added_latency_is_waited_before_the_answer()
    {
        _server.AddedLatency = TimeSpan.FromMilliseconds(300);
        var answer = PostAsync("/v2/models/carloan/infer", Encoding.UTF8.GetString(Rows.Request(0, "r", InputFault.None).Span));
        // The clock stands still, so only moving it on can let the answer out.
        Assert.NotSame(answer, await Task.WhenAny(answer, PostAsync("/v2/models/other/infer", "{}")));
        while (!answer.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(300));
            await Task.WhenAny(answer, Task.Delay(20));
        }

        Assert.Equal(HttpStatusCode.OK, (await answer).Status);
    }

    [Fact]
    public async Task A_stopped_server_refuses_dials_and_comes_back_on_its_port()
    {
        var port = _server.Port;
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync("/v2/health/live")).StatusCode);
        for (var round = 0; round < 3; round++)
        {
            await _server.StopAsync();
            await _server.StopAsync();
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            var refused = await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(IPAddress.Loopback, port));
            Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
            await _server.RestartAsync(TestContext.Current.CancellationToken);
            await _server.RestartAsync(TestContext.Current.CancellationToken);
            Assert.Equal(port, _server.Port);
            Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync("/v2/health/live")).StatusCode);
        }
    }

    [Fact]
    public async Task Stopping_cuts_what_is_in_flight()
    {
        _server.AddedLatency = TimeSpan.FromHours(1);
        var waiting = PostAsync("/v2/models/carloan/infer", Encoding.UTF8.GetString(Rows.Request(0, "r", InputFault.None).Span));
        Assert.NotSame(waiting, await Task.WhenAny(waiting, PostAsync("/v2/models/other/infer", "{}")));
        await _server.StopAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => waiting);
    }

    private static void AssertEqual(JsonElement golden, JsonElement answer)
    {
        Assert.Equal(golden.GetProperty("request").GetProperty("id").GetString(), answer.GetProperty("id").GetString());
        Assert.Equal("carloan", answer.GetProperty("model_name").GetString());
        var absolute = golden.GetProperty("tolerance").GetProperty("atol").GetDouble();
        var relative = golden.GetProperty("tolerance").GetProperty("rtol").GetDouble();
        var nearTie = golden.GetProperty("tags").EnumerateArray().Any(tag => tag.GetString() == "edge:near-tie");
        foreach (var expected in golden.GetProperty("expected").GetProperty("outputs").EnumerateArray())
        {
            var name = expected.GetProperty("name").GetString()!;
            var got = Output(answer, name);
            Assert.Equal(expected.GetProperty("datatype").GetString(), got.GetProperty("datatype").GetString());
            Assert.Equal(expected.GetProperty("shape").GetRawText(), got.GetProperty("shape").GetRawText());
            foreach (var (want, have) in expected.GetProperty("data").EnumerateArray().Zip(got.GetProperty("data").EnumerateArray()))
            {
                if (name == "label" && !nearTie)
                    Assert.Equal(want.GetInt64(), have.GetInt64());
                else if (name != "label")
                    Assert.InRange(Math.Abs(have.GetDouble() - want.GetDouble()), 0, absolute + relative * Math.Abs(want.GetDouble()));
            }
        }
    }

    private static JsonElement Output(JsonElement answer, string name) =>
        answer.GetProperty("outputs").EnumerateArray().Single(output => output.GetProperty("name").GetString() == name);

    private async Task<(HttpStatusCode Status, JsonDocument Answer)> PostAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _client.PostAsync(path, content);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()));
    }

    private async Task<(HttpStatusCode Status, string Error)> RefusedAsync(string body)
    {
        var (status, answer) = await PostAsync("/v2/models/carloan/infer", body);
        using (answer)
            return (status, answer.RootElement.GetProperty("error").GetString()!);
    }
}
