namespace Sidecar.Receive;

/// <summary>What a field of an OTLP message holds.</summary>
internal enum OtlpKind : byte
{
    /// <summary>Text or bytes of any length.</summary>
    Bytes,

    /// <summary>16 bytes, or none.</summary>
    TraceId,

    /// <summary>8 bytes, or none.</summary>
    SpanId,

    Varint,
    Fixed32,
    Fixed64,
    Message,
}

/// <summary>A field of an OTLP message.</summary>
/// <param name="Number">In protobuf.</param>
/// <param name="Name">In JSON.</param>
/// <param name="Kind">What it holds.</param>
internal sealed record OtlpField(int Number, string Name, OtlpKind Kind)
{
    /// <summary>Of a message: which.</summary>
    public OtlpMessageType? Type { get; init; }

    /// <summary>A list; numbers in one are packed, or a field each.</summary>
    public bool Repeated { get; init; }

    /// <summary>Each is one span, log record or data point.</summary>
    public bool Item { get; init; }
}

/// <summary>A message of OTLP. Its fields are set once all types are known, since some hold each other.</summary>
internal sealed class OtlpMessageType
{
    private OtlpField?[] _byNumber = [];

    public IReadOnlyList<OtlpField> Fields { get; private set; } = [];

    /// <summary>Null for a field that is not known, of a later version of OTLP: it is read over.</summary>
    public OtlpField? Find(int number) => number < _byNumber.Length ? _byNumber[number] : null;

    public void Set(params OtlpField[] fields)
    {
        Fields = fields;
        _byNumber = new OtlpField?[fields.Max(field => field.Number) + 1];
        foreach (var field in fields)
            _byNumber[field.Number] = field;
    }
}
