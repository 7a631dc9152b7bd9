using System.Text;
using Sidecar.Benchmarks.Bodies;
using Sidecar.Benchmarks.Http2;

namespace Sidecar.Benchmarks.ModelServer;

/// <summary>All that the model server ever says, as it goes on the wire.</summary>
internal sealed class ModelAnswers(BodyKind body)
{
    public byte[] Inference { get; } = Http1("200 OK", body.IsGrpc ? [] : body.Answer);

    public byte[] Metadata { get; } = Http1("200 OK", Encoding.ASCII.GetBytes(V2Json.Metadata(body)));

    public byte[] NotFound { get; } = Http1("404 Not Found", []);

    /// <summary>The frames of a gRPC answer, all for stream 0: whoever sends them writes the stream in.</summary>
    public byte[] Grpc { get; } = body.IsGrpc ? GrpcFrames(body.Answer) : [];

    /// <summary>Where in <see cref="Grpc"/> each frame starts.</summary>
    public int[] GrpcFrameStarts { get; } = body.IsGrpc ? Http2Frame.Starts(GrpcFrames(body.Answer)) : [];

    /// <summary>What a gRPC answer takes of the client's window.</summary>
    public int GrpcDataLength { get; } = body.IsGrpc ? body.Answer.Length : 0;

    /// <summary>The answer for a request's first line.</summary>
    public byte[] For(ReadOnlySpan<byte> head) =>
        head.StartsWith("POST /v2/models/m/infer "u8) ? Inference
        : head.StartsWith("GET /v2/models/m "u8) ? Metadata
        : NotFound;

    private static byte[] Http1(string status, byte[] content) =>
    [
        .. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nServer: benchmark\r\nContent-Type: application/json\r\nContent-Length: {content.Length}\r\n\r\n"),
        .. content,
    ];

    // :status 200 is entry 8 of the static table, content-type 31.
    private static byte[] GrpcFrames(byte[] message) =>
    [
        .. Http2Frame.Bytes(Http2Frame.Headers, Http2Frame.EndHeaders, 0, [0x88, .. Http2Frame.Field(31, "content-type", "application/grpc")]),
        .. Http2Frame.Bytes(Http2Frame.Data, 0, 0, message),
        .. Http2Frame.Bytes(Http2Frame.Headers, Http2Frame.EndHeaders | Http2Frame.EndStream, 0, Http2Frame.Field(0, "grpc-status", "0")),
    ];
}
