using System.Globalization;
using System.IO.Compression;
using System.Text;
using Sidecar.FunctionalTests.Harness;
using ZstdSharp;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Compressed bodies pass as they are, and are decoded beside the relay.</summary>
public sealed class ContentCodingTests
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task Coded_request_and_answer_pass_untouched_and_are_decoded(string coding)
    {
        using var upstream = new RawServer();
        await using var sidecar = await RelayUnderTest.StartAsync(upstream.Port, RelayUnderTest.WithoutMetadata);
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var server = await upstream.AcceptAsync();
        for (var i = 0; i < 20; i++)
        {
            await CrossAsync(client, server, Message($"POST {V2.Path} HTTP/1.1\r\nHost: m\r\n", coding, V2.Body(id: $"r{i}")));
            await CrossAsync(server, client, Message("HTTP/1.1 200 OK\r\n", coding, V2.Answer()));
        }

        Assert.Equal(20, (await sidecar.SettledAsync()).Decoded);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(20, series.Sum("sidecar_inference_duration_seconds_count", ("model", "toy"), ("model_version", "1")));
    }

    [Theory]
    [InlineData("gzip", "too_large")]
    [InlineData("br", "too_large")]
    [InlineData("zstd", "too_large")]
    [InlineData("compress", "unsupported_encoding")]
    [InlineData("gzip, br", "unsupported_encoding")]
    [InlineData("damaged gzip", "malformed")]
    public async Task Body_that_cannot_be_decoded_passes_untouched_and_is_counted(string coding, string reason)
    {
        using var upstream = new RawServer();
        await using var sidecar = await RelayUnderTest.StartAsync(
            upstream.Port, options => RelayUnderTest.WithoutMetadata(options) with { Capture = options.Capture with { MaxBody = 64 * 1024 } });
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var server = await upstream.AcceptAsync();
        var body = reason == "too_large" ? V2.Body(string.Join(',', Enumerable.Repeat("0", 1_000_000)), "1,1000000") : V2.Body();
        var request = Message($"POST {V2.Path} HTTP/1.1\r\nHost: m\r\n", coding.Split(' ')[^1], body);
        if (coding.StartsWith("damaged", StringComparison.Ordinal))
            request.AsSpan(request.Length - 30).Clear();
        if (coding.Contains(',', StringComparison.Ordinal))
            request = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(request).Replace("Encoding: br", "Encoding: gzip, br", StringComparison.Ordinal));
        await CrossAsync(client, server, request);
        await CrossAsync(server, client, Message("HTTP/1.1 200 OK\r\n", "identity", V2.Answer()));

        Assert.Equal(1, (await sidecar.SettledAsync()).Undecodable);
        Assert.Equal(1, await sidecar.CountAsync("undecodable", reason));
    }

    private static async Task CrossAsync(RawConnection from, RawConnection to, byte[] bytes)
    {
        await from.SendAsync(bytes);
        Assert.Equal(bytes, await to.ReceiveAsync(bytes.Length));
    }

    private static byte[] Message(string head, string coding, string body)
    {
        using var coded = new MemoryStream();
        using (Stream stream = coding switch
        {
            "gzip" => new GZipStream(coded, CompressionLevel.Optimal, leaveOpen: true),
            "deflate" => new ZLibStream(coded, CompressionLevel.Optimal, leaveOpen: true),
            "br" => new BrotliStream(coded, CompressionLevel.Optimal, leaveOpen: true),
            "zstd" => new CompressionStream(coded, leaveOpen: true),
            _ => new BufferedStream(new MemoryStream()),
        })
            stream.Write(Encoding.UTF8.GetBytes(body));
        var bytes = coded.Length > 0 ? coded.ToArray() : Encoding.UTF8.GetBytes(body);
        return [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{head}Content-Encoding: {coding}\r\nContent-Length: {bytes.Length}\r\n\r\n")), .. bytes];
    }
}
