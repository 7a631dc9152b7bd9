using System.Text.Json;
using Sidecar.Tensors.Tests.OpenInference;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Tensors.Tests.Fuzz;

/// <summary>Bodies of the Open Inference Protocol over REST: a result for any bytes, the same in a used message as in a new one.</summary>
internal sealed class OpenInferenceJsonTarget(bool isRequest) : FuzzTarget
{
    private readonly long[] _errors = new long[Enum.GetValues<DecodeError>().Length];
    private TensorMessage _message = new();

    public override string Name => isRequest ? "v2-request" : "v2-response";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. Enumerable.Range(0, 400).Select(seed => new RandomMessage(seed).Body).Where(body => body.Length <= FuzzRun.LongestInput),
        """{"model_name":"m","model_version":"1","outputs":[{"name":"p","datatype":"FP32","shape":[1,2],"data":[0.25,0.75]}]}"""u8.ToArray(),
        """{"error":"no"}"""u8.ToArray(),
    ];

    public override IReadOnlyList<byte[]> Tokens { get; } =
    [
        .. new[]
        {
            "\"inputs\":", "\"outputs\":", "\"name\":", "\"datatype\":", "\"shape\":", "\"data\":", "\"id\":", "\"parameters\":{}", "\"error\":", "FP32", "FP64", "INT64", "UINT8", "BOOL", "BYTES",
            "FP16", "BF16", "null", "true", "NaN", "-Infinity", "1e400", "-0", "9223372036854775808", "0.1", "1E-5", "[", "]", "{", "}", ",", ":", "\"", "\\u0000", "\\ud800", "\\\"", "\\", " ",
            "{\"inputs\":[{\"name\":\"a\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]}",
        }.Select(System.Text.Encoding.ASCII.GetBytes), [0xC0, 0x80], [0xEF, 0xBB, 0xBF], [0], [.. Enumerable.Repeat((byte)'[', 70)],
    ];

    public override string Outcomes => string.Join(", ", _errors.Select((count, error) => $"{(DecodeError)error} {count}"));

    public override void Check(ReadOnlySpan<byte> input)
    {
        var error = Decode(input, _message);
        _errors[(int)error]++;
        long bytes = 0;
        for (var i = 0; i < _message.Count; i++)
        {
            ref readonly var tensor = ref _message[i];
            bytes += _message.Data(i).Length + _message.Name(i).Length;
            Require(tensor.Error == DecodeError.None || _message.Data(i).IsEmpty, "what is wrong has no data");
            Require(tensor.Error != DecodeError.None || tensor.DataType == DataType.Bytes || tensor.Elements == _message.Data(i).Length / tensor.DataType.Size(), "as many elements as the shape says");
            Require(tensor.Error != DecodeError.None || tensor.NullCount <= tensor.Elements, "no more nulls than elements");
        }

        // An element is two bytes of text at least, and eight of data at most.
        Require(bytes <= 8L * (input.Length + 1), "no more than a bounded multiple of what came");
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var used = Decode(input, _message);
        if (used is DecodeError.None or DecodeError.NotInference or DecodeError.MissingMember or DecodeError.ShapeMismatch or DecodeError.ValueMismatch)
            Require(IsJson(input), "what is read is JSON");
        if (SeedOf(input) % 16 != 0)
            return;
        var fresh = new TensorMessage();
        Require(used == Decode(input, fresh) && fresh.Count == _message.Count, "a used message decodes as a new one");
        for (var i = 0; i < fresh.Count; i++)
            Require(fresh.Data(i).SequenceEqual(_message.Data(i)) && fresh.Name(i).SequenceEqual(_message.Name(i)), "a used message holds what a new one does");
        if (!isRequest)
            OpenInferenceJson.DecodeMetadata(input, out _);
    }

    public override void Recover() => _message = new TensorMessage();

    private DecodeError Decode(ReadOnlySpan<byte> input, TensorMessage into) =>
        isRequest ? OpenInferenceJson.DecodeRequest(input, into) : OpenInferenceJson.DecodeResponse(input, into);

    // Bare NaN and Infinity are taken here on purpose.
    private static bool IsJson(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("NaN"u8) >= 0 || body.IndexOf("Infinity"u8) >= 0)
            return true;
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

/// <summary>Everything in Sidecar.Tensors that takes a stranger's bytes.</summary>
internal static class TensorsTargets
{
    public static readonly IReadOnlyList<(string Name, int Share, Func<FuzzTarget> Create)> All =
        [("v2-request", 1, () => new OpenInferenceJsonTarget(isRequest: true)), ("v2-response", 1, () => new OpenInferenceJsonTarget(isRequest: false))];
}
