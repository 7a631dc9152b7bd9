using System.Text;
using Sidecar.Capture;
using Sidecar.Model;
using Sidecar.Testing;
using Sidecar.Wire;

namespace Sidecar.Tests.Capture;

public sealed class ConnectionTapTests
{
    private const string RequestBody = """{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}""";
    private static readonly byte[] Request = Encoding.ASCII.GetBytes($"POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nX-Request-Id: r-1\r\nContent-Length: {RequestBody.Length}\r\n\r\n{RequestBody}");
    private static readonly byte[] Response = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"outputs\":[]}");

    private readonly CountingIntake _intake = new();

    [Fact]
    public void TenThousandExchanges_OnceWarm_AllocateNothing()
    {
        var tap = Open(TimeProvider.System);
        Run(tap, 2000);

        Assert.Equal(0, Allocated.Least(() => Run(tap, 10_000)));
        Assert.Equal(32_000, _intake.Over);
    }

    [Fact]
    public void TenThousandConnections_OnceWarm_AllocateNothing()
    {
        var pool = Pool(TimeProvider.System);
        for (var i = 0; i < 2000; i++)
            Connect(pool);

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 10_000; i++)
                Connect(pool);
        }));
        Assert.Equal(32_000, _intake.Over);

        static void Connect(CapturePool pool)
        {
            var tap = pool.RentTap();
            tap.Start(0);
            tap.OnClientBytes(Request, 1);
            tap.OnUpstreamBytes(Response, 2);
            tap.OnClientClosed(3);
            tap.OnUpstreamClosed(4);
            tap.OnEnded(ConnectionEnd.Closed, 5);
        }
    }

    [Fact]
    public void OneExchange_ByteByByte_IsTheSameAsAtOnce()
    {
        var seen = new List<string>();
        _intake.Look = exchange => seen.Add(
            $"{exchange.Status} {exchange.End} {exchange.Route} {exchange.RequestBytes} {exchange.ResponseBytes} {Encoding.ASCII.GetString(exchange.RequestId)} "
            + $"{Encoding.ASCII.GetString(exchange.Path)} {Encoding.ASCII.GetString(exchange.RequestBody!.Bytes)} {Encoding.ASCII.GetString(exchange.ResponseBody!.Bytes)}");
        var tap = Open(TimeProvider.System);
        Run(tap, 1);
        tap = Open(TimeProvider.System);
        foreach (var value in Request)
            tap.OnClientBytes([value], 1);
        foreach (var value in Response)
            tap.OnUpstreamBytes([value], 2);

        Assert.Equal(2, seen.Count);
        Assert.Equal(seen[0], seen[1]);
        Assert.Equal($"200 Complete Inference {RequestBody.Length} 14 r-1 /v2/models/m/infer {RequestBody} {{\"outputs\":[]}}", seen[0]);
    }

    [Theory]
    [InlineData(10_000_000)]
    [InlineData(1_000_000_000)]
    public void StartedUnixNanos_AnyClock_IsTheWallTimeOfTheFirstByte(long frequency)
    {
        // A clock whose zero is far away, as that of a test or of a machine that has been up for a century.
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var time = new Clock(start, long.MaxValue / 2, frequency);
        long nanos = 0;
        _intake.Look = exchange => nanos = exchange.StartedUnixNanos;
        var tap = Open(time);

        tap.OnClientBytes(Request, time.GetTimestamp() + (5 * frequency));
        tap.OnUpstreamBytes(Response, time.GetTimestamp() + (6 * frequency));

        Assert.Equal(start.AddSeconds(5), DateTimeOffset.UnixEpoch.AddTicks(nanos / 100));
    }

    [Fact]
    public void NoRecordFree_ExchangesAreCountedAsLostAndTheNextOnesGoOn()
    {
        _intake.Kept = [];
        var tap = Open(TimeProvider.System, new CaptureSettings(1 << 20, 1, HeadRing: 1, BodyQueue: 1)); // four records in all
        Run(tap, 6);
        Assert.Equal(4, _intake.Over);
        Assert.Equal(2, _intake.LostFor[DropReason.HeadRingFull]);

        foreach (var exchange in _intake.Kept)
            _intake.Pool!.Return(exchange);
        _intake.Kept = null;
        Run(tap, 3);
        Assert.Equal(7, _intake.Over);
        Assert.Equal(9, _intake.Begun);
        Assert.Equal(0, _intake.Pool!.Open);
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(1.0, 200)]
    public void DecodeRate_AtItsEnds_KeepsNoneOrAll(double rate, int kept)
    {
        var captured = 0;
        _intake.Look = exchange => captured += exchange is { Decode: true, RequestBodyState: BodyState.Captured } ? 1 : 0;
        Run(Open(TimeProvider.System, new CaptureSettings(1 << 20, rate)), 200);
        Assert.Equal(kept, captured);
    }

    [Fact]
    public void LengthDeclared_BodyIsNotMovedAsItArrives()
    {
        var body = new string(' ', 60_000);
        var tap = Open(TimeProvider.System, new CaptureSettings(1 << 20, 1));
        tap.OnClientBytes(Encoding.ASCII.GetBytes($"POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n{body[..8000]}"), 1);
        var first = _intake.Pool!.Bodies.Held;
        tap.OnClientBytes(Encoding.ASCII.GetBytes(body[8000..]), 2);

        Assert.Equal(64 * 1024, first);
        Assert.Equal(first, _intake.Pool.Bodies.Held);
    }

    [Fact]
    public void BodyOverTheCap_IsGivenBackAndStaysOver()
    {
        var states = new List<(BodyState State, bool HasBody, long Bytes)>();
        _intake.Look = ended => states.Add((ended.RequestBodyState, ended.RequestBody is not null, ended.RequestBytes));
        var tap = Open(TimeProvider.System, new CaptureSettings(RequestBody.Length - 1, 1));
        foreach (var piece in Request.Chunk(16))
            tap.OnClientBytes(piece, 1);
        tap.OnUpstreamBytes(Response, 2);

        Assert.Equal([(BodyState.OverCap, false, RequestBody.Length)], states);
        Assert.Equal(0, _intake.Pool!.Bodies.Lent);
    }

    [Theory]
    [InlineData("\u0016\u0003\u0001\u0002\u0000", OpaqueReason.Tls)]
    [InlineData("\u0000\u0001\u0002\u0003", OpaqueReason.UnknownProtocol)]
    public void OtherProtocols_AreOpaqueOnceAndKeepADrainWaiting(string first, OpaqueReason reason)
    {
        var tap = Open(TimeProvider.System);
        foreach (var value in Encoding.Latin1.GetBytes(first))
            tap.OnClientBytes([value], 1);
        tap.OnUpstreamBytes([1, 2, 3], 2);

        Assert.Equal(1, Assert.Single(_intake.OpaqueFor).Value);
        Assert.Equal(1, _intake.OpaqueFor[reason]);
        Assert.Equal(1, _intake.Begun);
        Assert.True(tap.IsBusy);
    }

    [Fact]
    public void IsBusy_OnlyWhileAnExchangeIsOpen()
    {
        var tap = Open(TimeProvider.System);
        Assert.False(tap.IsBusy);
        tap.OnClientBytes(Request, 1);
        Assert.True(tap.IsBusy);
        tap.OnUpstreamBytes(Response, 2);
        Assert.False(tap.IsBusy);
    }

    private static void Run(ConnectionTap tap, int exchanges)
    {
        for (var i = 0; i < exchanges; i++)
        {
            tap.OnClientBytes(Request, 1);
            tap.OnUpstreamBytes(Response, 2);
        }
    }

    private CapturePool Pool(TimeProvider time, CaptureSettings? settings = null)
    {
        settings ??= new CaptureSettings(1 << 20, 1);
        return _intake.Pool ??= new CapturePool(0, settings, new DecodeGovernor(settings.DecodeRate, time), new BodyPool(1 << 24, 1 << 20), _intake, time);
    }

    private ConnectionTap Open(TimeProvider time, CaptureSettings? settings = null)
    {
        var tap = Pool(time, settings).RentTap();
        tap.Start(0);
        return tap;
    }

    private sealed class Clock(DateTimeOffset now, long timestamp, long frequency) : TimeProvider
    {
        public override long TimestampFrequency => frequency;

        public override long GetTimestamp() => timestamp;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
