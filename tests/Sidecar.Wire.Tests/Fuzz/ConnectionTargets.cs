using System.Text;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>
/// An observer watching a connection given as a <see cref="Script"/>: it throws nothing, keeps the promises of its events, ends every exchange once,
/// tells the same however the bytes are split, and remembers nothing of the connection before.
/// </summary>
internal abstract class ConnectionTarget : FuzzTarget
{
    protected static readonly ObserverLimits Limits = new() { MaxHeadBytes = 700, MaxStreams = 4, MaxHeaderTableBytes = 8192 };

    private ContractCheck _check = new();
    private readonly SplitMix _cuts = new(0);
    private readonly long[] _reasons = new long[Enum.GetValues<OpaqueReason>().Length];

    public override string Outcomes => string.Join(", ", _reasons.Select((count, reason) => (count, (OpaqueReason)reason))
        .Where(one => one.count > 0).Select(one => $"{one.Item2} {one.count}")) + $", {_check.Completed} complete exchanges";

    public override void Check(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        var whole = Tell(Observed, input, split: false, out var reason);
        _reasons[(int)reason]++;
        _cuts.Restart(SeedOf(input));
        Require(whole == Tell(Observed, input, split: true, out _), "told the same however it is split");
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        // A new observer costs more than to watch; so now and then.
        if (input.IsEmpty || SeedOf(input) % 64 != 0)
            return;
        Require(Tell(Observed, input, split: false, out _) == Tell(Create(), input, split: false, out _), "nothing is remembered of another connection");
    }

    public override void Recover()
    {
        _check = new ContractCheck();
        Observed = Create();
    }

    protected abstract IObserved Observed { get; set; }

    protected abstract IObserved Create();

    private ulong Tell(IObserved observer, ReadOnlySpan<byte> input, bool split, out OpaqueReason reason)
    {
        _check.Reset();
        observer.Reset(_check);
        var ending = input[0];
        var script = input[1..];
        var byByte = split && _cuts.Below(8) == 0;
        var over = false;
        while (!over && Script.Next(ref script, out var act, out var ofClient, out var bytes))
        {
            switch (act)
            {
                case Script.Act.Send: Show(observer, ofClient, bytes, split, byByte); break;
                case Script.Act.Close: observer.Close(ofClient); break;
                case Script.Act.Reset: observer.Break(ofClient); over = true; break;
            }
        }

        if (!over)
            End(observer, ending);
        reason = observer.Reason;
        observer.Stop();
        Require(_check.Open == 0, "every exchange ends");
        // Its caller gives it back most times, and only starts over at others.
        if ((ending & 0x80) == 0)
            observer.Release();
        return _check.Hash;
    }

    private void Show(IObserved observer, bool ofClient, ReadOnlySpan<byte> bytes, bool split, bool byByte)
    {
        while (!bytes.IsEmpty)
        {
            var length = !split ? bytes.Length : Math.Min(bytes.Length, byByte ? 1 : 1 + _cuts.Below(_cuts.Below(3) == 0 ? 8 : 200));
            observer.Show(ofClient, bytes[..length]);
            bytes = bytes[length..];
        }
    }

    private static void End(IObserved observer, byte how)
    {
        switch (how % 5)
        {
            case 0: observer.Close(ofClient: true); break;
            case 1: observer.Close(ofClient: false); break;
            case 2: observer.Break(ofClient: true); return;
            case 3: observer.Break(ofClient: false); return;
        }

        observer.Close(ofClient: false);
    }

    /// <summary>The two kinds of observer as one.</summary>
    protected interface IObserved
    {
        OpaqueReason Reason { get; }

        void Reset(IExchangeEvents events);

        void Show(bool ofClient, ReadOnlySpan<byte> bytes);

        void Close(bool ofClient);

        void Break(bool ofClient);

        void Stop();

        void Release();
    }

    protected sealed class OfHttp1 : IObserved
    {
        private readonly Http1Observer _observer = new(Limits);

        public OpaqueReason Reason => _observer.OpaqueReason;

        public void Reset(IExchangeEvents events) => _observer.Reset(events);

        public void Show(bool ofClient, ReadOnlySpan<byte> bytes)
        {
            if (ofClient)
                _observer.OnClientBytes(bytes);
            else
                _observer.OnServerBytes(bytes);
        }

        public void Close(bool ofClient)
        {
            if (ofClient)
                _observer.OnClientClosed();
            else
                _observer.OnServerClosed();
        }

        public void Break(bool ofClient)
        {
            if (ofClient)
                _observer.OnClientReset();
            else
                _observer.OnServerReset();
        }

        public void Stop() => _observer.OnShutdown();

        public void Release() => _observer.Release();
    }

    protected sealed class OfAny(bool http2) : IObserved
    {
        private readonly ConnectionObserver _observer = new(Limits);
        private readonly byte[] _preface = http2 ? Encoding.ASCII.GetBytes(H2.Preface) : [];

        public OpaqueReason Reason => _observer.OpaqueReason;

        public void Reset(IExchangeEvents events)
        {
            _observer.Reset(events);
            _observer.OnClientBytes(_preface);
        }

        public void Show(bool ofClient, ReadOnlySpan<byte> bytes)
        {
            if (ofClient)
                _observer.OnClientBytes(bytes);
            else
                _observer.OnServerBytes(bytes);
        }

        public void Close(bool ofClient)
        {
            if (ofClient)
                _observer.OnClientClosed();
            else
                _observer.OnServerClosed();
        }

