using System.Text;
using System.Text.Json;
using Sidecar.Commands;
using Sidecar.Tests.Configuration;

namespace Sidecar.Tests.Offline;

/// <summary>The verb <c>decode</c> with a configuration: what its routes and model names say of a recording.</summary>
public sealed class DecodeRoutesTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _folder.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_route_maps_a_JSON_API_and_names_its_model()
    {
        var line = await DecodeAsync(
            """
            model: { version: "7" }
            routes:
              - match: POST /score*
                model: churn
                inputs: { age: "$.rows[*].age as FP32", plan: /rows/*/plan }
                outputs: { p: /scores }
            """,
            "POST /score/v1?x=1", """{"rows": [{"age": 41, "plan": "gold"}, {"age": 23}]}""", """{"scores": [0.25, 0.75]}""");
        Assert.Equal("json_http", line.GetProperty("protocol").GetString());
        Assert.Equal("""{"name":"churn","version":"7"}""", line.GetProperty("request").GetProperty("model").GetRawText());
        Assert.Equal(["age FP32 [2]", "plan BYTES [2]"], Tensors(line, "request"));
        Assert.Equal(["p FP64 [2]"], Tensors(line, "response"));
    }

    [Fact]
    public async Task A_route_corrects_what_a_path_says()
    {
        const string Yaml = """
            routes:
              - { match: "POST /v2/models/a/infer", protocol: v1_http }
              - { match: "POST /v2/models/b/infer", protocol: none }
              - { match: "PUT /models/*", protocol: invocations_http, model: mlf }
            """;
        const string Rows = """{"instances": [[1, 2]]}""", Answer = """{"predictions": [1]}""";
        var line = await DecodeAsync(Yaml, "POST /v2/models/a/infer", Rows, Answer);
        Assert.Equal(("v1_http", "a"), (line.GetProperty("protocol").GetString(), line.GetProperty("request").GetProperty("model").GetProperty("name").GetString()));
        Assert.False((await DecodeAsync(Yaml, "POST /v2/models/b/infer", Rows, Answer)).TryGetProperty("protocol", out _));
        line = await DecodeAsync(Yaml, "PUT /models/x", Rows, Answer);
        Assert.Equal(["instances INT64 [1,2]"], Tensors(line, "request"));
        Assert.Equal("mlf", line.GetProperty("request").GetProperty("model").GetProperty("name").GetString());
    }

    [Fact]
    public async Task The_configured_model_names_what_nothing_else_does()
    {
        var line = await DecodeAsync("model: { name: mlf }", "POST /invocations", "a,b\n1,2.5\n", """{"predictions": [{"p": 0.5}]}""", "text/csv");
        Assert.Equal("mlf", line.GetProperty("request").GetProperty("model").GetProperty("name").GetString());
        Assert.Equal(["a INT64 [1]", "b FP64 [1]"], Tensors(line, "request"));
        Assert.Equal(["p FP64 [1]"], Tensors(line, "response"));
        line = await DecodeAsync(null, "POST /invocations", "[1]", "[1]");
        Assert.False(line.GetProperty("request").TryGetProperty("model", out _));
    }

    [Fact]
    public async Task A_configuration_with_mistakes_is_refused_with_all_of_them()
    {
        var file = _folder.Write("c.bin", "");
        var config = _folder.Write("bad.yaml", "routes: [{ match: score }, { match: POST /x, inputs: { a: b } }]");
        using var output = new StringWriter();
        Assert.Equal(ExitCodes.Usage, await InvokeAsync(output, "decode", "--client", file, "--server", file, "--config", config));
        Assert.Contains("routes[0].match", _error.ToString(), StringComparison.Ordinal);
        Assert.Contains("routes[1].inputs.a", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
    }

    private static string[] Tensors(JsonElement line, string side) =>
        [.. line.GetProperty(side).GetProperty("tensors").EnumerateArray().Select(tensor =>
            $"{tensor.GetProperty("name")} {tensor.GetProperty("datatype")} [{string.Join(',', tensor.GetProperty("shape").EnumerateArray())}]")];

    private async Task<JsonElement> DecodeAsync(string? yaml, string request, string body, string answer, string type = "application/json")
    {
        string[] arguments =
        [
            "decode",
            "--client", _folder.Write("c.bin", $"{request} HTTP/1.1\r\nHost: m\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"),
            "--server", _folder.Write("s.bin", $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer}"),
            .. yaml is null ? (string[])[] : ["--config", _folder.Write("c.yaml", yaml)],
        ];
        using var output = new StringWriter();
        Assert.Equal(ExitCodes.Ok, await InvokeAsync(output, arguments));
        return JsonDocument.Parse(Assert.Single(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries))).RootElement;
    }

    private Task<int> InvokeAsync(StringWriter output, params string[] arguments)
    {
        var line = SidecarCommandLine.Build((_, _) => Task.FromResult(7), (_, _) => Task.FromResult(7));
        var host = new CommandLineHost { Output = output, Error = _error, Environment = new Dictionary<string, string>() };
        return line.InvokeAsync(arguments, host, TestContext.Current.CancellationToken);
    }
}
