using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Transparency;

/// <summary>Keeps measurements of memory and floods of connections apart from everything else.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Large bodies, many connections and slow readers.</summary>
[Collection(nameof(Alone))]
public sealed class VolumeTests(ITestOutputHelper output)
{
    private const long MiB = 1 << 20;

    // A gigabyte each way and framing when asked for (SIDECAR_TESTS_FULL=1), else a quarter of it.
    private static readonly long Length = Environment.GetEnvironmentVariable("SIDECAR_TESTS_FULL") == "1" ? 1024 * MiB + 1 : 256 * MiB + 1;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_upload_arrives_unchanged(bool chunked)
    {
        await using var server = await KestrelServer.StartAsync();
        await using var sidecar = await RelayUnderTest.StartAsync(server.EndPoint.Port);
        using var handler = DotnetHttpClient.HandlerTo(sidecar.Traffic);
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromMinutes(10) };
        using var body = new SeededBytes(chunked ? 11UL : 12UL);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("http://model.test/hash")) { Content = new Generated(body, Length, chunked) };
        var grown = Growth();
        using var response = await client.SendAsync(request);
        Assert.Equal($"{Length} {body.Hash}", await response.Content.ReadAsStringAsync());
        AssertBounded(grown());
        Assert.Equal(1, (await sidecar.SettledAsync()).Observed);
        Assert.True(sidecar.Application.Relay[0].BytesFromClient > Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_long_download_arrives_unchanged(bool chunked)
    {
        await using var server = await KestrelServer.StartAsync();
        await using var sidecar = await RelayUnderTest.StartAsync(server.EndPoint.Port);
        using var handler = DotnetHttpClient.HandlerTo(sidecar.Traffic);
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromMinutes(10) };
        var seed = chunked ? 21UL : 22UL;
        var grown = Growth();
        using var response = await client.GetAsync(
            new Uri($"http://model.test/bytes?length={Length}&seed={seed}{(chunked ? "&chunked=1" : "")}"), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(chunked, response.Headers.TransferEncodingChunked == true);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[100_003];
        int count;
        while ((count = await stream.ReadAsync(buffer)) > 0)
            hash.AppendData(buffer, 0, count);

        using var expected = new SeededBytes(seed);
        foreach (var _ in expected.Portions(Length))
        {
        }

        Assert.Equal(expected.Hash, Convert.ToHexString(hash.GetCurrentHash()));
        AssertBounded(grown());
        Assert.Equal(1, (await sidecar.SettledAsync()).Observed);
    }

    [Fact]
    public async Task Two_hundred_connections_at_once_keep_their_bytes_apart()
    {
        await using var server = await KestrelServer.StartAsync();
        await using var sidecar = await RelayUnderTest.StartAsync(server.EndPoint.Port);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(TalkAsync));
        var totals = await sidecar.SettledAsync();
        Assert.Equal((1_000, 0, 0), (totals.Observed, totals.Opaque, totals.Dropped));
        Assert.Equal(200, sidecar.Application.Relay[0].Accepted);

        async Task TalkAsync(int seed)
        {
            var random = new Random(seed);
            using var connection = await RawConnection.ConnectAsync(sidecar.Traffic);
            for (var i = 0; i < 5; i++)
            {
                var length = random.Next(4) == 0 ? random.Next(100_000) : random.Next(2_000);
                var chunk = random.Next(2) == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"?chunk={random.Next(100, 20_000)}");
                var request = new HttpCase("", "POST", "/echo" + chunk)
                {
                    Framing = random.Next(2) == 0 ? BodyFraming.Chunked : BodyFraming.ContentLength,
                    BodyLength = length,
                };
                await connection.SendAsync(request.Head());
                await connection.SendBodyAsync(request);
                var (_, body) = await connection.ReceiveResponseAsync();
                Assert.True(request.Body.AsSpan().SequenceEqual(body), $"connection {seed}, request {i}: another body came back");
            }
        }
    }

    [Fact]
    public async Task Two_thousand_idle_connections_cost_little_and_all_still_work()
    {
        const int Count = 2_000;
        await using var server = await KestrelServer.StartAsync();
        await using var sidecar = await RelayUnderTest.StartAsync(server.EndPoint.Port);
        var clients = new List<RawConnection>(Count);
        try
        {
            for (var i = 0; i < Count; i++)
                clients.Add(await RawConnection.ConnectAsync(sidecar.Traffic));
            await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].Open == Count && server.Open == Count, "all are open to the end");

            // Each is used after all of them lay idle; the first ones once more, to see that others' traffic did not end them.
            foreach (var client in clients.Concat(clients.Take(50)))
            {
                await client.SendAsync("GET /echo HTTP/1.1\r\nHost: model.test\r\n\r\n");
                Assert.StartsWith("HTTP/1.1 200 OK", (await client.ReceiveResponseAsync()).Head, StringComparison.Ordinal);
            }

            Assert.Equal(Count, sidecar.Application.Relay[0].Open);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].Open == 0, "all are closed");
        Assert.Equal(Count + 50, (await sidecar.SettledAsync()).Observed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_slow_reader_holds_its_sender_back_and_fills_no_memory(bool clientReads)
    {
        const int Total = 64 * (int)MiB;
        const int ReceiveBuffer = 64 * 1024;
        using var upstream = new RawServer(ReceiveBuffer);
        await using var sidecar = await RelayUnderTest.StartAsync(
            upstream.Port, options => RelayUnderTest.WithoutMetadata(options) with { Relay = options.Relay with { SocketBuffers = ReceiveBuffer } }); // what the system lets them grow to may be more than all there is
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic, ReceiveBuffer);
        using var server = await upstream.AcceptAsync();
        await client.SendAsync($"POST /infer HTTP/1.1\r\nContent-Length: {(clientReads ? 0 : Total)}\r\n\r\n");
        await server.ReceiveThroughAsync("\r\n\r\n");
        if (clientReads)
        {
            await server.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Total}\r\n\r\n");
            await client.ReceiveThroughAsync("\r\n\r\n");
        }

        var (from, to) = clientReads ? (server.Socket, client.Socket) : (client.Socket, server.Socket);
        var grown = Growth();
        long sent = 0;
        using var bytes = new SeededBytes(5);
        var sending = Task.Run(async () =>
        {
            foreach (var portion in bytes.Portions(Total))
            {
                for (var rest = portion; !rest.IsEmpty;)
                {
                    var count = await from.SendAsync(rest);
                    Interlocked.Add(ref sent, count);
                    rest = rest[count..];
                }
            }
        });

        // Nobody reads: the sender stands still once the system's buffers on the way are full.
        var (last, since) = (-1L, Stopwatch.StartNew());
        await RelayUnderTest.UntilAsync(
            () =>
            {
                var now = Interlocked.Read(ref sent);
                if (now != last)
                    (last, since) = (now, Stopwatch.StartNew());
                return now > 0 && since.ElapsedMilliseconds > 500;
            },
            "the sender is held back");
        // What was taken lies in buffers of the system, which grows them as far as its settings let it.
        Assert.True(last < Total, $"all {last} bytes were taken though nobody reads");
        output.WriteLine($"{last} bytes were taken");
        AssertBounded(grown());

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[8 * 1024];
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        for (long received = 0; received < Total;)
        {
            var count = await to.ReceiveAsync(buffer, patience.Token);
            Assert.True(count > 0, "the connection ended early");
            hash.AppendData(buffer, 0, count);
            received += count;
        }

        await sending;
        Assert.Equal(bytes.Hash, Convert.ToHexString(hash.GetCurrentHash()));
        AssertBounded(grown());
    }

    /// <summary>Measures from here: by how much the live managed memory has grown, in bytes.</summary>
    private static Func<long> Growth()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        return () => GC.GetTotalMemory(forceFullCollection: true) - before;
    }

    private void AssertBounded(long growth)
    {
        output.WriteLine($"grown by {growth / 1024} KiB");
        Assert.True(growth < 64 * MiB, $"memory grew by {growth} bytes");
    }

    /// <summary>A body that is made while it is sent.</summary>
    private sealed class Generated(SeededBytes bytes, long length, bool chunked) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var portion in bytes.Portions(length))
                await stream.WriteAsync(portion);
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return !chunked;
        }
    }
}
