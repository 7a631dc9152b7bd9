namespace Sidecar.Wire;

/// <summary>The trailers of a response (RFC 9110 §6.5): of a chunked one in HTTP/1.1, of any in HTTP/2. Spans are valid during the call only.</summary>
public readonly ref struct ResponseTrailers
{
    // Lines of text in HTTP/1.1; decoded fields in HTTP/2.
    private readonly ReadOnlySpan<byte> _fields;
    private readonly bool _areLines;

    internal ResponseTrailers(ReadOnlySpan<byte> decodedFields)
        : this(decodedFields, areLines: false)
    {
    }

    private ResponseTrailers(ReadOnlySpan<byte> fields, bool areLines)
    {
        _fields = fields;
        _areLines = areLines;
        GrpcStatus = TryGet("grpc-status"u8, out var status) ? ParseStatus(status) : -1;
    }

    /// <summary><c>grpc-status</c>; -1 where there is none.</summary>
    public int GrpcStatus { get; }

    /// <summary>All of them, in the form of their version: for tests that compare them.</summary>
    internal ReadOnlySpan<byte> Fields => _fields;

    /// <summary>The first field of that name, which is given in lower case.</summary>
    public bool TryGet(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value) =>
        _areLines ? HeaderLines.TryFind(_fields, lowerCaseName, out value) : HeaderFields.TryFind(_fields, lowerCaseName, out value);

    /// <summary>Those behind a chunked body: lines, and the empty one that ends them. None is found behind one that breaks the grammar.</summary>
    internal static ResponseTrailers OfLines(ReadOnlySpan<byte> section) => new(section, areLines: true);

    // What is no number, or no number that a client could know, is read as UNKNOWN (2), as gRPC's clients read it.
    internal static int ParseStatus(ReadOnlySpan<byte> value) => Http1Framing.ParseLength(value) is >= 0 and <= 16 and var status ? (int)status : 2;
}
