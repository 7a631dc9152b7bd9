using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Capture;

/// <summary>Tells from a request's head what the request is for; no allocation, no guess.</summary>
internal static class RouteTable
{
    /// <param name="protocol">None but for an inference that can be decoded.</param>
    public static RouteKind Classify(in RequestHead head, out InferenceProtocol protocol)
    {
        protocol = InferenceProtocol.None;
        if (head.KNetworkProbe || head.UserAgent.StartsWith("kube-probe/"u8))
            return RouteKind.Probe;
        if (!head.Method.SequenceEqual("POST"u8))
            return RouteKind.NotInference;
        var path = head.Target;
        var query = path.IndexOf((byte)'?');
        if (query >= 0)
            path = path[..query];
        var isGrpc = head.MajorVersion == 2 && head.ContentType.StartsWith("application/grpc"u8);
        protocol = InferencePath.Parse(path).Protocol;
        if (protocol != InferenceProtocol.None && protocol.IsGrpc() == isGrpc && ProtocolDecoders.Of(protocol) is not null)
            return RouteKind.Inference;
        protocol = InferenceProtocol.None;
        if (isGrpc)
            return IsServerCall(path) ? RouteKind.NotInference : RouteKind.Unknown;
        // Model management carries a body too (Triton's load and unload), and is no inference.
        var hasBody = head.MajorVersion == 2 ? !head.EndsStream && head.ContentLength != 0 : head.Chunked || head.ContentLength > 0;
        return hasBody && path.IndexOf("/v2/repository/"u8) < 0 ? RouteKind.Unknown : RouteKind.NotInference;
    }

    // Calls that ask about the server or manage it. Of the V2 service everything but the two inference calls.
    private static bool IsServerCall(ReadOnlySpan<byte> path) =>
        path.StartsWith("/grpc.health."u8) || path.StartsWith("/grpc.reflection."u8) || path.StartsWith("/grpc.channelz."u8)
        || (path.StartsWith("/inference.GRPCInferenceService/"u8) && !path.EndsWith("/ModelInfer"u8) && !path.EndsWith("/ModelStreamInfer"u8));
}
