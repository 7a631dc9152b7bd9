using System.Buffers.Binary;
using System.IO.Compression;

namespace Sidecar.Tensors.Tests.Corpus;

/// <summary>The gRPC messages of a recorded HTTP/2 connection: DATA frames put together by stream, then cut; header blocks aren't looked at.</summary>
internal static class RecordedGrpc
{
    /// <summary>One direction's messages, a list for each stream in the order of their numbers.</summary>
    /// <param name="bytes">From the connection's start; of a client the preface is skipped.</param>
    public static List<List<byte[]>> Streams(ReadOnlySpan<byte> bytes)
    {
        var preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;
        bytes = bytes.StartsWith(preface) ? bytes[preface.Length..] : bytes;
        var streams = new SortedDictionary<int, List<byte>>();
        while (bytes.Length >= 9)
        {
            var (length, isData, isPadded) = ((int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) >> 8), bytes[3] == 0, (bytes[4] & 8) != 0);
            var stream = BinaryPrimitives.ReadInt32BigEndian(bytes[5..]);
            var payload = bytes.Slice(9, length);
            bytes = bytes[(9 + length)..];
            if (!isData)
                continue;
            if (!streams.TryGetValue(stream, out var data))
                streams[stream] = data = [];
            data.AddRange(isPadded ? payload[1..^payload[0]] : payload);
        }

        return [.. streams.Values.Select(data => Messages([.. data]))];
    }

    private static List<byte[]> Messages(ReadOnlySpan<byte> data)
    {
        var messages = new List<byte[]>();
        while (data.Length >= 5)
        {
            var message = data.Slice(5, (int)BinaryPrimitives.ReadUInt32BigEndian(data[1..])).ToArray();
            messages.Add(data[0] == 0 ? message : Unzip(message));
            data = data[(5 + (int)BinaryPrimitives.ReadUInt32BigEndian(data[1..]))..];
        }

        return messages;
    }

    private static byte[] Unzip(byte[] message)
    {
        using var gzip = new GZipStream(new MemoryStream(message), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }
}
