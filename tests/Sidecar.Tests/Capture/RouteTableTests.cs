using System.Text;
using Sidecar.Capture;
using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Tests.Capture;

public sealed class RouteTableTests
{
    [Theory]
    [InlineData("POST /v2/models/m/infer", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /v2/models/m/infer_stream", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /v2/models/m/infer?timeout=1", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /v2/models/m/versions/3/infer", "Content-Length: 2", RouteKind.Inference)]
    [InlineData("POST /gateway/v2/models/m/infer", "Transfer-Encoding: chunked", RouteKind.Inference)]
    [InlineData("GET /v2/models/m/infer", "", RouteKind.NotInference)]
    [InlineData("GET /v2/models/m", "", RouteKind.NotInference)]
    [InlineData("HEAD /", "", RouteKind.NotInference)]
    [InlineData("PUT /score", "Content-Length: 2", RouteKind.NotInference)]
    [InlineData("POST /v2/repository/models/m/load", "Content-Length: 2", RouteKind.NotInference)]
    [InlineData("POST /v2/repository/index", "", RouteKind.NotInference)]
    [InlineData("POST /score", "Content-Length: 2", RouteKind.Unknown)]
    [InlineData("POST /score", "Transfer-Encoding: chunked", RouteKind.Unknown)]
    [InlineData("POST /score", "Content-Length: 0", RouteKind.NotInference)]
    [InlineData("POST /v2/models/m/generate", "Content-Length: 2", RouteKind.Unknown)]
    [InlineData("POST /v2/models//infer", "Content-Length: 2", RouteKind.Unknown)]
    [InlineData("GET /v2/health/ready", "User-Agent: kube-probe/1.33", RouteKind.Probe)]
    [InlineData("POST /v2/models/m/infer", "User-Agent: kube-probe/1.33", RouteKind.Probe)]
    [InlineData("POST /v2/models/m/infer", "K-Network-Probe: probe", RouteKind.Probe)]
    [InlineData("POST /v2/models/m/infer", "User-Agent: not-kube-probe/1.33", RouteKind.Inference)]
    public void Classify_Head_IsTheRoute(string line, string field, RouteKind route)
    {
        Assert.True(RequestHead.TryParse(Encoding.ASCII.GetBytes($"{line} HTTP/1.1\r\nHost: h\r\n{(field.Length > 0 ? field + "\r\n" : "")}\r\n"), out var head));
        Assert.Equal(route, RouteTable.Classify(head, out var protocol));
        Assert.Equal(route == RouteKind.Inference, protocol != InferenceProtocol.None);
    }
}
