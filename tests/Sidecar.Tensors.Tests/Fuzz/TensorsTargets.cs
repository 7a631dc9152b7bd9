using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Sidecar.Tensors.Tests.OpenInference;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Tensors.Tests.Fuzz;

/// <summary>
/// The bodies of an inference protocol: a result for any bytes, of which what is decoded is consistent in itself, bounded by what came, and the same in a used
/// message as in a new one.
/// </summary>
internal abstract class MessageTarget : FuzzTarget
{
    private readonly byte[] _body = new byte[FuzzRun.LongestInput];
    private readonly long[] _errors = new long[Enum.GetValues<DecodeError>().Length];
    private TensorMessage _message = new();

    public override string Outcomes => string.Join(", ", _errors.Select((count, error) => (count, (DecodeError)error))
        .Where(one => one.count > 0).Select(one => $"{one.Item2} {one.count}"));

    public override void Check(ReadOnlySpan<byte> input)
    {
        input.CopyTo(_body);
        var error = Decode(_body.AsMemory(0, input.Length), _message);
        _errors[(int)error]++;
        // A message that breaks off leaves what came before as it was, perhaps in the middle.
        var whole = error is not (DecodeError.Malformed or DecodeError.Truncated or DecodeError.TooLarge);
        long bytes = 0;
        for (var i = 0; i < _message.Count; i++)
        {
            ref readonly var tensor = ref _message[i];
            bytes += _message.Data(i).Length + _message.Name(i).Length;
            if (!whole)
                continue;
            if (tensor.Error != DecodeError.None)
            {
                Require(_message.Data(i).IsEmpty, "what is wrong has no data");
                continue;
            }

            var texts = 0;
            foreach (var _ in _message.Strings(i))
                texts++;
            Require(tensor.Elements == (tensor.DataType == DataType.Bytes ? texts : _message.Data(i).Length / tensor.DataType.Size()), "as many elements as the shape says");
            Require(tensor.NullCount >= 0 && tensor.NullCount <= tensor.Elements, "no more nulls than elements");
        }

        Require(bytes <= MostBytes(input.Length), "no more than a bounded multiple of what came");
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        ReadOnlyMemory<byte> body = input.ToArray();
        var used = Decode(body, _message);
        Judge(used, body);
        if (SeedOf(input) % 16 != 0)
            return;
        var fresh = new TensorMessage();
        Require(used == Decode(body, fresh) && fresh.Count == _message.Count, "a used message decodes as a new one");
        for (var i = 0; i < fresh.Count; i++)
            Require(fresh.Data(i).SequenceEqual(_message.Data(i)) && fresh.Name(i).SequenceEqual(_message.Name(i)), "a used message holds what a new one does");
    }

    public override void Recover() => _message = new TensorMessage();

    protected abstract DecodeError Decode(ReadOnlyMemory<byte> body, TensorMessage into);

    /// <summary>Bytes of data and names that an input may become: an element is two bytes of JSON at least, or one of protobuf, and eight of data at most.</summary>
    protected virtual long MostBytes(int length) => 8L * (length + 1);

    /// <summary>Holds the result against another reader's.</summary>
    protected virtual void Judge(DecodeError error, ReadOnlyMemory<byte> body)
    {
    }
}

/// <summary>V2 over REST; a body's first two bytes are the length of its JSON, where binary tensors may follow, and not part of it.</summary>
internal sealed class RestTarget(bool isRequest, bool binary) : MessageTarget
{
    private static readonly OpenInferenceRest Decoder = new();

    public override string Name => (isRequest ? "v2-request" : "v2-response") + (binary ? "-binary" : "");

    public override IReadOnlyList<byte[]> Seeds { get; } =
        [.. (binary ? Enumerable.Range(0, 200).Select(Binary) : Enumerable.Range(0, 400).Select(seed => new RandomMessage(seed).Body).Concat(Written)).Where(body => body.Length <= FuzzRun.LongestInput)];

