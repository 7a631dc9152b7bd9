using System.Buffers.Binary;
using System.Text;

namespace Sidecar.Tests.Emit;

/// <summary>One metric of an export request, as far as tests look at it.</summary>
internal sealed record OtlpMetric(string Name, string Unit, string Kind, bool Monotonic, int Temporality, IReadOnlyList<double> Bounds)
{
    /// <summary>Of a histogram: attributes and exemplars of each data point.</summary>
    public IReadOnlyList<OtlpPoint> Points { get; init; } = [];
}

/// <summary>A data point of a histogram.</summary>
internal sealed record OtlpPoint(IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<OtlpExemplar> Exemplars);

/// <summary>An exemplar; ids in lower-case hex.</summary>
internal sealed record OtlpExemplar(string TraceId, string SpanId, double Value, int FilteredAttributes);

/// <summary>One span; ids in lower-case hex, empty where there is none.</summary>
internal sealed record OtlpSpan(
    string TraceId, string SpanId, string ParentSpanId, string Name, int Kind, DateTimeOffset Start, DateTimeOffset End, int Status, uint Flags,
    IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<(string Name, DateTimeOffset Time)> Events)
{
    /// <summary>An attribute, empty where it is missing.</summary>
    public string this[string attribute] => Attributes.GetValueOrDefault(attribute, "");
}

/// <summary>One log record; ids in lower-case hex, empty where there is none.</summary>
internal sealed record OtlpLog(string Category, int Severity, string SeverityText, string Body, string TraceId, string SpanId, IReadOnlyDictionary<string, string> Attributes);

/// <summary>
/// An export request of metrics, spans or logs, read by field numbers (opentelemetry/proto: metrics/v1, trace/v1, logs/v1) and not by the SDK under test.
/// </summary>
internal sealed record OtlpMessage(IReadOnlyDictionary<string, string> Resource)
{
    private static readonly Dictionary<int, string> Kinds = new() { [5] = "gauge", [7] = "sum", [9] = "histogram", [10] = "exponential" };

    public IReadOnlyList<OtlpMetric> Metrics { get; private init; } = [];

    public IReadOnlyList<OtlpSpan> Spans { get; private init; } = [];

    public IReadOnlyList<OtlpLog> Logs { get; private init; } = [];

    /// <summary>Reads a request that came to a path, which says of what it is.</summary>
    public static OtlpMessage Parse(string path, ReadOnlyMemory<byte> bytes)
    {
        var resource = new Dictionary<string, string>();
        List<(string Scope, ReadOnlyMemory<byte> Item)> items = [];
        // The three signals have the same frame: resources (1), in each its resource (1) and scopes (2), in each its scope (1) and items (2).
        foreach (var perResource in Fields(bytes).Where(field => field.Number == 1))
        {
            foreach (var (number, value, _) in Fields(perResource.Bytes))
            {
                if (number == 1)
                    ReadAttributes(value, 1, resource);
                if (number != 2)
                    continue;
                var scope = Fields(value).Where(field => field.Number == 1).SelectMany(field => Fields(field.Bytes)).Where(field => field.Number == 1)
                    .Select(field => Text(field.Bytes)).FirstOrDefault("");
                items.AddRange(Fields(value).Where(field => field.Number == 2).Select(field => (scope, field.Bytes)));
            }
        }

        return new OtlpMessage(resource)
        {
            Metrics = Is(path, "metrics") ? [.. items.Select(item => ReadMetric(item.Item))] : [],
            Spans = Is(path, "trace") ? [.. items.Select(item => ReadSpan(item.Item))] : [],
            Logs = Is(path, "logs") ? [.. items.Select(item => ReadLog(item.Scope, item.Item))] : [],
        };
    }

