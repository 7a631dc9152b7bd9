using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Capture;

/// <summary>Tells from a request's head what the request is for; no allocation, no guess.</summary>
internal static class RouteTable
{
    public static RouteKind Classify(in RequestHead head)
    {
        if (head.KNetworkProbe || head.UserAgent.StartsWith("kube-probe/"u8))
            return RouteKind.Probe;
        if (!head.Method.SequenceEqual("POST"u8))
            return RouteKind.NotInference;
        var path = head.Target;
        var query = path.IndexOf((byte)'?');
        if (query >= 0)
            path = path[..query];
        if (OpenInferencePath.TryModel(path, out _, out _))
            return RouteKind.OpenInference;
        if (head.MajorVersion == 2 && head.ContentType.StartsWith("application/grpc"u8))
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