    public override IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[]
        {
            "\"inputs\":", "\"outputs\":", "\"name\":", "\"datatype\":", "\"shape\":", "\"data\":", "\"id\":", "\"parameters\":{}", "\"error\":", "FP32", "FP64", "INT64", "UINT8", "BOOL", "BYTES",
            "FP16", "BF16", "null", "true", "NaN", "-Infinity", "1e400", "-0", "9223372036854775808", "0.1", "1E-5", "[", "]", "{", "}", ",", ":", "\"", "\\u0000", "\\ud800", "\\\"", "\\", " ",
            "\"parameters\":{\"binary_data_size\":4}", "\"parameters\":{\"shared_memory_region\":\"r\"}", "\"parameters\":{\"classification\":2}",
            "{\"inputs\":[{\"name\":\"a\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]}",
        }.Select(Encoding.ASCII.GetBytes), [0xC0, 0x80], [0xEF, 0xBB, 0xBF], [0], [.. Enumerable.Repeat((byte)'[', 70)],
    ];

    private static IEnumerable<byte[]> Written =>
    [
        """{"model_name":"m","model_version":"1","outputs":[{"name":"p","datatype":"FP32","shape":[1,2],"data":[0.25,0.75]}]}"""u8.ToArray(),
        """{"error":"no"}"""u8.ToArray(),
    ];

    public override void Compare(ReadOnlySpan<byte> input)
    {
        base.Compare(input);
        OpenInferenceJson.DecodeMetadata(input, out _);
    }

    protected override DecodeError Decode(ReadOnlyMemory<byte> body, TensorMessage into)
    {
        var head = new MessageHead();
        if (binary && body.Length >= 2)
        {
            head = new MessageHead { JsonBytes = BinaryPrimitives.ReadUInt16BigEndian(body.Span), Format = BodyFormat.Binary };
            body = body[2..];
        }

        return isRequest ? Decoder.DecodeRequest(head, body, into) : Decoder.DecodeResponse(head, body, into);
    }

    protected override void Judge(DecodeError error, ReadOnlyMemory<byte> body)
    {
        if (!binary && error is DecodeError.None or DecodeError.NotInference or DecodeError.MissingMember or DecodeError.ShapeMismatch or DecodeError.ValueMismatch)
            Require(IsJson(body.Span), "what is read is JSON");
    }

    private static byte[] Binary(int seed)
    {
        var tensors = new RandomMessage(seed).Tensors.Where(tensor => tensor.Nulls == 0).ToList();
        var json = Encoding.UTF8.GetBytes("{\"inputs\":[" + string.Join(',', tensors.Select(tensor =>
            $"{{\"name\":\"t\",\"datatype\":\"{tensor.Type.Name()}\",\"shape\":[{string.Join(',', tensor.Shape)}],\"parameters\":{{\"binary_data_size\":{tensor.Data.Length}}}}}")) + "]}");
        return [(byte)(json.Length >> 8), (byte)json.Length, .. json, .. tensors.SelectMany(tensor => tensor.Data)];
    }

    // A mark of the byte order, and bare NaN and Infinity, are taken here on purpose.
    private static bool IsJson(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("NaN"u8) >= 0 || body.IndexOf("Infinity"u8) >= 0)
            return true;
        if (body.StartsWith("\uFEFF"u8))
            body = body[3..];
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = DecodeLimits.GreatestDepth });
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>V2 over gRPC, and the answers of its streams.</summary>
internal sealed class GrpcTarget(bool isRequest, bool streamed = false) : MessageTarget
{
    private static readonly OpenInferenceGrpc Decoder = new();

    public override string Name => isRequest ? "v2-grpc-request" : streamed ? "v2-grpc-stream" : "v2-grpc-response";

    public override IReadOnlyList<byte[]> Seeds { get; } =
        [.. Enumerable.Range(0, 300).Select(seed => Message(seed, isRequest, streamed)).Where(body => body.Length <= FuzzRun.LongestInput)];