        public void Break(bool ofClient)
        {
            if (ofClient)
                _observer.OnClientReset();
            else
                _observer.OnServerReset();
        }

        public void Stop() => _observer.OnShutdown();

        public void Release() => _observer.Release();
    }
}

/// <summary>HTTP/1.x.</summary>
internal sealed class Http1Target : ConnectionTarget
{
    public static readonly byte[][] Words =
    [
        "\r\n"u8.ToArray(), "\n"u8.ToArray(), "\r\n\r\n"u8.ToArray(), "0\r\n\r\n"u8.ToArray(), "HTTP/1.1 200 OK\r\n"u8.ToArray(), "HTTP/1.1 101 X\r\n\r\n"u8.ToArray(),
        "HTTP/1.0 200 OK\r\n\r\n"u8.ToArray(), "HTTP/1.1 100 C\r\n\r\n"u8.ToArray(), "HTTP/1.1 204 N\r\n\r\n"u8.ToArray(), "Content-Length: 3\r\n"u8.ToArray(),
        "Transfer-Encoding: chunked\r\n"u8.ToArray(), "Connection: close\r\n"u8.ToArray(), "CONNECT h:1 HTTP/1.1\r\n\r\n"u8.ToArray(),
        "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), "HEAD / HTTP/1.1\r\n\r\n"u8.ToArray(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(),
        "ffffffffffffffff\r\n"u8.ToArray(), "7fffffffffffffff\r\n"u8.ToArray(), "\x16\x03\x01"u8.ToArray(), ": "u8.ToArray(), " "u8.ToArray(), "\0"u8.ToArray(),
        "Upgrade: h2c\r\n"u8.ToArray(), "HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n"u8.ToArray(), [.. Enumerable.Repeat((byte)'h', 800)],
        [0x00, 0x00], [0x80, 0x00], [0x08, 0x00], [0x88, 0x00], // closes and resets of a script
    ];

    public override string Name => "http1";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. Fuzz.Seeds.Recorded(WireProtocol.Http1), .. Fuzz.Seeds.Generated(WireProtocol.Http1, 300)];

    public override IReadOnlyList<byte[]> Tokens => Words;

    protected override IObserved Observed { get; set; } = new OfHttp1();

    protected override IObserved Create() => new OfHttp1();
}

/// <summary>HTTP/2 after the client's preface.</summary>
internal sealed class Http2Target : ConnectionTarget
{
    public static readonly byte[][] Words =
    [
        H2.Settings(), H2.GoAway(1), H2.GoAway(0), H2.Reset(1, 7), H2.Reset(3, 0), H2.Data(1, "x"), H2.Data(1, "", end: true), H2.Data(0, "x"), H2.Data(3, "yy", padding: 3),
        H2.Frame(1, 5, 5, [0x88]), H2.Frame(1, 5, 1, [0xBE]), H2.Frame(1, 1, 3, [0x82]), H2.Frame(1, 4, 7, [0x82, 0x84, 0x86]), H2.Frame(9, 4, 3, [0x84]), H2.Frame(9, 0, 3, []),
        H2.Frame(5, 4, 1, [0, 0, 0, 2, 0x82]), H2.Frame(6, 0, 0, new byte[8]), H2.Frame(8, 0, 1, [0, 0, 1, 0]), [0x3F, 0xE1, 0x01], [0x20], [0x3F, 0xE1, 0x1F], [0x3F, 0xE1, 0x3F],
        [0xFF, 0xFF, 0xFF, 0xFF], [0], [0x82, 0x84, 0x87], Encoding.ASCII.GetBytes(H2.Preface), [0x00, 0x00], [0x80, 0x00], [0x08, 0x00], [0x88, 0x00],
    ];

    public override string Name => "http2";

    public override IReadOnlyList<byte[]> Seeds { get; } =
        [.. Fuzz.Seeds.Recorded(WireProtocol.Http2, withPreface: false), .. Fuzz.Seeds.Generated(WireProtocol.Http2, 500, withPreface: false)];

    public override IReadOnlyList<byte[]> Tokens => Words;

    protected override IObserved Observed { get; set; } = new OfAny(http2: true);

    protected override IObserved Create() => new OfAny(http2: true);
}

/// <summary>A connection of which nothing is known: recognition, HTTP/1.x, HTTP/2 and the way from one to the other.</summary>
internal sealed class AnyConnectionTarget : ConnectionTarget
{
    public override string Name => "connection";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. Fuzz.Seeds.Recorded(WireProtocol.Http1), .. Fuzz.Seeds.Recorded(WireProtocol.Http2), .. Fuzz.Seeds.Generated(WireProtocol.Http1, 100),
        .. Fuzz.Seeds.Generated(WireProtocol.Http2, 300), Script.Of([('s', "220 ready\r\n"u8.ToArray()), ('c', "GET / HTTP/1.1\r\n\r\n"u8.ToArray())]),
        Script.Of([('s', H2.Settings()), ('c', [.. Encoding.ASCII.GetBytes(H2.Preface), .. H2.Settings()])]), Script.Of([('c', [0x16, 3, 1, 0, 5])]),
    ];

    public override IReadOnlyList<byte[]> Tokens { get; } = [.. Http1Target.Words, .. Http2Target.Words];

    protected override IObserved Observed { get; set; } = new OfAny(http2: false);

    protected override IObserved Create() => new OfAny(http2: false);
}