    private static bool Is(string path, string signal) => path.Contains(signal, StringComparison.OrdinalIgnoreCase);

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
            bounds)
        {
            Points = data.Number == 9 ? [.. inner.Where(field => field.Number == 1).Select(field => ReadPoint(field.Bytes))] : [],
        };
    }

    private static OtlpPoint ReadPoint(ReadOnlyMemory<byte> point)
    {
        var attributes = new Dictionary<string, string>();
        ReadAttributes(point, 9, attributes);
        return new OtlpPoint(attributes, [.. Fields(point).Where(field => field.Number == 8).Select(field => ReadExemplar(field.Bytes))]);
    }

    private static OtlpExemplar ReadExemplar(ReadOnlyMemory<byte> exemplar)
    {
        var fields = Fields(exemplar).ToLookup(field => field.Number);
        return new OtlpExemplar(
            Hex(fields[5].LastOrDefault().Bytes), Hex(fields[4].LastOrDefault().Bytes), BinaryPrimitives.ReadDoubleLittleEndian(fields[3].Single().Bytes.Span), fields[7].Count());
    }

    private static OtlpSpan ReadSpan(ReadOnlyMemory<byte> span)
    {
        var fields = Fields(span).ToLookup(field => field.Number);
        var attributes = new Dictionary<string, string>();
        ReadAttributes(span, 9, attributes);
        return new OtlpSpan(
            Hex(fields[1].Single().Bytes), Hex(fields[2].Single().Bytes), Hex(fields[4].LastOrDefault().Bytes), Text(fields[5].Single().Bytes),
            (int)fields[6].LastOrDefault().Varint, Time(fields[7].Single().Bytes), Time(fields[8].Single().Bytes),
            (int)fields[15].SelectMany(status => Fields(status.Bytes)).LastOrDefault(field => field.Number == 3).Varint,
            fields[16].Select(field => BinaryPrimitives.ReadUInt32LittleEndian(field.Bytes.Span)).LastOrDefault(),
            attributes,
            [.. fields[11].Select(field => Fields(field.Bytes).ToLookup(part => part.Number)).Select(parts => (Text(parts[2].Single().Bytes), Time(parts[1].Single().Bytes)))]);
    }

    private static OtlpLog ReadLog(string category, ReadOnlyMemory<byte> record)
    {
        var fields = Fields(record).ToLookup(field => field.Number);
        var attributes = new Dictionary<string, string>();
        ReadAttributes(record, 6, attributes);
        return new OtlpLog(
            category, (int)fields[2].LastOrDefault().Varint, Text(fields[3].LastOrDefault().Bytes), fields[5].Select(field => Value(field.Bytes)).LastOrDefault(""),
            Hex(fields[9].LastOrDefault().Bytes), Hex(fields[10].LastOrDefault().Bytes), attributes);
    }

    private static void ReadAttributes(ReadOnlyMemory<byte> message, int number, Dictionary<string, string> into)
    {
        foreach (var attribute in Fields(message).Where(field => field.Number == number))
        {
            var parts = Fields(attribute.Bytes).ToDictionary(field => field.Number);
            into[Text(parts[1].Bytes)] = parts.TryGetValue(2, out var value) ? Value(value.Bytes) : "";
        }
    }

    // AnyValue: text (1), bool (2), whole number (3), number (4).
    private static string Value(ReadOnlyMemory<byte> any)
    {
        var value = Fields(any).FirstOrDefault();
        return value.Number switch
        {
            1 => Text(value.Bytes),
            2 => value.Varint == 1 ? "true" : "false",
            3 => ((long)value.Varint).ToString(System.Globalization.CultureInfo.InvariantCulture),
            4 => BinaryPrimitives.ReadDoubleLittleEndian(value.Bytes.Span).ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => "?",
        };
    }

    private static DateTimeOffset Time(ReadOnlyMemory<byte> nanos) => DateTimeOffset.UnixEpoch.AddTicks((long)BinaryPrimitives.ReadUInt64LittleEndian(nanos.Span) / 100);

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);

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
