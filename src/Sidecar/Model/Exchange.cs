using System.Runtime.CompilerServices;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Model;

/// <summary>
/// One request and its response as seen on the wire: the seam between what makes exchanges (the relay's observers, later
/// recorded streams) and what analyses them. Holds no socket and no clock. Pooled: whoever has it last returns it.
/// </summary>
public sealed class Exchange
{
    private Inline256 _path;
    private Inline64 _requestId;
    private Inline64 _authority;
    private Inline16 _method;
    private int _pathLength;
    private int _requestIdLength;
    private int _authorityLength;
    private int _methodLength;

    /// <summary>The relay thread whose pool the record belongs to.</summary>
    public int Thread { get; init; }

    /// <summary>The listener it came through, 0-based in configuration order.</summary>
    public int Listener;

    /// <summary>When the request's first byte was read: Unix time in nanoseconds.</summary>
    public long StartedUnixNanos;

    /// <summary>When the request's first byte was read (timestamp of the TimeProvider).</summary>
    public long RequestFirstByte;

    /// <summary>When the request's last byte had been forwarded; 0 = it never ended.</summary>
    public long RequestLastByte;

    /// <summary>When the response's first byte was read; 0 = none came.</summary>
    public long ResponseFirstByte;

    /// <summary>When the response's last byte had been forwarded; 0 = it never ended.</summary>
    public long ResponseLastByte;

    /// <summary>When the bytes of the response's body came, where it is an event stream.</summary>
    public StreamArrivals Arrivals;

    /// <summary>When it was known to be over, however it ended.</summary>
    public long EndedAt;

    /// <summary>What becomes of its head when its bodies are not analysed.</summary>
    public HeadFate Fate;

    /// <summary>Why its connection could not be followed further; None when it could.</summary>
    public OpaqueReason Opaque;

    public RouteKind Route;

    /// <summary>The inference protocol, by the request's head.</summary>
    public InferenceProtocol Protocol;

    /// <summary>The configured route that it took, 0-based; -1 where none matches.</summary>
    public int ConfiguredRoute = -1;

    /// <summary>How the bodies are written, by their media types.</summary>
    public BodyFormat RequestFormat;
    public BodyFormat ResponseFormat;

    /// <summary>The length of the JSON in front of binary tensors; -1 where there are none.</summary>
    public long RequestJsonBytes = -1;
    public long ResponseJsonBytes = -1;

    /// <summary>How gRPC messages are coded that say that they are (<c>grpc-encoding</c>).</summary>
    public ContentCoding RequestMessageCoding;
    public ContentCoding ResponseMessageCoding;

    /// <summary>The HTTP status; 0 = no answer.</summary>
    public int Status;

    /// <summary>1 or 2; 0 = no request.</summary>
    public int HttpMajorVersion;

    /// <summary>The request is a gRPC call (<c>content-type: application/grpc…</c> on HTTP/2).</summary>
    public bool IsGrpc;

    /// <summary>The gRPC status, from the trailers or from an answer that is only a head; -1 = the server sent none.</summary>
    public int GrpcStatus = -1;

    /// <summary>The client's deadline by <c>grpc-timeout</c>, in nanoseconds from the request's first byte; 0 = none.</summary>
    public long GrpcTimeoutNanos;

    /// <summary>The client gave up at its own deadline (<see cref="GrpcTimeoutNanos"/>) rather than by choice.</summary>
    public bool DeadlineExceeded;

    /// <summary>gRPC messages that came whole, of each direction.</summary>
    public GrpcMessageReader RequestMessages;
    public GrpcMessageReader ResponseMessages;

    /// <summary>How often the request was tried before, as far as it says so itself (<c>grpc-previous-rpc-attempts</c>, <c>x-envoy-attempt-count</c>).</summary>
    public int PreviousAttempts;

    /// <summary>The same request id was seen a short while ago: this is another attempt.</summary>
    public bool RepeatsId;

    /// <summary>Which field <see cref="RequestId"/> came from.</summary>
    public RequestIdOrigin RequestIdOrigin;

    /// <summary>The caller's trace.</summary>
    public TraceContext Trace;

    /// <summary>How long, between the response's first and last byte, the client did not take what was ready for it (timestamp ticks).</summary>
    public long ClientStall;

    public ExchangeEnd End;

    /// <summary>Why the upstream could not be reached: then there is no request, only its failure.</summary>
    public DialFailure DialFailure;

    /// <summary>Where it lies among all exchanges, 0 to 1, by a hash of its id: it is in each share that is larger.</summary>
    public double Share;

    /// <summary>The share of exchanges of its kind that were decoded when it began: a decoded one stands for so many, inverted. 1 where none are.</summary>
    public double DecodeRate = 1;

    /// <summary>Its bodies are captured, to be decoded.</summary>
    public bool Decode;

