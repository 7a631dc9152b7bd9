using System.Text.Json;

namespace Sidecar.Offline;

/// <summary>What happened next on a recorded connection.</summary>
/// <param name="Side"><c>c</c> or <c>s</c> sent (or, with length 0, closed its sending half); <c>C</c> or <c>S</c> reset the connection.</param>
/// <param name="Length">How many of that side's bytes.</param>
/// <param name="Milliseconds">When, from the connection's start.</param>
internal readonly record struct Segment(char Side, int Length, double Milliseconds);

/// <summary>A file that can't be used, in words that name it and say what to do.</summary>
internal sealed class InputFileException(string message) : Exception(message);

/// <summary>The two raw byte streams of one connection, and the order in which they came where that is known.</summary>
internal sealed record ConnectionFiles(byte[] Client, byte[] Server, IReadOnlyList<Segment>? Segments)
{
    /// <exception cref="InputFileException">A file is missing, packed, too large, or (segments) not of the format.</exception>
    public static ConnectionFiles Read(string clientPath, string serverPath, string? segmentsPath)
    {
        var client = ReadBytes(clientPath);
        var server = ReadBytes(serverPath);
        return new ConnectionFiles(client, server, segmentsPath is null ? null : ReadSegments(segmentsPath, client.Length, server.Length));
    }

    private static byte[] ReadBytes(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new InputFileException($"{path}: {failure.Message}");
        }

        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]))
            throw new InputFileException($"{path} is packed; unpack it first: xz -d {path}");
        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xD4, 0xC3, 0xB2, 0xA1]) || bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x0A, 0x0D, 0x0D, 0x0A]))
            throw new InputFileException($"{path} is a packet capture; take one connection's two streams out of it first, such as: tcpflow -r {path}");
        return bytes;
    }

    // [["c", 120, 0.4], ["s", 310, 2.7], ["s", 0, 2.8]]
    private static List<Segment> ReadSegments(string path, int clientLength, int serverLength)
    {
        var segments = new List<Segment>();
        try
        {
            using var document = JsonDocument.Parse(ReadBytes(path));
            foreach (var item in document.RootElement.EnumerateArray())
            {
                if (item[0].GetString() is not ("c" or "s" or "C" or "S") || item[1].GetInt32() < 0)
                    throw new InputFileException($"{path}: segment {segments.Count} has no side (c, s, C or S) with a length");
                segments.Add(new Segment(item[0].GetString()![0], item[1].GetInt32(), item.GetArrayLength() > 2 ? item[2].GetDouble() : 0));
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new InputFileException($"{path}: not a list of [side, length, milliseconds] segments: {failure.Message}");
        }

        var (ofClient, ofServer) = (Sum('c'), Sum('s'));
        if (ofClient != clientLength || ofServer != serverLength)
            throw new InputFileException($"{path} has {ofClient} bytes of the client and {ofServer} of the server; the files hold {clientLength} and {serverLength}");
        return segments;

        long Sum(char side) => segments.Where(segment => segment.Side == side).Sum(segment => (long)segment.Length);
    }
}
