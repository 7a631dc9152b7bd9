namespace Sidecar.Wire.Tests;

/// <summary>How exchanges and observation end with their connection.</summary>
public class ConnectionTests
{
    private const string Get = "cGET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    private const string GetSeen = "> 0 GET /a | > 0 end";
    private const string Half = "sHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab";
    private const string HalfSeen = GetSeen + " | < 0 200 | < 0 body ab";
    private const string HalfPost = "cPOST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nab";
    private const string HalfPostSeen = "> 0 POST /a | > 0 body ab";
    private const string Refusal = "sHTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n";
    private const string RefusalSeen = " | < 0 413 | < 0 end";

    [Theory]
    [InlineData(Get, "", GetSeen, "s-close", ExchangeEnd.UpstreamAborted)]
    [InlineData(Get, "", GetSeen, "s-reset", ExchangeEnd.UpstreamReset)]
    [InlineData(Get, "", GetSeen, "c-reset", ExchangeEnd.ClientReset)]
    [InlineData(Get, "", GetSeen, "stop", ExchangeEnd.Shutdown)]
    [InlineData(Get, Half, HalfSeen, "s-close", ExchangeEnd.UpstreamAborted)]
    [InlineData(Get, Half, HalfSeen, "s-reset", ExchangeEnd.UpstreamReset)]
    [InlineData(Get, Half, HalfSeen, "c-reset", ExchangeEnd.ClientReset)]
    [InlineData(Get, Half, HalfSeen, "stop", ExchangeEnd.Shutdown)]
    [InlineData(Get, "sHTTP/1.1 200 OK\r\nCont", GetSeen, "s-close", ExchangeEnd.UpstreamAborted)]
    [InlineData(Get, "sHTTP/1.1 100 Continue\r\n\r\n", GetSeen, "s-close", ExchangeEnd.UpstreamAborted)]
    [InlineData(Get, "sHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", HalfSeen, "s-close", ExchangeEnd.UpstreamAborted)]
    [InlineData(HalfPost, "", HalfPostSeen, "s-close", ExchangeEnd.UpstreamAborted)]
    [InlineData(HalfPost, "", HalfPostSeen, "c-reset", ExchangeEnd.ClientReset)]
    [InlineData(HalfPost, Refusal, HalfPostSeen + RefusalSeen, "s-close", ExchangeEnd.Complete)]
    [InlineData(HalfPost, Refusal, HalfPostSeen + RefusalSeen, "s-reset", ExchangeEnd.Complete)]
    [InlineData(HalfPost, Refusal, HalfPostSeen + RefusalSeen, "c-close", ExchangeEnd.Complete)]
    [InlineData(HalfPost, Refusal, HalfPostSeen + RefusalSeen, "c-reset", ExchangeEnd.Complete)]
    [InlineData(HalfPost, Refusal, HalfPostSeen + RefusalSeen, "stop", ExchangeEnd.Complete)]
    public void Exchange_Unfinished_EndsByWhatEndedIt(string client, string server, string seen, string how, ExchangeEnd end)
    {
        string[] steps = server.Length > 0 ? [client, server, how] : [client, how];
        Assert.Equal($"{seen} | = 0 {end}", Watch.Run([.. steps, "s-close", "c-close", "c-reset", "s-reset", "stop"]).Log);
    }

    [Theory]
    [InlineData("s-close")]
    [InlineData("s-reset")]
    public void Exchange_ThatTheClientLeftFirst_IsTheClientsAbort(string server)
    {
        Assert.Equal(HalfSeen + " | = 0 ClientAborted", Watch.Run(Get, Half, "c-close", server).Log);
        Assert.Equal(HalfPostSeen + " | = 0 ClientAborted", Watch.Run(HalfPost, "c-close", server).Log);
    }

    [Fact]
    public void Exchange_AfterTheClientsHalfClose_StillCompletes()
    {
        Assert.Equal(GetSeen + " | < 0 413 | < 0 end | = 0 Complete", Watch.Run(Get, "c-close", Refusal, "s-close").Log);
        Assert.Equal(HalfPostSeen + " | < 0 413 | < 0 end | = 0 Complete", Watch.Run(HalfPost, "c-close", Refusal, "s-close").Log);
        Assert.Equal(GetSeen + " | < 0 200 | < 0 body ab | < 0 end | = 0 Complete",
            Watch.Run(Get, "c-close", "sHTTP/1.0 200 OK\r\n\r\nab", "s-close").Log);
    }

    [Fact]
    public void Exchange_AnsweredWhileTheRequestIsCutShort_EndsWithoutWaitingForTheServersClose()
    {
        Assert.Equal(HalfPostSeen + RefusalSeen + " | = 0 Complete", Watch.Run(HalfPost, Refusal, "c-close").Log);
        Assert.Equal(HalfPostSeen + RefusalSeen + " | = 0 Complete", Watch.Run(HalfPost, "c-close", Refusal).Log);
    }

    [Fact]
    public void Request_ThatCrossesTheServersClose_IsAnAttemptWithoutAnswer()
    {
        Assert.Equal(GetSeen + " | < 0 413 | < 0 end | = 0 Complete | > 1 POST /a | = 1 UpstreamAborted",
            Watch.Run(Get, Refusal, "s-close", HalfPost, Get, "c-reset").Log);
    }

