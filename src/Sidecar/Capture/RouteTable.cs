using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Capture;

/// <summary>Tells from a request's head what the request is for; no allocation, no guess.</summary>
internal static class RouteTable
{
    public static RouteKind Classify(in Http1RequestHead head)
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
        // Model management carries a body too (Triton's load and unload), and is no inference.
        var hasBody = head.Chunked || head.ContentLength > 0;
        return hasBody && path.IndexOf("/v2/repository/"u8) < 0 ? RouteKind.Unknown : RouteKind.NotInference;
    }
}