    /// <summary>How the request's body is coded; it is captured as it came.</summary>
    public ContentCoding RequestCoding;

    /// <summary>As <see cref="RequestCoding"/>, of the response's body.</summary>
    public ContentCoding ResponseCoding;

    /// <summary>The server answered with success: an HTTP status from 200 to 299, and of gRPC the status OK too.</summary>
    public bool IsAnswered => Status is >= 200 and < 300 && (!IsGrpc || GrpcStatus == 0);

    /// <summary>Payload bytes (de-chunked) of the request's body.</summary>
    public long RequestBytes;

    /// <summary>Payload bytes (de-chunked) of the response's body.</summary>
    public long ResponseBytes;

    /// <summary>The declared length of the request's body; -1 where it isn't declared.</summary>
    public long RequestLength = -1;

    /// <summary>As <see cref="RequestLength"/>, of the response's body.</summary>
    public long ResponseLength = -1;

    public BodyState RequestBodyState;
    public BodyState ResponseBodyState;
    public CapturedBody? RequestBody;
    public CapturedBody? ResponseBody;

    /// <summary>The request target, at most 256 bytes of it.</summary>
    public ReadOnlySpan<byte> Path => ((ReadOnlySpan<byte>)_path)[.._pathLength];

    /// <summary><see cref="Path"/> without its query.</summary>
    public ReadOnlySpan<byte> PathWithoutQuery => Path.IndexOf((byte)'?') is >= 0 and var query ? Path[..query] : Path;

    /// <summary>The request's id by its headers (x-request-id, ce-id, traceparent), at most 64 bytes; empty = none.</summary>
    public ReadOnlySpan<byte> RequestId => ((ReadOnlySpan<byte>)_requestId)[.._requestIdLength];

    /// <summary>The request's method, at most 16 bytes of it.</summary>
    public ReadOnlySpan<byte> Method => ((ReadOnlySpan<byte>)_method)[.._methodLength];

    /// <summary>The host that the request names (<c>Host</c>, <c>:authority</c>), at most 64 bytes of it.</summary>
    public ReadOnlySpan<byte> Authority => ((ReadOnlySpan<byte>)_authority)[.._authorityLength];

    /// <summary>This attempt is not the first.</summary>
    public bool IsRetry => PreviousAttempts > 0 || RepeatsId;

    public void SetMethod(ReadOnlySpan<byte> method)
    {
        _methodLength = Math.Min(method.Length, 16);
        method[.._methodLength].CopyTo(_method);
    }

    public void SetAuthority(ReadOnlySpan<byte> authority)
    {
        _authorityLength = Math.Min(authority.Length, 64);
        authority[.._authorityLength].CopyTo(_authority);
    }

    public void SetPath(ReadOnlySpan<byte> path)
    {
        _pathLength = Math.Min(path.Length, 256);
        path[.._pathLength].CopyTo(_path);
    }

    public void SetRequestId(ReadOnlySpan<byte> id, RequestIdOrigin origin)
    {
        RequestIdOrigin = id.IsEmpty ? RequestIdOrigin.None : origin;
        _requestIdLength = Math.Min(id.Length, 64);
        id[.._requestIdLength].CopyTo(_requestId);
    }

    /// <summary>Forgets everything; bodies must have been returned before.</summary>
    public void Clear()
    {
        Listener = 0;
        StartedUnixNanos = RequestFirstByte = RequestLastByte = ResponseFirstByte = ResponseLastByte = EndedAt = 0;
        Arrivals.Clear();
        Route = default;
        Protocol = default;
        ConfiguredRoute = -1;
        RequestFormat = ResponseFormat = default;
        RequestJsonBytes = ResponseJsonBytes = -1;
        RequestMessageCoding = ResponseMessageCoding = default;
        Fate = default;
        Opaque = default;
        Status = 0;
        End = default;
        HttpMajorVersion = 0;
        IsGrpc = DeadlineExceeded = RepeatsId = false;
        GrpcStatus = -1;
        GrpcTimeoutNanos = ClientStall = 0;
        RequestMessages = ResponseMessages = default;
        PreviousAttempts = 0;
        RequestIdOrigin = default;
        Trace = default;
        RequestCoding = ResponseCoding = default;
        Decode = false;
        DialFailure = DialFailure.None;
        Share = 0;
        DecodeRate = 1;
        RequestBytes = ResponseBytes = 0;
        RequestLength = ResponseLength = -1;
        RequestBodyState = ResponseBodyState = BodyState.None;
        RequestBody = ResponseBody = null;
        _pathLength = _requestIdLength = _authorityLength = _methodLength = 0;
    }

    [InlineArray(256)]
    private struct Inline256
    {
        private byte _first;
    }

    [InlineArray(16)]
    private struct Inline16
    {
        private byte _first;
    }

    [InlineArray(64)]
    private struct Inline64
    {
        private byte _first;
    }
}
