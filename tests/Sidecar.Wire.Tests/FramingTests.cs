namespace Sidecar.Wire.Tests;

/// <summary>Where messages end, by the rules of RFC 9112 §6 and §7. Every case also runs byte by byte.</summary>
public class FramingTests
{
    private const string Get = "cGET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string Empty = "sHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private const string GetSeen = "> 0 GET /a | > 0 end";
    private const string EmptySeen = "< 0 200 | < 0 end | = 0 Complete";

    [Theory]
    [InlineData("", "")]
    [InlineData("Content-Length: 0\r\n", "")]
    [InlineData("Content-Length: 5\r\n\r\nhello", "hello")]
    [InlineData("content-length:5\r\n\r\nhello", "hello")]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello")]
    [InlineData("Content-Length: 5, 5\r\n\r\nhello", "hello")]
    [InlineData("Content-Length: \t 0000000005 \t\r\n\r\nhello", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("Transfer-Encoding: ChunKed\r\n\r\n2\r\nhe\r\n003\r\nllo\r\n00\r\n\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5;a=b;c=\"d\"\r\nhello\r\n0;last\r\n\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5  \r\nhello\r\n0\t;x\r\n\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nA\r\n0123\r\n6789\r\n0\r\n\r\n", "0123\r\n6789")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n", "z")]
    [InlineData("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n", "z")]
    public void Body_InRequestAndResponse_EndsWhereTheFieldsSay(string fieldsAndBody, string body)
    {
        var rest = fieldsAndBody.Contains("\r\n\r\n", StringComparison.Ordinal) ? fieldsAndBody : fieldsAndBody + "\r\n";
        var request = Watch.Run("cPOST /b HTTP/1.1\r\n" + rest + "GET /next HTTP/1.1\r\n\r\n", "stop");
        var bodySeen = body.Length > 0 ? $" | > 0 body {body}" : "";
        Assert.Equal($"> 0 POST /b{bodySeen} | > 0 end | > 1 GET /next | > 1 end | = 0 Shutdown | = 1 Shutdown", request.Log);

        if (fieldsAndBody.Length == 0)
            return;
        var response = Watch.Run(Get, Get, "sHTTP/1.1 200 OK\r\n" + rest + "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
        var trailersSeen = rest.Contains("X-Sum", StringComparison.Ordinal) ? " | < 0 trailers" : "";
        Assert.Equal($"> 0 GET /a | > 0 end | > 1 GET /a | > 1 end | < 0 200{bodySeen.Replace('>', '<')}{trailersSeen} | < 0 end | = 0 Complete"
            + " | < 1 404 | < 1 end | = 1 Complete", response.Log);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6")]
    [InlineData("Content-Length: 5, 6")]
    [InlineData("Content-Length: 5,")]
    [InlineData("Content-Length: +5")]
    [InlineData("Content-Length: -5")]
    [InlineData("Content-Length: 5 5")]
    [InlineData("Content-Length: 0x5")]
    [InlineData("Content-Length:")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5")]
    [InlineData("Transfer-Encoding: chunked, chunked")]
    [InlineData("Transfer-Encoding: chunked, gzip")]
    [InlineData("Transfer-Encoding: chunked;q=1")]
    [InlineData("Transfer-Encoding: ,chunked")]
    [InlineData("Transfer-Encoding: xchunked, chunked, x")]
    [InlineData("Transfer-Encoding : chunked")]
    [InlineData("Transfer-Encoding:\r\n chunked")]
    [InlineData("A b: c")]
    [InlineData(": c")]
    [InlineData("nonsense")]
    [InlineData("A: b\rc")]
    [InlineData("A: b\nC: d")]
    [InlineData("A: b\0")]
    public void Fields_ReadableInTwoWays_MakeTheConnectionOpaque(string fields)
    {
        Assert.Equal("! MalformedRequest", Watch.Run($"cPOST / HTTP/1.1\r\n{fields}\r\n\r\n").Log);
        Assert.Equal(GetSeen + " | = 0 ConnectionOpaque | ! MalformedResponse", Watch.Run(Get, $"sHTTP/1.1 200 OK\r\n{fields}\r\n\r\n").Log);
    }

    [Theory]
    [InlineData("GET /\r\n\r\n")]
    [InlineData("GET / HTTP/2.0\r\n\r\n")]
    [InlineData("GET / HTTP/1.x\r\n\r\n")]
    [InlineData("GET  / HTTP/1.1\r\n\r\n")]
    [InlineData("GET /a b HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1 \r\n\r\n")]
    [InlineData("GET / HTTP/1.1\n\n")]
    [InlineData("GET / HTTP/1.1\nHost: h\n\n")]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n")]
    [InlineData("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")]
    public void Request_Malformed_MakesTheConnectionOpaque(string request) =>
        Assert.Equal("! MalformedRequest", Watch.Run("c" + request).Log);

    [Theory]
    [InlineData("HTTP/2.0 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\nContent-Length: 0\n\n")]
    [InlineData("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("ICY 200 OK\r\n\r\n")]
    [InlineData("<html>")]
    public void Response_Malformed_MakesTheConnectionOpaque(string response) =>
        Assert.Equal(GetSeen + " | = 0 ConnectionOpaque | ! MalformedResponse", Watch.Run(Get, "s" + response).Log);

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("\r\n")]
    [InlineData(";a\r\n")]
    [InlineData("5 5\r\n")]
    [InlineData("-5\r\n")]
    [InlineData("0x5\r\n")]
    [InlineData("5\nhello")]
    [InlineData("5\rhello")]
    [InlineData("5;a\nhello")]
    [InlineData("8000000000000000\r\n")]
    [InlineData("10000000000000005\r\n")]
    public void ChunkSize_Malformed_MakesTheConnectionOpaque(string chunk)
    {
        const string fields = " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        Assert.Equal("> 0 POST / | = 0 ConnectionOpaque | ! MalformedRequest", Watch.Run("cPOST /" + fields + chunk).Log);
    }

    [Theory]
    [InlineData("2\r\nabc\r\n")]
    [InlineData("2\r\nab\n")]
    [InlineData("2\r\nab\rx")]
    [InlineData("2\r\nab\r\n0\r\n\n")]
    [InlineData("2\r\nab\r\n0\r\nX: y\n\r\n")]
    [InlineData("2\r\nab\r\n0\r\nX: y\rz")]
    [InlineData("2\r\nab\r\n0\r\n\rx")]
    public void ChunkEnd_Malformed_MakesTheConnectionOpaque(string chunks)
    {
        var log = Watch.Run(Get, "sHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks).Log;
        Assert.Equal(GetSeen + " | < 0 200 | < 0 body ab | = 0 ConnectionOpaque | ! MalformedResponse", log);
    }

    [Theory]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 204 No Content\r\nContent-Length: 7\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", 304)]
    [InlineData("HTTP/1.0 500 Oh\xe9 \xff\r\nContent-Length: 0\r\n\r\n", 500)]
    [InlineData("HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n", 799)]
    public void Response_WithoutBody_IsWholeWithItsHead(string response, int status) =>
        Assert.Equal($"{GetSeen} | < 0 {status} | < 0 end | = 0 Complete", Watch.Run(Get, "s" + response, "s-close").Log);

    [Fact]
    public void Response_ToHead_HasNoBodyWhateverItDeclares()
    {
        var log = Watch.Run("cHEAD /a HTTP/1.1\r\n\r\n" + Get[1..], "sHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + Empty[1..]).Log;
        Assert.Equal("> 0 HEAD /a | > 0 end | > 1 GET /a | > 1 end | < 0 200 | < 0 end | = 0 Complete | < 1 200 | < 1 end | = 1 Complete", log);
    }

    [Fact]
    public void Response_ToHeadWithABody_IsNotTakenForAnotherResponse()
    {
        const string seen = "> 0 HEAD /a | > 0 end";
        const string response = "sHTTP/1.1 405 No\r\nContent-Length: 9\r\n\r\n{\"e\":\"no\"";
        Assert.Equal(seen + " | < 0 405 | < 0 end | = 0 Complete | ! UnsolicitedResponse", Watch.Run("cHEAD /a HTTP/1.1\r\n\r\n", response).Log);
        Assert.Equal(seen + " | > 1 GET /a | > 1 end | < 0 405 | < 0 end | = 0 Complete | = 1 ConnectionOpaque | ! MalformedResponse",
            Watch.Run("cHEAD /a HTTP/1.1\r\n\r\n", Get, response).Log);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n")]
    public void Response_OfUndeclaredLength_EndsWithTheConnection(string head)
    {
        Assert.Equal(GetSeen + " | < 0 200 | < 0 body abHTTP/1.1 | < 0 end | = 0 Complete",
            Watch.Run(Get, "s" + head + "ab", "sHTTP/1.1", "s-close").Log);
        Assert.Equal(GetSeen + " | < 0 200 | < 0 body ab | = 0 UpstreamReset", Watch.Run(Get, "s" + head + "ab", "s-reset").Log);
    }

    [Fact]
    public void Response_Interim_IsSkippedAndCounted()
    {
        var recorder = Watch.Run(
            "cPOST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
            "sHTTP/1.1 100 Continue\r\n\r\n",
            "chi",
            "sHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + Empty[1..]);
        Assert.Equal("> 0 POST /a | > 0 body hi | > 0 end | < 0 200 after 2 | < 0 end | = 0 Complete", recorder.Log);
    }

    [Fact]
    public void Response_BeforeTheRequestsEnd_Completes()
    {
        var log = Watch.Run("cPOST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nab", Empty, "ccd", Get, Empty).Log;
        Assert.Equal("> 0 POST /a | > 0 body ab | < 0 200 | < 0 end | > 0 body cd | > 0 end | = 0 Complete"
            + " | > 1 GET /a | > 1 end | < 1 200 | < 1 end | = 1 Complete", log);
    }

    [Fact]
    public void Request_AfterEmptyLines_IsRead() =>
        Assert.Equal(GetSeen + " | " + EmptySeen, Watch.Run("c\r\n\r\n" + Get[1..], Empty, "c\r\n").Log);

    [Theory]
    [InlineData("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /a HTTP/1.1\r\nConnection: x, Close\r\n\r\n")]
    [InlineData("GET /a HTTP/1.0\r\n\r\n")]
    public void Request_ThatCloses_IsTheLast(string request) =>
        Assert.Equal(GetSeen + " | " + EmptySeen, Watch.Run("c" + request + "\0garbage", Empty, "s-close", "c-close").Log);

    [Fact]
    public void Request_Http10KeepAlive_IsFollowedByAnother()
    {
        const string request = "cGET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
        Assert.Equal(GetSeen + " | " + EmptySeen + " | > 1 GET /a | > 1 end", Watch.Run(request, Empty, request).Log);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a: b\r\n", " | < 0 trailers")]
    [InlineData("a: b\r\ngRPC-Status:\t5 \r\nc: d\r\n", " | < 0 trailers grpc-status 5")]
    [InlineData("no field\r\ngrpc-status: 5\r\n", " | < 0 trailers")] // nothing is found behind a line that is none
    public void Response_TrailersBehindTheLastChunk_AreTold(string trailers, string seen) => Assert.Equal(
        GetSeen + " | < 0 200" + seen + " | < 0 end | = 0 Complete | > 1 GET /a | > 1 end | < 1 200 | < 1 end | = 1 Complete",
        Watch.Run(Get, "sHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + trailers + "\r\n", Get, Empty).Log);

    [Fact]
    public void Response_CutShortInItsTrailers_IsNotWhole() => Assert.Equal(
        GetSeen + " | < 0 200 | = 0 UpstreamAborted",
        Watch.Run(Get, "sHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\na: b\r\n", "s-close").Log);

    [Fact]
    public void Head_LongerThanTheLimit_MakesTheConnectionOpaque()
    {
        var limits = new ObserverLimits { MaxHeadBytes = 256 };
        const string start = "cGET / HTTP/1.1\r\nX: ";
        var fits = start + new string('x', 256 - start.Length - 3) + "\r\n\r\n";
        Assert.Equal("> 0 GET / | > 0 end", Watch.Run(limits, fits).Log);
        Assert.Equal("! HeadTooLarge", Watch.Run(limits, fits.Replace("X:", "XX:", StringComparison.Ordinal)).Log);
        Assert.Equal("! HeadTooLarge", Watch.Run(limits, start + new string('x', 9_000)).Log);
        Assert.Equal(GetSeen + " | = 0 ConnectionOpaque | ! HeadTooLarge", Watch.Run(limits, Get, "sHTTP/1.1 200 " + new string('x', 9_000)).Log);
        Assert.Equal(GetSeen + " | < 0 200 | = 0 ConnectionOpaque | ! HeadTooLarge",
            Watch.Run(limits, Get, "sHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + new string('x', 256)).Log);
    }
}
