using Sidecar.Testing.Fuzzing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>Everything in Sidecar.Wire that takes a stranger's bytes.</summary>
internal static class WireTargets
{
    public static readonly IReadOnlyList<(string Name, Func<FuzzTarget> Create)> All =
    [
        ("sniffer", () => new SnifferTarget()), ("request-head", () => new RequestHeadTarget()), ("response-head", () => new ResponseHeadTarget()),
        ("http1", () => new Http1Target()), ("http2", () => new Http2Target()), ("connection", () => new AnyConnectionTarget()),
        ("frames", () => new FrameTarget()), ("hpack", () => new HpackTarget()), ("huffman", () => new HuffmanTarget()), ("stream-table", () => new StreamTableTarget()),
        ("grpc-messages", () => new GrpcMessageTarget()), ("grpc-timeout", () => new GrpcTimeoutTarget()),
        ("http1-valid", () => new ValidHttp1Target()), ("http2-valid", () => new ValidHttp2Target()),
    ];
}
