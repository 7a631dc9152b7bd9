using System.Diagnostics;
using Sidecar.Testing;

namespace Sidecar.Wire.Tests;

/// <summary>What observing costs: no allocation once warm; the time is only reported.</summary>
public class CostTests
{
    private static readonly byte[] Request =
    [
        .. "POST /v2/models/fraud/infer HTTP/1.1\r\nHost: model.default.svc:8080\r\nUser-Agent: python-requests/2.34.2\r\n"u8,
        .. "Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"u8,
        .. new byte[100],
    ];

    private static readonly byte[] Response =
    [
        .. "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 130\r\nServer: uvicorn\r\n"u8,
        .. "Date: Sun, 22 Nov 2026 22:00:00 GMT\r\nX-Request-Id: 7f7cf5c6-3f0a-4d0a\r\nConnection: keep-alive\r\n\r\n"u8,
        .. new byte[130],
    ];

    private static readonly byte[] Chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n"u8.ToArray();

    [Fact]
    public void Observing_KeepAliveExchanges_AllocatesNothing()
    {
        var observer = new Http1Observer(new ObserverLimits());
        var counter = new Counter();
        observer.Reset(counter);
        // The pool makes its arrays, and each method is compiled, before counting starts.
        Exchanges(observer, 2_000);

        var allocated = Allocated.Least(() =>
        {
            Exchanges(observer, 10_000);
            observer.OnClientClosed();
            observer.OnServerClosed();
            observer.Reset(counter);
            Exchanges(observer, 10);
        });

        Assert.Equal(0, allocated);
        Assert.Equal(32_030, counter.Completed);
        Assert.False(observer.IsOpaque);
    }

    [Fact]
    public void Observing_KeepAliveExchanges_TimeIsReported()
    {
        var observer = new Http1Observer(new ObserverLimits());
        observer.Reset(new Counter());
        var best = TimeSpan.MaxValue;
        // Short rounds, so that one of them is likely to run undisturbed.
        const int exchanges = 200;
        for (var round = 0; round < 1_500; round++)
        {
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < exchanges; i++)
            {
                observer.OnClientBytes(Request);
                observer.OnServerBytes(Response);
            }

            var elapsed = Stopwatch.GetElapsedTime(started);
            best = elapsed < best ? elapsed : best;
        }

        Assert.False(observer.IsOpaque);
        TestContext.Current.TestOutputHelper?.WriteLine($"one exchange of 6 and 6 fields: {best.TotalNanoseconds / exchanges:F0} ns");
    }

    private static void Exchanges(Http1Observer observer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var cut = i % 3 == 0 ? i % Request.Length : 0;
            observer.OnClientBytes(Request.AsSpan(0, cut));
            observer.OnClientBytes(Request.AsSpan(cut));
            var response = i % 2 == 0 ? Response : Chunked;
            cut = i % 5 == 0 ? i % response.Length : 0;
            observer.OnServerBytes(response.AsSpan(0, cut));
            observer.OnServerBytes(response.AsSpan(cut));
        }
    }

    private sealed class Counter : IExchangeEvents
    {
        private long _bytes;

        public int Completed { get; private set; }

        public void OnRequestHead(int slot, in RequestHead head) => _bytes += head.Target.Length;
        public void OnRequestBody(int slot, ReadOnlySpan<byte> decodedBytes) => _bytes += decodedBytes.Length;
        public void OnRequestEnd(int slot) => _bytes++;
        public void OnResponseHead(int slot, in ResponseHead head) => _bytes += head.StatusCode;
        public void OnResponseBody(int slot, ReadOnlySpan<byte> decodedBytes) => _bytes += decodedBytes.Length;
        public void OnResponseTrailers(int slot, in ResponseTrailers trailers) => _bytes++;
        public void OnResponseEnd(int slot) => _bytes++;
        public void OnExchangeSkipped(OpaqueReason reason) => _bytes = -1;
        public void OnExchangeEnded(int slot, ExchangeEnd how) => Completed += how == ExchangeEnd.Complete ? 1 : 0;
        public void OnOpaque(OpaqueReason reason) => _bytes = -1;
    }
}