    public override IReadOnlyList<byte[]> Tokens { get; } =
    [
        [0x0A, 1, (byte)'m'], [0x12, 1, (byte)'1'], [0x2A, 0], [0x32, 0], [0x3A, 4, 0, 0, 0x80, 0x3F], [0x1A, 1, 1], [0x18, 2], [0x2A, 2, 0x32, 0], [0x08, 1], [0x0D, 0, 0, 0, 0], [0x09, 0, 0, 0, 0, 0, 0, 0, 0],
        [0x0B], [0x0C], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x80, 0x80, 0x80, 0x80, 0x08], [0xFF, 0xFF, 0xFF, 0xFF, 0x07], "FP32"u8.ToArray(), "BYTES"u8.ToArray(), "INT64"u8.ToArray(),
        [0x0A, 20, .. "shared_memory_region"u8], [0x22, 4, 0x0A, 0, 0x12, 0],
    ];

    protected override DecodeError Decode(ReadOnlyMemory<byte> body, TensorMessage into)
    {
        var head = new MessageHead { Path = streamed ? "/inference.GRPCInferenceService/ModelStreamInfer"u8 : "/inference.GRPCInferenceService/ModelInfer"u8, Format = BodyFormat.Grpc };
        return isRequest ? Decoder.DecodeRequest(head, body, into) : Decoder.DecodeResponse(head, body, into);
    }

    // open_inference_grpc.proto, written by hand: half of the messages with raw contents, the others with FP32 and BYTES in their own fields.
    private static byte[] Message(int seed, bool isRequest, bool streamed)
    {
        var random = new Random(seed);
        var tensors = new RandomMessage(seed).Tensors.Where(tensor => tensor.Nulls == 0).ToList();
        var raw = random.Next(2) == 0;
        var message = new List<byte>([.. Field(1, "m"u8), .. Field(2, "1"u8)]);
        foreach (var tensor in tensors)
        {
            List<byte> one = [.. Field(1, "t"u8), .. Field(2, Encoding.ASCII.GetBytes(tensor.Type.Name())), .. Field(3, [.. tensor.Shape.Select(length => (byte)length)])];
            if (!raw && tensor.Type is DataType.Fp32)
                one.AddRange(Field(5, Field(6, tensor.Data)));
            else if (!raw && tensor.Type is DataType.Bytes)
                one.AddRange(Field(5, [.. Field(8, "x"u8), .. Field(8, "yz"u8)]));
            else if (!raw && tensor.Type is DataType.Bool)
                one.AddRange(Field(5, Field(1, tensor.Data)));
            message.AddRange(Field(5, [.. one]));
        }

        if (raw)
            message.AddRange(tensors.SelectMany(tensor => Field(isRequest ? 7 : 6, tensor.Data)));
        return streamed && random.Next(4) > 0 ? [.. random.Next(3) == 0 ? Field(1, "oops"u8) : [], .. Field(2, [.. message])] : [.. message];
    }

    private static byte[] Field(int number, ReadOnlySpan<byte> value)
    {
        var field = new List<byte> { (byte)((number << 3) | 2) };
        var length = value.Length;
        for (; length >= 128; length >>= 7)
            field.Add((byte)(length | 128));
        field.Add((byte)length);
        field.AddRange(value);
        return [.. field];
    }
}

/// <summary>What is read of a request's head: its path, its media type.</summary>
internal sealed class RoutingTarget : FuzzTarget
{
    private long _known;

