using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Sidecar.FunctionalTests.Triton;

/// <summary>A row of a model's golden answers: one FP32 tensor in; labels and probabilities, or a prediction, out.</summary>
internal sealed class GoldenRow
{
    private readonly JsonElement _golden;

    private GoldenRow(string line) => _golden = JsonDocument.Parse(line).RootElement;

    public string Id => _golden.GetProperty("id").GetString()!;

    public string Model => _golden.GetProperty("model").GetString()!;

    /// <summary>The request as it stands in the file.</summary>
    public string Json => _golden.GetProperty("request").GetRawText();

    public long[] Shape => [.. Input.GetProperty("shape").EnumerateArray().Select(value => value.GetInt64())];

    public float[] Values => [.. Input.GetProperty("data").EnumerateArray().Select(value => value.GetSingle())];

    /// <summary>The values, little-endian.</summary>
    public byte[] Raw => MemoryMarshal.AsBytes(Values.AsSpan()).ToArray();

    private JsonElement Input => _golden.GetProperty("request").GetProperty("inputs").EnumerateArray().Single();

    public static IReadOnlyList<GoldenRow> Read(string models, string model, int rows) =>
        [.. File.ReadLines(Path.Combine(models, model, "golden.jsonl")).Take(rows).Select(line => new GoldenRow(line))];

    /// <summary>Each output by its name, within the row's tolerance; a label only where no other class is as near.</summary>
    public void AssertAnswered(IReadOnlyDictionary<string, double[]> outputs)
    {
        var nearTie = _golden.GetProperty("tags").EnumerateArray().Any(tag => tag.GetString() == "edge:near-tie");
        var (atol, rtol) = (_golden.GetProperty("tolerance").GetProperty("atol").GetDouble(), _golden.GetProperty("tolerance").GetProperty("rtol").GetDouble());
        foreach (var expected in _golden.GetProperty("expected").GetProperty("outputs").EnumerateArray())
        {
            var name = expected.GetProperty("name").GetString()!;
            if (name == "label" && nearTie)
                continue;
            var values = expected.GetProperty("data").EnumerateArray().Select(value => value.GetDouble()).ToArray();
            Assert.Equal(values.Length, outputs[name].Length);
            foreach (var (want, have) in values.Zip(outputs[name]))
                Assert.True(Math.Abs(have - want) <= atol + (rtol * Math.Abs(want)), $"{Id}: {name} is {have}, not {want}");
        }
    }

    /// <summary>The numbers of an answer in JSON.</summary>
    public static Dictionary<string, double[]> Outputs(string json)
    {
        using var answer = JsonDocument.Parse(json);
        return answer.RootElement.GetProperty("outputs").EnumerateArray().ToDictionary(
            output => output.GetProperty("name").GetString()!,
            output => output.GetProperty("data").EnumerateArray().Select(value => value.GetDouble()).ToArray());
    }

    /// <summary>The numbers of an answer whose data come after its JSON.</summary>
    public static Dictionary<string, double[]> Outputs(ReadOnlySpan<byte> body, int jsonBytes)
    {
        using var answer = JsonDocument.Parse(body[..jsonBytes].ToArray());
        var rest = body[jsonBytes..];
        var outputs = new Dictionary<string, double[]>();
        foreach (var output in answer.RootElement.GetProperty("outputs").EnumerateArray())
        {
            var size = output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32();
            outputs.Add(output.GetProperty("name").GetString()!, Numbers(output.GetProperty("datatype").GetString()!, rest[..size]));
            rest = rest[size..];
        }

        Assert.True(rest.IsEmpty);
        return outputs;
    }

    public static double[] Numbers(string datatype, ReadOnlySpan<byte> raw)
    {
        var numbers = new List<double>();
        for (var rest = raw; !rest.IsEmpty; rest = rest[(datatype == "INT64" ? 8 : 4)..])
            numbers.Add(datatype == "INT64" ? BinaryPrimitives.ReadInt64LittleEndian(rest) : BinaryPrimitives.ReadSingleLittleEndian(rest));
        return [.. numbers];
    }
}
