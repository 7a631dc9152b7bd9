using System.Buffers;
using System.Text;
using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Offline;

/// <summary>One direction's message: its body, and what its head says of it.</summary>
internal sealed class DecodedMessage
{
    // A file may hold a bomb; what people record is far below.
    private const int MaxPlainBytes = 256 << 20;

    private readonly ArrayBufferWriter<byte> _body = new();
    private long _declared;
    private GrpcMessageReader _messages;

    public string ContentType { get; private set; } = "";
    public string ContentEncoding { get; private set; } = "";
    public string GrpcEncoding { get; private set; } = "";
    public bool Ended { get; private set; }
    public double? FirstByteAt { get; set; }
    public double? LastByteAt { get; private set; }

    /// <summary>How the body is written.</summary>
    public BodyFormat Format { get; private set; }

    /// <summary>The length of the JSON in front of binary tensors; -1 where there are none.</summary>
    public long JsonBytes { get; private set; } = -1;

    /// <summary>Without its framing, and as it was coded.</summary>
    public ReadOnlySpan<byte> Body => _body.WrittenSpan;

    public ReadOnlyMemory<byte> BodyMemory => _body.WrittenMemory;

    /// <summary>The body without its coding; null when that can't be undone.</summary>
    public ReadOnlyMemory<byte>? Plain()
    {
        using var decoder = new ContentDecoder(MaxPlainBytes);
        return decoder.TryDecode(ContentCodings.Parse(Encoding.ASCII.GetBytes(ContentEncoding)), _body.WrittenMemory, out var plain) == DecodingResult.Decoded
            ? plain
            : null;
    }

    public GrpcMessageReader Messages => _messages;

    public long BytesLeft => Math.Max(0, _declared - _body.WrittenCount);

    public void Begin(ReadOnlySpan<byte> contentType, ReadOnlySpan<byte> contentEncoding, ReadOnlySpan<byte> grpcEncoding, long declared, long inferenceHeaderLength)
    {
        Format = BodyFormats.Parse(contentType, out var jsonBytes);
        JsonBytes = inferenceHeaderLength >= 0 ? inferenceHeaderLength : jsonBytes;
        ContentType = DecodedExchange.Text(contentType);
        ContentEncoding = DecodedExchange.Text(contentEncoding);
        GrpcEncoding = DecodedExchange.Text(grpcEncoding);
        _declared = declared;
    }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        _body.Write(bytes);
        _messages.Read(bytes);
    }

    public void End(double at)
    {
        Ended = true;
        LastByteAt = at;
    }
}

/// <summary>One exchange of a recorded connection.</summary>
internal sealed class DecodedExchange
{
    public DecodedExchange(in RequestHead head)
    {
        Method = Text(head.Method);
        Authority = Text(head.Host);
        Path = Text(head.Target);
        HttpVersion = head.MajorVersion == 2 ? "2" : $"1.{head.MinorVersion}";
        IsGrpc = head.MajorVersion == 2 && head.ContentType.StartsWith("application/grpc"u8);
        PreviousAttempts = head.PreviousAttempts;
        (RequestId, RequestIdOrigin) = head switch
        {
            { RequestId.IsEmpty: false } => (Text(head.RequestId), RequestIdOrigin.XRequestId),
            { CeId.IsEmpty: false } => (Text(head.CeId), RequestIdOrigin.CeId),
            { TraceParent.IsEmpty: false } => (Text(head.TraceParent), RequestIdOrigin.TraceParent),
            _ => (null, RequestIdOrigin.None),
        };
        Request.Begin(head.ContentType, head.ContentEncoding, head.GrpcEncoding, head.ContentLength, head.InferenceHeaderContentLength);
    }

    public string Method { get; }
    public string Authority { get; }
    public string Path { get; }
    public string HttpVersion { get; }
    public bool IsGrpc { get; }
    public int PreviousAttempts { get; }
    public string? RequestId { get; }
    public RequestIdOrigin RequestIdOrigin { get; }

    public DecodedMessage Request { get; } = new();
    public DecodedMessage Response { get; } = new();

    /// <summary>As on the wire; null = no answer.</summary>
    public int? Status { get; private set; }

    /// <summary>Null = the server sent none.</summary>
    public int? GrpcStatus { get; private set; }
    public string? GrpcMessage { get; private set; }

    /// <summary>Null = the recording ends before it does.</summary>
    public ExchangeEnd? Ended { get; set; }
    public OpaqueReason Opaque { get; set; }

    public void Answer(in ResponseHead head)
    {
        Status = head.StatusCode;
        Response.Begin(head.ContentType, head.ContentEncoding, head.GrpcEncoding, head.ContentLength, head.InferenceHeaderContentLength);
        if (head.GrpcStatus >= 0)
            SetGrpcStatus(head.GrpcStatus, head.GrpcMessage);
    }

    public void Trail(in ResponseTrailers trailers)
    {
        if (trailers.GrpcStatus >= 0)
            SetGrpcStatus(trailers.GrpcStatus, trailers.TryGet("grpc-message"u8, out var message) ? message : default);
    }

    /// <summary>Header values are bytes; those that are no UTF-8 are read as Latin-1.</summary>
    public static string Text(ReadOnlySpan<byte> value) =>
        System.Text.Unicode.Utf8.IsValid(value) ? Encoding.UTF8.GetString(value) : Encoding.Latin1.GetString(value);

    private void SetGrpcStatus(int status, ReadOnlySpan<byte> message)
    {
        GrpcStatus = status;
        GrpcMessage = message.IsEmpty ? null : Uri.UnescapeDataString(Text(message)); // percent-encoded UTF-8
    }
}
