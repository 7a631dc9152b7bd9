using System.Globalization;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Sidecar.Configuration;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Tensors;
using Sidecar.Tensors.Tests.Protos;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Events;

/// <summary>
/// Secrets in every position of every protocol, and a search for them in every byte that leaves: OTLP metrics, spans and logs, <c>/metrics</c>, events in a file and in the spool, the console's lines.
/// Each position has a secret of its own, so that a leak names its place.
/// </summary>
public sealed class LeakTests
{
    /// <summary>What people's values look like, numbered by position.</summary>
    private static readonly (string Kind, Func<int, string> Make)[] Personal =
    [
        ("email", n => $"leak{n}x@example.com"),
        ("phone", n => string.Create(CultureInfo.InvariantCulture, $"+49 170 {5550000 + n}")),
        ("card", n => Luhn(string.Create(CultureInfo.InvariantCulture, $"41111111{n:D7}"))),
        ("iban", n => Iban(string.Create(CultureInfo.InvariantCulture, $"370400440{n:D9}"))),
        ("token", n => $"Bearer leakt{n}Qx9kP2mV7zR4wB8s"),
    ];

    [Fact]
    public async Task Patterns_are_found_wherever_they_are_even_where_all_values_may_leave()
    {
        foreach (var (kind, make) in Personal)
        {
            var run = await RunAsync(make, new RedactionOptions { Allow = ["*", "/", "$"] });
            run.AssertNothing(kind);
        }
    }

    [Fact]
    public async Task Values_without_a_pattern_stay_because_nothing_allows_them()
    {
        // Names and ids are not values: they are what events speak of, so this seeds the values alone.
        var run = await RunAsync(n => $"opaque{n}secret", new RedactionOptions(), names: n => $"name{n}");
        run.AssertNothing("opaque");
    }

    [Fact]
    public async Task A_feature_that_a_rule_drops_stays_and_the_others_leave()
    {
        var run = await RunAsync(n => $"opaque{n}secret", new RedactionOptions { Allow = ["*", "/", "$"], Rules = [new() { Name = "*", Action = RedactionChoice.Drop }, new() { Name = "$", Action = RedactionChoice.Drop }] }, names: n => $"name{n}");
        run.AssertNothing("opaque");
    }

    [Fact]
    public async Task The_search_finds_what_is_let_out()
    {
        var run = await RunAsync(Personal[0].Make, new RedactionOptions { Allow = ["*", "/", "$"], Patterns = RedactionChoice.None });
        var found = run.Find();
        Assert.True(found.Count >= 20, $"only {found.Count}: {string.Join(", ", found)}");
        Assert.Contains(found, leak => leak.Contains("events file", StringComparison.Ordinal));
        Assert.Contains(found, leak => leak.Contains("spool", StringComparison.Ordinal));
        Assert.Contains(found, leak => leak.Contains("/v1/traces", StringComparison.Ordinal));
        Assert.Contains(found, leak => leak.Contains("/metrics", StringComparison.Ordinal));
    }

