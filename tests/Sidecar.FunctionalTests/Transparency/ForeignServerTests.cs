using System.Text;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Transparency;

/// <summary>A server of another kind that a class of tests shares, with a sidecar in front of it.</summary>
public abstract class ForeignServerTests : IAsyncLifetime
{
    private protected ForeignServer Server { get; private set; } = null!;
    private protected RelayUnderTest Sidecar { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await StartServerAsync();
        Sidecar = await RelayUnderTest.StartAsync(Server.EndPoint.Port);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Sidecar.DisposeAsync();
        await Server.DisposeAsync();
    }

    private protected abstract Task<ForeignServer> StartServerAsync();

    private protected async Task AssertSameAsync(HttpCase[] cases)
    {
        long requests = 0;
        foreach (var request in cases)
        {
            foreach (var client in HttpTestClient.Names.Where(name => name != "curl" || Tool.IsInstalled("curl")))
            {
                await TranscriptCheck.SameAsync(client, request, Server.EndPoint, Sidecar.Traffic);
                requests += request.Times;
                var totals = await Sidecar.SettledAsync();
                Assert.True((requests, 0, 0) == (totals.Observed, totals.Dropped, totals.Opaque), $"after {client}, {request.Name}: {totals}, not {requests}");
            }
        }
    }
}

/// <summary>Python's file server: a thread a connection, unbuffered heads.</summary>
public sealed class PythonServerTests : ForeignServerTests
{
    private protected override Task<ForeignServer> StartServerAsync() => ForeignServer.PythonAsync();

    [Fact]
    public Task Every_client_sees_the_bytes_that_it_sees_without_the_sidecar() => AssertSameAsync(
    [
        new("GET", "GET", "/small.txt"),
        new("HEAD", "HEAD", "/large.bin"),
        new("a large file", "GET", "/large.bin"),
        new("an empty file", "GET", "/empty.txt"),
        new("304", "GET", "/small.txt") { Headers = [("If-Modified-Since", "Fri, 02 Jan 2026 00:00:00 GMT")] },
        new("404", "GET", "/nowhere") { Close = true },
        new("Connection: close", "GET", "/large.bin") { Close = true },
        new("HTTP/1.0", "GET", "/small.txt") { Http10 = true },
        new("a method that it does not have", "POST", "/small.txt") { Framing = BodyFraming.ContentLength, BodyLength = 0, Close = true },
    ]);
}

/// <summary>nginx: sendfile, WebDAV uploads, compressed answers, resets.</summary>
public sealed class NginxTests : ForeignServerTests
{
    private protected override Task<ForeignServer> StartServerAsync() => ForeignServer.NginxAsync();

    [Fact]
    public Task Every_client_sees_the_bytes_that_it_sees_without_the_sidecar() => AssertSameAsync(
    [
        new("GET", "GET", "/small.txt"),
        new("HEAD", "HEAD", "/large.bin"),
        new("a large file", "GET", "/large.bin"),
        new("a range", "GET", "/large.bin") { Headers = [("Range", "bytes=1000-2999999")] },
        new("a fixed answer", "GET", "/fixed"),
        new("204", "GET", "/nothing"),
        new("302", "GET", "/moved"),
        new("304", "GET", "/small.txt") { Headers = [("If-Modified-Since", "Thu, 01 Jan 2026 00:00:00 GMT")] },
        new("404", "GET", "/nowhere"),
        new("405", "POST", "/small.txt") { Framing = BodyFraming.ContentLength, BodyLength = 1_001 },
        new("a gzip answer in chunks", "GET", "/packed.txt") { Headers = [("Accept-Encoding", "gzip")] },
        new("Connection: close", "GET", "/large.bin") { Close = true },
        new("HTTP/1.0", "GET", "/large.bin") { Http10 = true },
        new("an upload", "PUT", "/put/a") { Framing = BodyFraming.ContentLength, BodyLength = 1_500_001, Close = true },
        new("what was uploaded", "GET", "/put/a"),
        new("a chunked upload", "PUT", "/put/b") { Framing = BodyFraming.Chunked, BodyLength = 700_001, Expect = true, Close = true },
    ]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_upload_lands_on_the_disk_unchanged(bool chunked)
    {
        var framing = chunked ? BodyFraming.Chunked : BodyFraming.ContentLength;
        var upload = new HttpCase("", "PUT", "/put/upload") { Framing = framing, BodyLength = 4_000_037, Expect = true, Close = true };
        await new RawHttpClient().RunAsync(Sidecar.Traffic, upload);
        Assert.Equal(upload.Body, await File.ReadAllBytesAsync(Path.Combine(Server.Folder.Path, "put", "upload")));
    }

    [Fact]
    public async Task A_server_that_closes_without_an_answer_is_not_answered_for()
    {
        using var client = await RawConnection.ConnectAsync(Sidecar.Traffic);
        await client.SendAsync("GET /gone HTTP/1.1\r\nHost: model.test\r\n\r\n");
        Assert.Empty(await client.ReceiveToEndAsync());
        client.Dispose();
        Assert.Equal(1, (await Sidecar.SettledAsync()).Observed);
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        using var client = await RawConnection.ConnectAsync(Sidecar.Traffic);
        await client.SendAsync(string.Concat(Enumerable.Range(0, 12).Select(i => $"GET /{(i % 2 == 0 ? "fixed" : "small.txt")} HTTP/1.1\r\nHost: model.test\r\n\r\n")));
        for (var i = 0; i < 12; i++)
            Assert.Equal(i % 2 == 0 ? "a fixed answer\n" : "a small file\n", Encoding.ASCII.GetString((await client.ReceiveResponseAsync()).Body));
        client.Dispose();
        var totals = await Sidecar.SettledAsync();
        Assert.Equal((12, 0), (totals.Observed, totals.Opaque));
    }
}