    [Fact]
    public void Connection_WithoutOpenExchange_EndsSilently()
    {
        foreach (var end in new[] { "c-close", "s-close", "c-reset", "s-reset", "stop" })
        {
            Assert.Equal("", Watch.Run("cGET / HT", end).Log);
            Assert.Equal(GetSeen + " | < 0 413 | < 0 end | = 0 Complete", Watch.Run(Get, Refusal, end).Log);
        }
    }

    [Fact]
    public void Upgrade_Accepted_CompletesTheExchangeAndIsOpaque()
    {
        const string request = "cGET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
        Assert.Equal(GetSeen + " | > 1 GET /a | > 1 end | < 0 101 | < 0 end | = 0 Complete | = 1 ConnectionOpaque | ! Upgraded",
            Watch.Run(request, Get, "sHTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi", "c\x81\x82", "s-close").Log);
        Assert.Equal(GetSeen + " | < 0 413 | < 0 end | = 0 Complete", Watch.Run(request, Refusal).Log);
    }

    [Fact]
    public void Connect_Accepted_IsATunnel()
    {
        const string request = "cCONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n";
        Assert.Equal("> 0 CONNECT h:443 | > 0 end | < 0 200 | < 0 end | = 0 Complete | ! Upgraded",
            Watch.Run(request, "sHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\x16\x03", "c\x16\x03").Log);
        Assert.Equal("> 0 CONNECT h:443 | > 0 end | < 0 413 | < 0 end | = 0 Complete | > 1 GET /a | > 1 end",
            Watch.Run(request, Refusal, Get).Log);
    }

    [Theory]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", OpaqueReason.Http2)]
    [InlineData("\x16\x03\x01\x00\xff", OpaqueReason.Tls)]
    [InlineData("\x00\x01", OpaqueReason.UnknownProtocol)]
    [InlineData("ABC D\r\n\r\n", OpaqueReason.MalformedRequest)]
    public void Connection_OfAnotherProtocol_IsOpaqueAtOnce(string bytes, OpaqueReason reason)
    {
        Assert.Equal($"! {reason}", Watch.Run("c" + bytes, Refusal, Get, "s-close").Log);
        var later = reason is OpaqueReason.Http2 or OpaqueReason.Tls or OpaqueReason.UnknownProtocol ? OpaqueReason.MalformedRequest : reason;
        Assert.Equal($"{GetSeen} | = 0 ConnectionOpaque | ! {later}", Watch.Run(Get, "c" + bytes).Log);
    }

    [Fact]
    public void Response_ThatNobodyAskedFor_IsOpaque()
    {
        Assert.Equal("! UnsolicitedResponse", Watch.Run(Refusal, Get).Log);
        Assert.Equal(GetSeen + " | < 0 413 | < 0 end | = 0 Complete | ! UnsolicitedResponse", Watch.Run(Get, Refusal, Refusal).Log);
        Assert.Equal(HalfPostSeen + RefusalSeen + " | = 0 ConnectionOpaque | ! UnsolicitedResponse", Watch.Run(HalfPost, Refusal, Refusal).Log);
    }

    [Fact]
    public void Pipeline_OfSixteen_IsFollowedAndSlotsAreUsedAgain()
    {
        var requests = "c" + string.Concat(Enumerable.Range(0, 16).Select(i => $"GET /{i} HTTP/1.1\r\n\r\n"));
        var responses = "s" + string.Concat(Enumerable.Repeat(Refusal[1..], 16));
        var recorder = Watch.Run(requests, responses, requests, responses);
        Assert.Equal(32, recorder.Exchanges.Count);
        Assert.All(recorder.Exchanges, exchange => Assert.Equal(ExchangeEnd.Complete, exchange.End));

        var deeper = Watch.Run(requests, Get);
        Assert.Equal(OpaqueReason.PipelineTooDeep, deeper.Opaque);
        Assert.Equal(16, deeper.Exchanges.Count);
        Assert.All(deeper.Exchanges, exchange => Assert.Equal(ExchangeEnd.ConnectionOpaque, exchange.End));
    }

    [Fact]
    public void Reset_InTheMiddleOfAnything_StartsAfresh()
    {
        string[] before = ["cGET / HT", HalfPost, Get + Half, "c\0", "cGET / HTTP/1.0\r\n\r\n", "cHEAD / HTTP/1.1\r\n\r\n"];
        foreach (var first in before)
        {
            var observer = new Http1Observer(new ObserverLimits());
            observer.Reset(new Recorder());
            Watch.Send(observer, 'c', System.Text.Encoding.Latin1.GetBytes(first[1..]), int.MaxValue);
            var recorder = new Recorder();
            observer.Reset(recorder);
            Assert.False(observer.IsOpaque);
            Watch.Send(observer, 'c', "GET /a HTTP/1.1\r\n\r\n"u8, int.MaxValue);
            Watch.Send(observer, 's', "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"u8, int.MaxValue);
            Assert.Equal(GetSeen + " | < 0 200 | < 0 body hi | < 0 end | = 0 Complete", recorder.Log);
        }
    }

    [Fact]
    public void Observer_BeforeTheFirstReset_IgnoresBytes()
    {
        var observer = new Http1Observer(new ObserverLimits());
        observer.OnClientBytes("GET / HTTP/1.1\r\n\r\n"u8);
        observer.OnServerBytes("HTTP/1.1 200 OK\r\n\r\n"u8);
        observer.OnServerClosed();
        observer.OnShutdown();
        Assert.False(observer.IsOpaque);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Http1Observer(new ObserverLimits { MaxHeadBytes = 255 }));
    }
}
