using System.Text;
using Sidecar.Capture;
using Sidecar.Configuration;
using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Testing;
using Sidecar.Wire;

namespace Sidecar.Tests.Capture;

public sealed class RouteTableTests
{
    private static readonly RouteTable Configured = new(new ConfiguredRoutes(
    [
        Route("POST /score", InferenceProtocol.Json),
        Route("PUT /score", InferenceProtocol.V1Rest),
        Route("POST /tenants/a/*", InferenceProtocol.None),
        Route("POST /tenants/*", InferenceProtocol.Invocations),
        Route("POST /v2/models/shadow/*", InferenceProtocol.None),
        Route("POST /v2/models/odd/infer", InferenceProtocol.V1Rest),
        Route("POST /call", InferenceProtocol.OpenInferenceGrpc),
        Route("POST /chat", InferenceProtocol.OpenAi),
    ]));

    [Theory]
    [InlineData("POST /v2/models/m/infer", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /v2/models/m/infer_stream", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /v2/models/m/infer?timeout=1", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /v2/models/m/versions/3/infer", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /gateway/v2/models/m/infer", "Transfer-Encoding: chunked", RouteKind.Inference)]
    [InlineData("POST /v2/models/m/generate", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /v2/models/m/generate_stream", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /v1/models/m:predict", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /v1/models/m/labels/stable:classify", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /invocations", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /predictions/m/1.0", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("GET /v2/models/m/infer", "", RouteKind.NotInference)]
    [InlineData("GET /v2/models/m", "", RouteKind.NotInference)]
    [InlineData("HEAD /", "", RouteKind.NotInference)]
    [InlineData("PUT /score", "Content-Length: 2", RouteKind.NotInference)]
    [InlineData("POST /v2/repository/models/m/load", "Content-Length: 2", RouteKind.NotInference)]
    [InlineData("POST /v2/repository/index", "", RouteKind.NotInference)]
    [InlineData("POST /score", "Content-Length: 2", RouteKind.Unknown)]
    [InlineData("POST /score", "Transfer-Encoding: chunked", RouteKind.Unknown)]
    [InlineData("POST /score", "Content-Length: 0", RouteKind.NotInference)]
    [InlineData("POST /v2/models//infer", "Content-Length: 2", RouteKind.Unknown)]
    [InlineData("GET /v2/health/ready", "User-Agent: kube-probe/1.33", RouteKind.Probe)]
    [InlineData("POST /v2/models/m/infer", "User-Agent: kube-probe/1.33", RouteKind.Probe)]
    [InlineData("POST /v2/models/m/infer", "K-Network-Probe: probe", RouteKind.Probe)]
    [InlineData("POST /v2/models/m/infer", "User-Agent: not-kube-probe/1.33", RouteKind.Inference)]
    public void Classify_Head_IsTheRoute(string line, string field, RouteKind route)
    {
        Assert.Equal(route, new RouteTable(ConfiguredRoutes.None).Classify(Head(line, field), out var protocol, out var configured));
        Assert.Equal(route == RouteKind.Inference, protocol != InferenceProtocol.None);
        Assert.Equal(-1, configured);
    }

    [Theory]
    [InlineData("POST /score", "Content-Length: 2", RouteKind.Inference, InferenceProtocol.Json, 0)]
    [InlineData("POST /score?v=1", "Content-Length: 2", RouteKind.Inference, InferenceProtocol.Json, 0)]
    [InlineData("PUT /score", "Content-Length: 2", RouteKind.Inference, InferenceProtocol.V1Rest, 1)]
    [InlineData("POST /score", "User-Agent: kube-probe/1.33", RouteKind.Probe, InferenceProtocol.None, -1)]
    [InlineData("POST /score/", "Content-Length: 2", RouteKind.Unknown, InferenceProtocol.None, -1)]
    [InlineData("POST /scores", "Content-Length: 2", RouteKind.Unknown, InferenceProtocol.None, -1)]
    [InlineData("POST /tenants/a/x", "Content-Length: 2", RouteKind.NotInference, InferenceProtocol.None, 2)] // the first that matches
    [InlineData("POST /tenants/b/x", "Content-Length: 2", RouteKind.Inference, InferenceProtocol.Invocations, 3)]
    [InlineData("POST /tenants/", "Content-Length: 2", RouteKind.Inference, InferenceProtocol.Invocations, 3)]
    [InlineData("POST /tenants", "Content-Length: 2", RouteKind.Unknown, InferenceProtocol.None, -1)]
    [InlineData("POST /v2/models/shadow/infer", "Content-Length: 2", RouteKind.NotInference, InferenceProtocol.None, 4)]
    [InlineData("POST /v2/models/odd/infer", "Content-Length: 2", RouteKind.Inference, InferenceProtocol.V1Rest, 5)]
    [InlineData("POST /v2/models/m/infer", "Content-Length: 2", RouteKind.Inference, InferenceProtocol.OpenInferenceRest, -1)]
    [InlineData("POST /call", "Content-Length: 2", RouteKind.Unknown, InferenceProtocol.None, 6)] // gRPC does not come over HTTP/1.1
    [InlineData("GET /score", "", RouteKind.NotInference, InferenceProtocol.None, -1)]
    public void Classify_ConfiguredRoutes_ComeFirst(string line, string field, RouteKind route, InferenceProtocol protocol, int configured)
    {
        Assert.Equal(route, Configured.Classify(Head(line, field), out var found, out var at));
        Assert.Equal((protocol, configured), (found, at));
    }

    [Fact]
    public void Classify_Routes_AllocatesNothing()
    {
        byte[][] heads = [.. ((string[])["POST /score", "POST /tenants/b/x", "POST /nothing", "POST /v1/models/m:predict"]).Select(line => Bytes(line, "Content-Length: 2"))];
        var seen = 0;
        void Classify()
        {
            for (var i = 0; i < 1000; i++)
            {
                Assert.True(RequestHead.TryParse(heads[i % heads.Length], out var head));
                seen += Configured.Classify(head, out _, out _) == RouteKind.Inference ? 1 : 0;
            }
        }

        Classify();
        Assert.Equal(0, Allocated.Least(Classify));
        Assert.Equal(750 * 4, seen);
    }

    private static InferenceRouteOptions Route(string match, InferenceProtocol protocol)
    {
        Assert.True(RouteMatch.TryParse(match, out var parsed));
        return new InferenceRouteOptions { Match = parsed!, Protocol = protocol };
    }

    private static byte[] Bytes(string line, string field) => Encoding.ASCII.GetBytes($"{line} HTTP/1.1\r\nHost: h\r\n{(field.Length > 0 ? field + "\r\n" : "")}\r\n");

    private static RequestHead Head(string line, string field)
    {
        Assert.True(RequestHead.TryParse(Bytes(line, field), out var head));
        return head;
    }
}
