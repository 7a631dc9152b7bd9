using Sidecar.Configuration;
using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Capture;

/// <summary>Tells from a request's head what the request is for: by the configured routes, else by its path; no allocation, no guess.</summary>
internal sealed class RouteTable(ConfiguredRoutes configured)
{
    /// <param name="protocol">None but for an inference that can be decoded.</param>
    /// <param name="route">The configured route that it takes; -1: none.</param>
    public RouteKind Classify(in RequestHead head, out InferenceProtocol protocol, out int route)
    {
        protocol = InferenceProtocol.None;
        route = -1;
        if (head.KNetworkProbe || head.UserAgent.StartsWith("kube-probe/"u8))
            return RouteKind.Probe;
        var path = head.Target;
        var query = path.IndexOf((byte)'?');
        if (query >= 0)
            path = path[..query];
        var isGrpc = head.MajorVersion == 2 && head.ContentType.StartsWith("application/grpc"u8);
        route = configured.Find(head.Method, path);
        if (route >= 0 && configured.ProtocolOf(route) == InferenceProtocol.None)
            return RouteKind.NotInference;
        if (route < 0 && !head.Method.SequenceEqual("POST"u8))
            return RouteKind.NotInference;
        protocol = route >= 0 ? configured.ProtocolOf(route) : InferencePath.Parse(path).Protocol;
        var isDecoded = (route >= 0 ? configured.DecoderOf(route) : ProtocolDecoders.Of(protocol)) is not null;
        if (isDecoded && protocol.IsGrpc() == isGrpc)
            return RouteKind.Inference;
        protocol = InferenceProtocol.None;
        if (route >= 0)
            return RouteKind.Unknown; // said to be an inference, of a kind that it can't be, or that is not decoded
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
