using System.Buffers.Binary;
using System.Text;

namespace Sidecar.Tests.Emit;

/// <summary>One metric of an export request, as far as tests look at it.</summary>
internal sealed record OtlpMetric(string Name, string Unit, string Kind, bool Monotonic, int Temporality, IReadOnlyList<double> Bounds);

/// <summary>
/// An ExportMetricsServiceRequest, read by field numbers (opentelemetry/proto/metrics/v1/metrics.proto) and not by the SDK under test.
/// </summary>
internal sealed record OtlpMessage(IReadOnlyDictionary<string, string> Resource, IReadOnlyList<OtlpMetric> Metrics)
{
    private static readonly Dictionary<int, string> Kinds = new() { [5] = "gauge", [7] = "sum", [9] = "histogram", [10] = "exponential" };

    public static OtlpMessage Parse(ReadOnlyMemory<byte> bytes)
    {
        var resource = new Dictionary<string, string>();
        List<OtlpMetric> metrics = [];
        foreach (var resourceMetrics in Fields(bytes).Where(field => field.Number == 1))
        {
            foreach (var (number, value, _) in Fields(resourceMetrics.Bytes))
            {
                if (number == 1)
                    ReadResource(value, resource);
                else if (number == 2)
                    metrics.AddRange(Fields(value).Where(field => field.Number == 2).Select(field => ReadMetric(field.Bytes)));
            }
        }

        return new OtlpMessage(resource, metrics);
    }

    private static void ReadResource(ReadOnlyMemory<byte> resource, Dictionary<string, string> into)
    {
        foreach (var attribute in Fields(resource).Where(field => field.Number == 1))
        {
            var parts = Fields(attribute.Bytes).ToDictionary(field => field.Number);
            var value = Fields(parts[2].Bytes).First();
            into[Text(parts[1].Bytes)] = value.Number == 1 ? Text(value.Bytes) : "?";
        }
    }

    private static OtlpMetric ReadMetric(ReadOnlyMemory<byte> metric)
    {
        var fields = Fields(metric).ToDictionary(field => field.Number);
        var data = fields.Values.Single(field => Kinds.ContainsKey(field.Number));
        var inner = Fields(data.Bytes).ToList();
        List<double> bounds = [];
        if (data.Number == 9)
        {
            var packed = Fields(inner.First(field => field.Number == 1).Bytes).Where(field => field.Number == 7);
            foreach (var chunk in packed)
            {
                for (var i = 0; i < chunk.Bytes.Length; i += 8)
                    bounds.Add(BinaryPrimitives.ReadDoubleLittleEndian(chunk.Bytes.Span[i..]));
            }
        }

        return new OtlpMetric(
            Text(fields[1].Bytes),
            fields.TryGetValue(3, out var unit) ? Text(unit.Bytes) : "",
            Kinds[data.Number],
            data.Number == 7 && inner.Any(field => field is { Number: 3, Varint: 1 }),
            (int)inner.LastOrDefault(field => field.Number == 2).Varint,
            bounds);
    }

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private static IEnumerable<(int Number, ReadOnlyMemory<byte> Bytes, ulong Varint)> Fields(ReadOnlyMemory<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var key = Varint(bytes, ref at);
            var number = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    yield return (number, default, Varint(bytes, ref at));
                    break;
                case 1:
                    yield return (number, bytes.Slice(at, 8), 0);
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(bytes, ref at);
                    yield return (number, bytes.Slice(at, length), 0);
                    at += length;
                    break;
                case 5:
                    yield return (number, bytes.Slice(at, 4), 0);
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }
    }

    private static ulong Varint(ReadOnlyMemory<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes.Span[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