    /// <summary>All traffic past two sidecars, one with a file and one with a spool, and everything that left.</summary>
    /// <param name="make">The secret of a position.</param>
    /// <param name="names">What to put where names and ids are; null: secrets too.</param>
    private static async Task<Outlets> RunAsync(Func<int, string> make, RedactionOptions redaction, Func<int, string>? names = null)
    {
        var seeds = new List<string>();
        string Value()
        {
            var seed = make(seeds.Count);
            seeds.Add(seed);
            return seed;
        }

        string Name() => names is null ? Value() : names(seeds.Count);

        using var folder = new TemporaryFolder();
        await using var receiver = await ByteSink.StartAsync();
        await using var grpc = await GrpcModelServer.StartAsync();
        await using var server = new FakeModelServer();
        var answer = (Status: 200, Body: "{}", Fields: "");
        server.Script = async exchange =>
        {
            await exchange.ReadBodyAsync();
            await exchange.AnswerAsync(exchange.Head.Method == "GET" ? 404 : answer.Status, exchange.Head.Method == "GET" ? "{}" : answer.Body, answer.Fields);
            return true;
        };
        var logs = new LogLines();
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(logs)); // to which the sidecar adds OTLP
        var outlets = new Outlets(seeds);
        foreach (var sink in (EventSink[])[EventSink.Jsonl, EventSink.Kafka])
        {
            await using (var sidecar = await RelayUnderTest.StartAsync(
                server.Port,
                options => options with
                {
                    Listeners = [RelayUnderTest.Listener("grpc", grpc.Port)],
                    Routes = [Mapped("POST /score")],
                    Drift = new DriftOptions { BurnIn = 2 },
                    Redaction = redaction,
                    State = new StateOptions { Directory = Path.Combine(folder.Path, "state") },
                    Traces = new TraceOptions { Rate = 1 },
                    Events = new EventOptions
                    {
                        Sink = sink, Rate = 1, Capture = EventCapture.All,
                        Jsonl = new JsonlOptions { Path = Path.Combine(folder.Path, "events.jsonl") },
                        Kafka = new KafkaOptions { Brokers = "127.0.0.1:1" },
                    },
                },
                new SidecarHooks
                {
                    Logs = factory,
                    Variable = name => name switch
                    {
                        "OTEL_EXPORTER_OTLP_ENDPOINT" => receiver.Address,
                        "OTEL_EXPORTER_OTLP_PROTOCOL" => "http/protobuf",
                        "OTEL_METRIC_EXPORT_INTERVAL" or "OTEL_BSP_SCHEDULE_DELAY" or "OTEL_BLRP_SCHEDULE_DELAY" => "100",
                        _ => null,
                    },
                }))
            {
                foreach (var status in (int[])[200, 500])
                {
                    foreach (var (request, body, fields) in Http(Value, Name, status))
                    {
                        answer = (status, body, fields);
                        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
                        await client.AskAsync(request);
                    }
                }

                await CallAsync(sidecar.Application.Traffic[1].Port, grpc, Value, Name);
                await sidecar.SettledAsync();
                outlets.Add("/metrics", await sidecar.MetricsAsync());
                Assert.True(sidecar.Exchanges.Observed > 30);
            } // flushed

            if (sink == EventSink.Jsonl)
                outlets.Add("events file", await File.ReadAllTextAsync(Path.Combine(folder.Path, "events.jsonl")));
        }

        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder.Path, "state"), "*.seg", SearchOption.AllDirectories))
            outlets.Add("spool", Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file)));
        foreach (var path in (string[])["/v1/metrics", "/v1/traces", "/v1/logs"])
        {
            Assert.NotEmpty(receiver.To(path));
            foreach (var bytes in receiver.To(path))
                outlets.Add(path, Encoding.UTF8.GetString(bytes));
        }

        outlets.Add("console", string.Join('\n', logs.All));
        return outlets;
    }

    private static InferenceRouteOptions Mapped(string match) => new()
    {
        Match = RouteMatch.TryParse(match, out var parsed) ? parsed! : throw new InvalidOperationException(),
        Protocol = InferenceProtocol.Json,
        Inputs = new Dictionary<string, JsonPath> { ["mail"] = JsonPath.TryParse("/mail", out var path, out _) ? path! : throw new InvalidOperationException() },
    };

    /// <summary>Requests with the answers to give them.</summary>
    private static IEnumerable<(byte[] Request, string Answer, string Fields)> Http(Func<string> value, Func<string> name, int status)
    {
        const string Json = "Content-Type: application/json\r\n";
        string Answer(string good) => status == 200 ? good : $$"""{"error":"{{value()}}","detail":["{{value()}}"]}""";
        byte[] Post(string path, string body, string type = "application/json", string fields = "") => Encoding.UTF8.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: h\r\nAuthorization: {value()}\r\nCookie: c={value()}\r\nContent-Type: {type}\r\n{fields}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        string Escaped(string text) => Uri.EscapeDataString(text);

        yield return (
            Post($"/v2/models/toy/infer?key={Escaped(value())}", $$"""{"id":"{{name()}}","parameters":{"p":"{{value()}}"},"inputs":[{"name":"{{name()}}","datatype":"BYTES","shape":[2],"data":["{{value()}}","{{value()}}"],"parameters":{"q":"{{value()}}"} }],"outputs":[{"name":"{{name()}}"}]}""",
                fields: $"X-Request-Id: {name()}\r\n"),
            Answer($$"""{"model_name":"toy","model_version":"1","id":"{{name()}}","outputs":[{"name":"{{name()}}","datatype":"BYTES","shape":[1],"data":["{{value()}}"]}]}"""), Json);
        yield return (
            Post($"/v2/models/{Escaped(name())}/versions/{Escaped(name())}/infer", $$"""{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}""", fields: $"ce-id: {name()}\r\n"),
            Answer($$"""{"model_name":"{{name()}}","model_version":"{{name()}}","outputs":[]}"""), Json);
        for (var i = 0; i < 4; i++) // enough to be learned from
        {
            yield return (
                Post("/v1/models/iris:predict", $$"""{"instances":[{"a":"{{value()}}","b":"{{value()}}"}]}"""),
                Answer($$"""{"predictions":[{"text":"{{value()}}"}]}"""), Json);
        }

        yield return (Post("/v1/models/tf:predict", $$"""{"signature_name":"serving","inputs":{"in":["{{value()}}"]} }"""), Answer($$"""{"outputs":["{{value()}}"]}"""), Json);
        yield return (Post("/v1/models/tf:classify", $$"""{"examples":[{"in":"{{value()}}"}]}"""), Answer($$"""{"results":[[["{{name()}}",0.5]]]}"""), Json);
        yield return (Post("/invocations", $$"""{"dataframe_split":{"columns":["{{name()}}","b"],"data":[["{{value()}}",1]]} }"""), Answer($$"""{"predictions":["{{value()}}"]}"""), Json);
        yield return (Post("/invocations", $$"""{"dataframe_records":[{"{{name()}}":"{{value()}}"}]}"""), Answer($$"""{"predictions":["{{value()}}"]}"""), Json);
        yield return (Post("/invocations", $"{value()},1\n{value()},2\n", "text/csv"), Answer($"{value()}\n"), "Content-Type: text/csv\r\n");
        yield return (Post("/invocations", $$"""{"features":["{{value()}}"]}""" + "\n", "application/jsonlines"), Answer($$"""{"p":"{{value()}}"}"""), "Content-Type: application/jsonlines\r\n");
        yield return (Post("/predictions/torch", value(), "text/plain"), Answer($"\"{value()}\""), Json);
        yield return (Post("/score", $$"""{"mail":"{{value()}}","other":"{{value()}}"}"""), Answer($$"""{"p":"{{value()}}"}"""), Json);
        yield return (
            Post("/v1/chat/completions", $$"""{"model":"{{name()}}","user":"{{value()}}","messages":[{"role":"user","content":"{{value()}}"}]}"""),
            Answer($$"""{"id":"{{name()}}","model":"served","choices":[{"index":0,"message":{"content":"{{value()}}"},"finish_reason":"{{value()}}"}],"usage":{"prompt_tokens":3,"completion_tokens":1} }"""), Json);
        yield return (
            Post("/v1/chat/completions", $$"""{"model":"m","stream":true,"messages":[{"role":"user","content":"{{value()}}"}]}"""),
            $"data: {{\"id\":\"c\",\"model\":\"served\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{value()}\"}}}}]}}\n\ndata: [DONE]\n\n", "Content-Type: text/event-stream\r\n");
        yield return (Post("/v1/embeddings", $$"""{"model":"m","input":["{{value()}}"]}"""), Answer("""{"model":"served","data":[{"embedding":[1]}]}"""), Json);
        // What can't be decoded, and what nobody knows.
        yield return (Post("/v2/models/toy/infer", $$"""{"inputs":[{"name":"{{name()}}","datatype":"{{value()}}","shape":[1],"data":["{{value()}}" """), Answer($"\"{value()}\""), Json);
        yield return (Post($"/unknown/{Escaped(value())}", $$"""{"a":"{{value()}}"}"""), Answer($$"""{"a":"{{value()}}"}"""), Json);
    }

    private static async Task CallAsync(int port, GrpcModelServer server, Func<string> value, Func<string> name)
    {
        using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}");
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        foreach (var fails in (bool[])[false, true])
        {
            server.Refusal = fails ? () => new Status(StatusCode.Internal, value()) : null;
            var request = new ModelInferRequest { ModelName = fails ? name() : "toy", Id = name() };
            request.Parameters["p"] = new InferParameter { StringParam = value() };
            var input = new InferTensor { Name = name(), Datatype = "BYTES", Shape = { 1 }, Contents = new InferTensorContents() };
            input.Contents.BytesContents.Add(Google.Protobuf.ByteString.CopyFromUtf8(value()));
            request.Inputs.Add(input);
            try
            {
                await client.ModelInferAsync(request, new Metadata { { "x-request-id", name() }, { "authorization", value() } });
            }
            catch (RpcException)
            {
                // As meant.
            }
        }
    }

    private static string Luhn(string payload)
    {
        var sum = 0;
        for (var i = 0; i < payload.Length; i++)
        {
            var digit = payload[payload.Length - 1 - i] - '0';
            sum += i % 2 == 1 ? digit : digit * 2 > 9 ? (digit * 2) - 9 : digit * 2;
        }

        return payload + ((10 - (sum % 10)) % 10).ToString(CultureInfo.InvariantCulture);
    }

    private static string Iban(string account)
    {
        // ISO 13616: the country's letters as numbers behind the account, and check digits that make it 1 modulo 97.
        var rest = System.Numerics.BigInteger.Parse(account + "131400", CultureInfo.InvariantCulture) % 97;
        return $"DE{98 - (int)rest:D2}{account}";
    }

    private sealed class Outlets(List<string> seeds)
    {
        private readonly List<(string Name, string Text)> _texts = [];

        public void Add(string name, string text) => _texts.Add((name, text));

        public List<string> Find() =>
        [
            .. from seed in seeds
               let core = Core(seed)
               from outlet in _texts
               where outlet.Text.Contains(core, StringComparison.Ordinal) || outlet.Text.Contains(Uri.EscapeDataString(core), StringComparison.Ordinal)
               select $"{seed} in {outlet.Name}: …{Around(outlet.Text, core)}…",
        ];

        public void AssertNothing(string kind)
        {
            foreach (var outlet in (string[])["/metrics", "events file", "spool", "/v1/metrics", "/v1/traces", "/v1/logs", "console"])
                Assert.True(_texts.Any(text => text.Name == outlet && text.Text.Length > 100), $"nothing left by {outlet}");
            Assert.True(seeds.Count > 60, $"{seeds.Count} secrets only");
            var found = Find();
            Assert.True(found.Count == 0, $"{kind}: {found.Count} leaks\n{string.Join('\n', found.Take(20))}");
        }

        // What would give it away: the scheme in front of a token is nobody's secret.
        private static string Core(string seed) => seed.StartsWith("Bearer ", StringComparison.Ordinal) ? seed[7..] : seed;

        private static string Around(string text, string core)
        {
            var at = text.IndexOf(core, StringComparison.Ordinal);
            return at < 0 ? "(escaped)" : text[Math.Max(0, at - 60)..Math.Min(text.Length, at + core.Length + 20)].ReplaceLineEndings(" ");
        }
    }
}
