using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Analysis;
using Sidecar.Capture;
using Sidecar.Configuration;
using Sidecar.Demo.Serving.Protos;
using Sidecar.Emit;
using Sidecar.Emit.Kafka;
using Sidecar.Emit.Redaction;
using Sidecar.Model;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;
using Sidecar.Tensors;
using Sidecar.Tests.Analysis;
using Sidecar.Tests.Capture;
using Sidecar.Tests.OpenAi;
using Sidecar.Wire;
using Sidecar.Wire.Tests;
using static Sidecar.Tests.OpenAi.Traffic;

namespace Sidecar.Tests.Emit.Schemas;

/// <summary>Events of every type and of many kinds, each written by the program's own code.</summary>
internal static class SampleEvents
{
    private static readonly ModelIdentity Model = new("m", "1", IdentitySource.Path);
    private static readonly Lazy<IReadOnlyList<SidecarEvent>> Events = new(() => [.. Make()]);
    private static readonly Lazy<IReadOnlyList<(string Type, JsonObject Data)>> Made = new(() => [.. Events.Value.Select(item => (item.Type, JsonNode.Parse(item.Payload.Span)!.AsObject()))]);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SidecarEvent> All => Events.Value;

    /// <summary>The data of all events of a type.</summary>
    public static IEnumerable<JsonObject> Of(string type) => Made.Value.Where(sample => sample.Type == type).Select(sample => (JsonObject)sample.Data.DeepClone());

    private static IEnumerable<SidecarEvent> Make() =>
    [
        .. OverHttp(), .. OverGrpc(), .. EveryWord(), .. Windows(), .. Reports(), .. Reports().Select(Cut), .. Discrepancies(), .. Discrepancies().Select(Cut), .. Discrepancies().Select(item => item with { Payload = PayloadLimit.Cut(item.Payload, 600) }), Cut(OverHttp()[0]),
        .. from kind in Enumerable.Range(0, Labels<DriftKind>.Count)
           from state in (string[])["raised", "louder", "cleared"]
           select ExchangeEvents.OfAlarm(new(
               Model, Side.Output, "y", Labels<DriftKind>.Of(kind), state, kind % 2 == 0 ? DriftResult.Ticket : DriftResult.Page, When, When, kind == 0 ? double.NaN : 0.5, kind == 0 ? double.NaN : 0.1)),
        ExchangeEvents.OfContract(Model, new("m", ["1"], "onnxruntime_onnx", [new("x", DataType.Fp32, [-1, 4]), new("any", DataType.Unknown, []) { HasAnyRank = true }], []), When),
        ExchangeEvents.OfContract(Model, new("m", [], "", [], [new("y", DataType.Bytes, [2])]), When),
        ExchangeEvents.OfClosing(When, 1000, 3, 1),
    ];

    private static IEnumerable<SidecarEvent> Discrepancies()
    {
        OwnedTensor[] Tensors(string name) => [.. Enumerable.Range(0, 20).Select(i => new OwnedTensor($"{name}{i}", DataType.Fp32, [2], new byte[8]))];
        var job = new ShadowJob(Model, Tensors("x"), Tensors("y")) { RequestId = "r-1"u8.ToArray(), StartedUnixNanos = When.ToUnixTimeMilliseconds() * 1_000_000 };
        yield return ExchangeEvents.OfDiscrepancy(new ShadowDiscrepancy("candidate", job, Tensors("y"), 0.1), ValueCapture.Nothing);
        yield return ExchangeEvents.OfDiscrepancy(new ShadowDiscrepancy("candidate", job, Tensors("y"), 0.1), Capturing("*"));
    }

    /// <summary>One value of each tensor, of the features and bodies that are named.</summary>
    private static ValueCapture Capturing(string what) => new(
        new Redactor(new RedactionPolicy([], [RedactionTarget.TryOfPath(what, out var path, out _) ? path! : RedactionTarget.OfFeature(what)])), CaptureMode.All, 1);

