using Sidecar.Testing.Fuzzing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>Everything in Sidecar.Wire that takes a stranger's bytes.</summary>
internal static class WireTargets
{
    /// <summary>Each with its share of a run: most goes to whole connections.</summary>
    public static readonly IReadOnlyList<(string Name, int Share, Func<FuzzTarget> Create)> All =
    [
        ("sniffer", 5, () => new SnifferTarget()), ("request-head", 5, () => new RequestHeadTarget()), ("response-head", 5, () => new ResponseHeadTarget()),
        ("tls-hello", 3, () => new TlsHelloTarget()),
        ("http1", 15, () => new Http1Target()), ("http2", 20, () => new Http2Target()), ("connection", 15, () => new AnyConnectionTarget()),
        ("frames", 7, () => new FrameTarget()), ("hpack", 8, () => new HpackTarget()), ("huffman", 4, () => new HuffmanTarget()),
        ("stream-table", 4, () => new StreamTableTarget()), ("grpc-messages", 5, () => new GrpcMessageTarget()), ("grpc-timeout", 4, () => new GrpcTimeoutTarget()),
        ("http1-valid", 1, () => new ValidHttp1Target()), ("http2-valid", 2, () => new ValidHttp2Target()),
    ];
}
