using System.Text;

namespace Sidecar.Wire.Tests;

public class HeadTests
{
    [Fact]
    public void RequestHead_KnownFields_AreGiven()
    {
        var raw = "POST /v2/models/m/infer?x=%20 HTTP/1.1\r\nHOST: h:1\r\nContent-Type:  application/json; charset=utf-8 \r\n"u8.ToArray()
            .Concat("content-encoding:gzip\r\nUser-Agent: a/1 (b)\r\nX-Request-ID: r1\r\nx-request-id: r2\r\nTraceparent: 00-a-b-01\r\n"u8.ToArray())
            .Concat("Ce-Id: c\r\nInference-Header-Content-Length: 171\r\nK-Network-Probe: queue\r\nExpect: 100-Continue\r\n"u8.ToArray())
            .Concat("Content-Length: 185\r\nConnection: close\r\nX-Empty:\r\nX-High: \xe9\r\n\r\n"u8.ToArray()).ToArray();

        Assert.True(RequestHead.TryParse(raw, out var head));
        Assert.Equal("POST", Text(head.Method));
        Assert.Equal("/v2/models/m/infer?x=%20", Text(head.Target));
        Assert.Equal(1, head.MinorVersion);
        Assert.Equal("h:1", Text(head.Host));
        Assert.Equal("application/json; charset=utf-8", Text(head.ContentType));
        Assert.Equal("gzip", Text(head.ContentEncoding));
        Assert.Equal("a/1 (b)", Text(head.UserAgent));
        Assert.Equal("r1", Text(head.RequestId));
        Assert.Equal("00-a-b-01", Text(head.TraceParent));
        Assert.Equal("c", Text(head.CeId));
        Assert.Equal(171, head.InferenceHeaderContentLength);
        Assert.True(head.KNetworkProbe);
        Assert.True(head.ExpectContinue);
        Assert.Equal(185, head.ContentLength);
        Assert.False(head.Chunked);
        Assert.True(head.Closes);
        Assert.Equal(raw, head.Raw.ToArray());
        Assert.True(head.TryGetHeader("x-request-id"u8, out var id));
        Assert.Equal("r1", Text(id));
        Assert.True(head.TryGetHeader("x-empty"u8, out var empty));
        Assert.True(empty.IsEmpty);
        Assert.False(head.TryGetHeader("x-none"u8, out _));
    }

    [Fact]
    public void RequestHead_WithoutFields_SaysSo()
    {
        Assert.True(RequestHead.TryParse("GET * HTTP/1.0\r\n\r\n"u8, out var head));
        Assert.Equal(0, head.MinorVersion);
        Assert.True(head.Host.IsEmpty && head.ContentType.IsEmpty && head.RequestId.IsEmpty && head.CeId.IsEmpty);
        Assert.Equal(-1, head.ContentLength);
        Assert.Equal(-1, head.InferenceHeaderContentLength);
        Assert.False(head.Chunked || head.ExpectContinue || head.KNetworkProbe);
        Assert.True(head.Closes);
    }

    [Fact]
    public void ResponseHead_KnownFields_AreGiven()
    {
        Assert.True(ResponseHead.TryParse(("HTTP/1.1 503 Not now\r\ncontent-type: text/plain\r\nContent-Encoding: br\r\nX-Request-Id: r\r\n"
            + "Transfer-Encoding: chunked\r\nInference-Header-Content-Length: x\r\nConnection: keep-alive\r\nServer: s\r\n\r\n").Select(c => (byte)c).ToArray(),
            out var head));
        Assert.Equal(503, head.StatusCode);
        Assert.Equal("text/plain", Text(head.ContentType));
        Assert.Equal("br", Text(head.ContentEncoding));
        Assert.Equal("r", Text(head.RequestId));
        Assert.True(head.Chunked);
        Assert.Equal(-1, head.ContentLength);
        Assert.Equal(-1, head.InferenceHeaderContentLength);
        Assert.False(head.Closes);
        Assert.True(head.TryGetHeader("server"u8, out var server));
        Assert.Equal("s", Text(server));
    }

    [Fact]
    public void TryParse_AnyCutOfAHead_IsRefused()
    {
        var request = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray();
        var response = "HTTP/1.1 200 OK\r\nServer: s\r\n\r\n"u8.ToArray();
        for (var length = 0; length < request.Length; length++)
            Assert.False(RequestHead.TryParse(request.AsSpan(0, length), out _), $"request cut to {length}");
        for (var length = 0; length < response.Length; length++)
            Assert.False(ResponseHead.TryParse(response.AsSpan(0, length), out _), $"response cut to {length}");
        Assert.False(RequestHead.TryParse([.. request, (byte)'x'], out _));
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
