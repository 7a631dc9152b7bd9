namespace Sidecar.Wire;

/// <summary>The trailers of an HTTP/2 response (RFC 9113 §8.1). Spans are valid during the call only.</summary>
public readonly ref struct ResponseTrailers
{
    private readonly ReadOnlySpan<byte> _fields;

    internal ResponseTrailers(ReadOnlySpan<byte> decodedFields)
    {
        _fields = decodedFields;
        GrpcStatus = TryGet("grpc-status"u8, out var status) ? ParseStatus(status) : -1;
    }

    /// <summary><c>grpc-status</c>; -1 where there is none.</summary>
    public int GrpcStatus { get; }

    internal ReadOnlySpan<byte> Fields => _fields;

    /// <summary>The first field of that name, which is given in lower case.</summary>
    public bool TryGet(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value) => HeaderFields.TryFind(_fields, lowerCaseName, out value);

    // What is no number, or no number that a client could know, is read as UNKNOWN (2), as gRPC's clients read it.
    internal static int ParseStatus(ReadOnlySpan<byte> value) => Http1Framing.ParseLength(value) is >= 0 and <= 16 and var status ? (int)status : 2;
}
