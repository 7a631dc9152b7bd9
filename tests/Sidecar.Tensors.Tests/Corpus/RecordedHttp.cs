using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Sidecar.Tensors.Tests.Corpus;

/// <summary>One HTTP/1.1 message of a recording: the start line, header fields in lower case, and the body with framing and content encoding undone.</summary>
internal sealed record RecordedHttp(string StartLine, Dictionary<string, string> Headers, byte[] Body)
{
    /// <summary>A plain JSON body: no binary section, no event stream, no coding that the base library can't undo.</summary>
    public bool IsPlainJson => !Headers.ContainsKey("inference-header-content-length")
        && Headers.GetValueOrDefault("content-encoding") != "zstd"
        && !Headers.GetValueOrDefault("content-type", "").Contains("event-stream", StringComparison.Ordinal);

    /// <summary>The messages of one direction, interim answers left out; stops where it meets something else than HTTP/1.1.</summary>
    public static List<RecordedHttp> Split(ReadOnlySpan<byte> bytes)
    {
        var messages = new List<RecordedHttp>();
        while (true)
        {
            var end = bytes.IndexOf("\r\n\r\n"u8);
            if (end < 0)
                return messages;
            var lines = Encoding.Latin1.GetString(bytes[..end]).Split("\r\n");
            bytes = bytes[(end + 4)..];
            if (lines[0].StartsWith("PRI ", StringComparison.Ordinal) || lines[0].Contains(" 101 ", StringComparison.Ordinal))
                return messages;
            var headers = lines.Skip(1).Select(line => line.Split(':', 2))
                .GroupBy(parts => parts[0].ToLowerInvariant(), parts => parts[1].Trim())
                .ToDictionary(group => group.Key, group => string.Join(", ", group));
            var body = TakeBody(ref bytes, headers, isAnswer: lines[0].StartsWith("HTTP/", StringComparison.Ordinal));
            if (!lines[0].Contains(" 100 ", StringComparison.Ordinal))
                messages.Add(new RecordedHttp(lines[0], headers, Decode(body, headers.GetValueOrDefault("content-encoding"))));
        }
    }

    private static byte[] TakeBody(ref ReadOnlySpan<byte> bytes, Dictionary<string, string> headers, bool isAnswer)
    {
        if (headers.GetValueOrDefault("transfer-encoding") == "chunked")
            return TakeChunks(ref bytes);
        var length = headers.TryGetValue("content-length", out var text) ? int.Parse(text, CultureInfo.InvariantCulture)
            : isAnswer && headers.ContainsKey("content-type") ? bytes.Length : 0;
        var body = bytes[..Math.Min(length, bytes.Length)].ToArray();
        bytes = bytes[body.Length..];
        return body;
    }

    private static byte[] TakeChunks(ref ReadOnlySpan<byte> bytes)
    {
        var body = new List<byte>();
        while (true)
        {
            var line = bytes[..bytes.IndexOf("\r\n"u8)];
            var size = int.Parse(Encoding.ASCII.GetString(line).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            bytes = bytes[(line.Length + 2)..];
            if (size == 0)
                break;
            body.AddRange(bytes[..size]);
            bytes = bytes[(size + 2)..];
        }

        // Trailers, if any, up to the empty line.
        while (!bytes.StartsWith("\r\n"u8))
            bytes = bytes[(bytes.IndexOf("\r\n"u8) + 2)..];
        bytes = bytes[2..];
        return [.. body];
    }

    private static byte[] Decode(byte[] body, string? encoding)
    {
        using var source = new MemoryStream(body);
        using Stream? decoder = encoding switch
        {
            "gzip" => new GZipStream(source, CompressionMode.Decompress),
            "deflate" => new ZLibStream(source, CompressionMode.Decompress),
            "br" => new BrotliStream(source, CompressionMode.Decompress),
            _ => null,
        };
        if (decoder is null)
            return body;
        using var plain = new MemoryStream();
        decoder.CopyTo(plain);
        return plain.ToArray();
    }
}