    /// <summary>An event as a topic takes it that is too small for its largest members.</summary>
    private static SidecarEvent Cut(SidecarEvent item)
    {
        var largest = JsonNode.Parse(item.Payload.Span)!.AsObject().Max(member => member.Value?.ToJsonString().Length ?? 0);
        return item with { Payload = PayloadLimit.Cut(item.Payload, item.Payload.Length - largest + 300) };
    }

    private static DateTimeOffset When => new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static List<SidecarEvent> OverHttp()
    {
        var traffic = new Traffic(new SidecarOptions { Contract = new() { FetchMetadata = false } });
        var events = new List<SidecarEvent>();
        void Tell(Exchange exchange, Action<Exchange>? change = null, ValueCapture? values = null)
        {
            change?.Invoke(exchange);
            traffic.Analyse(exchange);
            events.Add(ExchangeEvents.OfExchange(exchange, traffic.Record, "main", 1, traffic.Time, values ?? ValueCapture.Nothing));
        }

        void Infer(string body) => traffic.Request(body, "/v2/models/m/versions/1/infer");
        const string Good = """{"id":"r-1","inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}""";
        const string Answer = """{"model_name":"m","model_version":"1","id":"r-1","outputs":[{"name":"y","datatype":"INT64","shape":[1],"data":[7]}]}""";
        Infer($$"""{"inputs":[{{string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"name":"x{{i}}","datatype":"FP32","shape":[1],"data":[1]}"""))}}]}""");
        Tell(traffic.Answer(Answer));
        Infer(Good);
        Tell(traffic.Answer(Answer));
        Infer(Good);
        Tell(traffic.Answer(Answer), exchange =>
        {
            exchange.PreviousAttempts = 2;
            exchange.ClientStall = 12345;
        });
        Infer(Good);
        Tell(traffic.Answer(Answer), values: Capturing("x"));
        Infer(Good);
        Tell(traffic.Answer(Answer.Replace("[1],\"data\":[7]", "[2],\"data\":[7,8]", StringComparison.Ordinal)), values: Capturing("*"));
        Infer("{\"inputs\":");
        Tell(traffic.Answer("[]", 400), values: Capturing("/"));
        traffic.Request("{}", "/v2/models/m/infer");
        Tell(traffic.Answer("""{"error":"no"}""", 500), values: Capturing("$"));
        Infer(Good.Replace("\"id\":\"r-1\",", "", StringComparison.Ordinal));
        Tell(traffic.Answer("""{"error":"no"}""", 503));
        Infer("{\"inputs\":");
        Tell(traffic.Answer("{}", 400));
        Infer("""{"inputs":[{"name":"x","datatype":"FP32","shape":[3],"data":[1,2]}]}""");
        Tell(traffic.Answer("no JSON"));
        Infer(Good);
        Tell(traffic.Leave(byClient: false));
        traffic.Request("{}", "/not/known");
        Tell(traffic.Answer("{}", 404));

        Tell(traffic.Stream(Role, Piece("a"), Piece("b"), Stop, Traffic.Usage, Done));
        Tell(traffic.Stream(Role, Piece("a"), Piece("b"), Stop, Done));
        Tell(traffic.Stream(Role, Piece("a"), """{"error":{"message":"overloaded"}}"""));
        traffic.Request();
        traffic.BeginStream();
        traffic.Send(100, Event(Piece("a")));
        Tell(traffic.Leave(byClient: true));
        foreach (var reason in (string[])["stop", "length", "tool_calls", "function_call", "content_filter", "of their own"])
        {
            traffic.Request("""{"model":"asked","messages":[]}""");
            Tell(traffic.Answer($$$"""{"id":"c","model":"served","choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"{{{reason}}}"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"""));
        }

        traffic.Request("""{"model":"asked","prompt":"a"}""", "/v1/completions");
        Tell(traffic.Answer("""{"id":"c","model":"served","choices":[{"index":0,"text":"hi","finish_reason":"stop"}]}"""));
        traffic.Request("""{"model":"asked","input":"a"}""", "/v1/embeddings");
        Tell(traffic.Answer("""{"model":"served","data":[{"embedding":[1]}],"usage":{"prompt_tokens":3,"total_tokens":3}}"""));
        traffic.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return events;
    }

    private static List<SidecarEvent> OverGrpc()
    {
        var intake = new CountingIntake { Kept = [] };
        var pool = new CapturePool(0, new CaptureSettings(1 << 20, 1), new DecodeGovernor(1, TimeProvider.System), new BodyPool(1 << 24, 1 << 20), intake, TimeProvider.System);
        var analysis = new ModelAnalysis(
            new SidecarOptions { Contract = new() { FetchMetadata = false } }, [new UpstreamTarget(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1))],
            TimeProvider.System, NullLoggerFactory.Instance, reference: null, calibration: null, _ => { }, _ => { }, (_, _) => { });
        var (client, server, record, events) = (new H2(), new H2(), new InferenceRecord(analysis.Unknown), new List<SidecarEvent>());
        var tap = pool.RentTap();
        tap.Start(0);
        tap.OnClientBytes([.. Encoding.ASCII.GetBytes(H2.Preface), .. H2.Settings()], 1);
        var stream = -1;
        void Begin(string fields) =>
            tap.OnClientBytes([.. client.Request(stream += 2, "/inference.GRPCInferenceService/ModelInfer", end: false, "content-type: application/grpc\n" + fields), .. Data(new ModelInferRequest
            {
                ModelName = "m",
                Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "UINT8", Shape = { 3 } } },
                RawInputContents = { ByteString.CopyFrom([1, 2, 3]) },
            }, end: true)], 2);
        void Tell()
        {
            analysis.Decode(intake.Kept![^1], record);
            events.Add(ExchangeEvents.OfExchange(intake.Kept![^1], record, "grpc", 1, TimeProvider.System, ValueCapture.Nothing));
        }

        byte[] Data(IMessage message, bool end)
        {
            byte[] framed = [0, 0, 0, 0, 0, .. message.ToByteArray()];
            BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), framed.Length - 5);
            return H2.Frame(0, end ? 1 : 0, stream, framed);
        }

        Begin("x-request-id: r-9\ngrpc-previous-rpc-attempts: 2");
        tap.OnUpstreamBytes(server.Headers(stream, false, ":status: 200\ncontent-type: application/grpc"), 3);
        tap.OnUpstreamBytes(Data(new ModelInferResponse
        {
            ModelName = "m",
            ModelVersion = "7",
            Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "y", Datatype = "FP32", Shape = { 1 } } },
            RawOutputContents = { ByteString.CopyFrom([0, 0, 0, 0]) },
        }, end: false), 4);
        tap.OnUpstreamBytes(server.Headers(stream, true, "grpc-status: 0"), 5);
        Tell();
        Begin("ce-id: e-1");
        tap.OnUpstreamBytes(server.Headers(stream, true, ":status: 200\ncontent-type: application/grpc\ngrpc-status: 14"), 6);
        Tell();
        Begin("grpc-timeout: 100m");
        tap.OnClientBytes(H2.Reset(stream, 8), 7);
        Tell();
        analysis.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return events;
    }

    /// <summary>Exchanges without bodies, such that every word is written that stands in a closed enum of the code.</summary>
    private static IEnumerable<SidecarEvent> EveryWord()
    {
        foreach (var end in Enum.GetValues<ExchangeEnd>())
            yield return Head(new Exchange { End = end, Status = 200 });
        foreach (var fate in Enum.GetValues<HeadFate>())
            yield return Head(new Exchange { Fate = fate, Status = 200 });
        foreach (var failure in Enum.GetValues<DialFailure>())
            yield return Head(new Exchange { DialFailure = failure, Fate = HeadFate.UpstreamRefused });
        foreach (var status in (int[])[100, 200, 404, 499, 503, 599, 600])
            yield return Head(new Exchange { Status = status });
        foreach (var status in Enumerable.Range(-1, 20))
            yield return Head(new Exchange { Status = 200, IsGrpc = true, GrpcStatus = status });
        foreach (var reason in Enum.GetValues<UndecodableReason>())
            yield return Head(new Exchange { Status = 200 }, record => record.Undecodable = reason);
        foreach (var source in Enum.GetValues<IdentitySource>())
            yield return Head(new Exchange { Status = 200, RepeatsId = true }, record => record.Model = new("m", "v", source));
        foreach (var origin in Enum.GetValues<RequestIdOrigin>().Where(origin => origin is not (RequestIdOrigin.None or RequestIdOrigin.Generated)))
        {
            var named = new Exchange { Status = 200 };
            named.SetRequestId("r-\"1\""u8, origin);
            named.SetMethod("POST"u8);
            named.SetAuthority("model:80"u8);
            yield return Head(named);
        }

        static SidecarEvent Head(Exchange exchange, Action<InferenceRecord>? change = null)
        {
            var record = new InferenceRecord(Model);
            change?.Invoke(record);
            return ExchangeEvents.OfExchange(exchange, record, "main", 2, TimeProvider.System, ValueCapture.Nothing);
        }
    }

    /// <summary>Windows and alarms of the analysis itself: with a reference that was given and with one of its own, of numbers and of categories.</summary>
    private static List<SidecarEvent> Windows()
    {
        const long Second = 1_000_000_000;
        var random = new Random(5);
        var settings = new DriftSettings(64, 0.1, 1, 200, TimeSpan.FromSeconds(10));
        var learner = new FeatureLearner("x", FeatureSide.Input);
        for (var i = 0; i < 20_000; i++)
            learner.Add(double.Parse(Messages.Rows(random, 1, 1), CultureInfo.InvariantCulture));
        var learned = learner.Learn(out _)!;
        FeatureReference[] given = [learned.With(PhiTable.Independent(learned.Model) with { Windows = 600, Calibrated = true })];
        var events = new List<SidecarEvent>();
        foreach (var windows in (FeatureWindows[])[new(Side.Input, settings, given), new(Side.Output, settings)])
        {
            for (var i = 0L; i < 800; i++)
            {
                // By the clock: as it was, moved far away, as it was, without numbers.
                var numbers = i is >= 200 and < 300 ? Messages.Rows(random, 32, 100) : i < 700 ? Messages.Rows(random, 32, 1) : string.Join(',', Enumerable.Repeat("null", 32));
                var codes = string.Join(',', Enumerable.Range(0, 32).Select(_ => random.Next(i is >= 200 and < 300 ? 2 : 5)));
                windows.Add(Messages.Of(Messages.Tensor("x", "FP32", "32", numbers), Messages.Tensor("code", "INT64", "32", codes)), mayTeach: true);
                events.AddRange((windows.EndRows(i * Second, Model) ?? []).Select(ExchangeEvents.OfAlarm));
                if (windows.TryClose(i * Second, Model) is { } report)
                    events.Add(ExchangeEvents.OfDrift(report));
            }
        }

        Assert.Contains(events, item => item.Type == ExchangeEvents.DriftEpisodeType);
        return events;
    }

    private static IEnumerable<SidecarEvent> Reports() => Enum.GetValues<DriftResult>().Select(result => ExchangeEvents.OfDrift(new(
        Model, Side.Input, When.AddMinutes(-5), When, 10, result,
        [
            new("x", result, double.NaN, double.NaN, 10, double.NaN, "") { Histogram = new([], [], []) },
            new("y[1]", result, 0.25, 0.125, 10, 1.5, "missing") { Histogram = new([0, 1.5f], [1, 2, 3, 4, 5], [0, 0, 10, 0, 0]) },
        ])
        {
            EstimatedAccuracy = result == DriftResult.Insufficient ? null : new(0.75, 10),
        }));
}