    public override string Name => "routing";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            "/v2/models/m/versions/1/infer", "/a/v2/models/m/infer", "/v1/models/m:predict", "/v1/models/m/labels/l:classify", "/predictions/m/1.0", "/invocations", "/openai/v1/chat/completions",
            "/inference.GRPCInferenceService/ModelInfer", "/tensorflow.serving.PredictionService/Predict", "application/json; charset=utf-8", "text/csv; header=present",
            "application/vnd.sagemaker-triton.binary+json;json-header-size=\"12\"", "application/grpc+proto", "",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public override IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "/", "/v2/models/", "/versions/", "/infer", ":predict", ":", "/labels/", "/v1/models/", ";", "=", "\"", "json-header-size=", "header=", "+json", "/generate_stream" }.Select(Encoding.ASCII.GetBytes)];

    public override string Outcomes => $"{_known} paths of a protocol";

    public override void Check(ReadOnlySpan<byte> input)
    {
        var path = InferencePath.Parse(input);
        _known += path.Protocol == InferenceProtocol.None ? 0 : 1;
        Require((path.Model.IsEmpty || path.Model.Overlaps(input)) && (path.Version.IsEmpty || path.Version.Overlaps(input)), "names point into the path");
        Require(path.Protocol != InferenceProtocol.None || (path.Model.IsEmpty && path.Version.IsEmpty), "no protocol, no names");
        BodyFormats.Parse(input, out var jsonBytes);
        Require(jsonBytes >= -1, "no negative length");
    }
}

/// <summary>Event streams, against a reading of all lines at once.</summary>
internal sealed class EventStreamTarget : FuzzTarget
{
    private long _events;

    public override string Name => "event-stream";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        [], "data: {\"a\":1}\n\ndata: [DONE]\n\n"u8.ToArray(), "\uFEFFevent: x\r\ndata: 1\r\ndata: 2\r\n\r\n: comment\r\rdata\rdata:\r\r"u8.ToArray(), "id: 1\ndatax: 2\ndata:  two\n"u8.ToArray(),
    ];

    public override IReadOnlyList<byte[]> Tokens { get; } = ["data:"u8.ToArray(), "data"u8.ToArray(), "\n"u8.ToArray(), "\r"u8.ToArray(), "\r\n"u8.ToArray(), ":"u8.ToArray(), " "u8.ToArray()];

    public override string Outcomes => $"{_events} events";

    public override void Check(ReadOnlySpan<byte> input)
    {
        // Data on several lines is put together in a new array: all of it is comparing.
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var told = new List<string>();
        var events = new ServerSentEvents(input.ToArray());
        while (events.Next(out var data))
            told.Add(Encoding.Latin1.GetString(data.Span));
        _events += told.Count;

        var text = Encoding.Latin1.GetString(input.StartsWith("\uFEFF"u8) ? input[3..] : input).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var (expected, lines) = (new List<string>(), new List<string>());
        foreach (var line in text.Split('\n').Append(""))
        {
            if (line == "data" || line.StartsWith("data:", StringComparison.Ordinal))
                lines.Add(line == "data" ? "" : line[5..].StartsWith(' ') ? line[6..] : line[5..]);
            if (line.Length > 0 || lines.Count == 0)
                continue;
            expected.Add(string.Join('\n', lines));
            lines.Clear();
        }

        Require(expected.SequenceEqual(told), "the events of all lines");
    }
}

/// <summary>Everything in Sidecar.Tensors that takes a stranger's bytes.</summary>
internal static class TensorsTargets
{
    /// <summary>Each with its share of a run.</summary>
    public static readonly IReadOnlyList<(string Name, int Share, Func<FuzzTarget> Create)> All =
    [
        ("v2-request", 4, () => new RestTarget(isRequest: true, binary: false)), ("v2-response", 4, () => new RestTarget(isRequest: false, binary: false)),
        ("v2-request-binary", 2, () => new RestTarget(isRequest: true, binary: true)), ("v2-grpc-request", 4, () => new GrpcTarget(isRequest: true)),
        ("v2-grpc-response", 2, () => new GrpcTarget(isRequest: false)), ("v2-grpc-stream", 2, () => new GrpcTarget(isRequest: false, streamed: true)),
        ("routing", 2, () => new RoutingTarget()), ("event-stream", 1, () => new EventStreamTarget()), .. RowsTargets.All,
    ];
}
