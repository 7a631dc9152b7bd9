using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Sidecar.Wire;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>Takes down what an observer tells of one connection. How an exchange ended shows in its status, where it is not complete.</summary>
internal sealed class ObservedConnection(Tally observed) : IExchangeEvents
{
    private readonly Dictionary<int, Open> _open = [];

    public void OnRequestHead(int slot, in RequestHead head)
    {
        var open = _open[slot] = new Open { Http2 = head.MajorVersion == 2 };
        open.Request.Start = open.Http2
            ? $"{Text(head.Method)} {Text(head.Target)} HTTP/2"
            : $"{Text(head.Method)} {Text(head.Target)} HTTP/{head.MajorVersion}.{head.MinorVersion}";
        open.Request.Fields = open.Http2 ? Http2Fields(head.Fields) : Http1Fields(head.Raw);
        if (open.Http2)
            open.Request.Fields.Add($"host: {Text(head.Host)}");
        open.Id = Text(head.RequestId);
        if (head.ContentType.StartsWith("application/grpc"u8))
            (open.Request.Messages, open.Response.Messages) = (new(), new());
    }

    public void OnRequestBody(int slot, ReadOnlySpan<byte> decodedBytes) => _open[slot].Request.Add(decodedBytes);

    public void OnRequestEnd(int slot) => _open[slot].RequestEnded = true;

    public void OnResponseHead(int slot, in ResponseHead head)
    {
        var open = _open[slot];
        open.Response.Start = head.StatusCode.ToString(CultureInfo.InvariantCulture);
        // After an upgrade the answer to a request in HTTP/1.1 comes in HTTP/2.
        open.Http2 = head.MajorVersion == 2;
        open.Response.Fields = open.Http2 ? Http2Fields(head.Fields) : Http1Fields(head.Raw);
        open.Response.Trailers = [];
        open.Interim = head.InterimCount;
    }

    public void OnResponseBody(int slot, ReadOnlySpan<byte> decodedBytes) => _open[slot].Response.Add(decodedBytes);

    public void OnResponseTrailers(int slot, in ResponseTrailers trailers) =>
        _open[slot].Response.Trailers = _open[slot].Http2 ? Http2Fields(trailers.Fields) : Http1Lines(trailers.Fields);

    public void OnResponseEnd(int slot) => _open[slot].ResponseEnded = true;

    public void OnExchangeEnded(int slot, ExchangeEnd how)
    {
        _open.Remove(slot, out var open);
        if (how != ExchangeEnd.Complete)
            open!.Response.Start += $" {how}";
        observed.Add(new SeenExchange(
            open!.Id, open.Request.Seen() with { Ended = open.RequestEnded }, open.Response.Seen() with { Ended = open.ResponseEnded, Interim = open.Interim }).Normalised());
    }

    public void OnExchangeSkipped(OpaqueReason reason) => OnOpaque(reason);

    public void OnOpaque(OpaqueReason reason) =>
        observed.Add(new SeenExchange("", new SeenMessage { Start = $"opaque: {reason}" }, new SeenMessage()));

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    // Not by the observer's own reading of lines, which is under test.
    private static List<string> Http1Fields(ReadOnlySpan<byte> raw) => Http1Lines(raw[(raw.IndexOf((byte)'\n') + 1)..]);

    private static List<string> Http1Lines(ReadOnlySpan<byte> lines) =>
        [.. Text(lines).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(':', 2)).Select(field => $"{field[0].ToLowerInvariant()}: {field[1].Trim()}")];

    private static List<string> Http2Fields(ReadOnlySpan<byte> decoded)
    {
        var all = new List<string>();
        var fields = new HeaderFields(decoded);
        while (fields.Next(out var name, out var value))
        {
            if (!name.StartsWith(":"u8))
                all.Add($"{Text(name)}: {Text(value)}");
        }

        return all;
    }

    private sealed class Open
    {
        public bool Http2 { get; set; }
        public string Id { get; set; } = "";
        public bool RequestEnded { get; set; }
        public bool ResponseEnded { get; set; }
        public int Interim { get; set; }
        public Message Request { get; } = new();
        public Message Response { get; } = new();
    }

    private sealed class Message
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _length;

        public string? Start { get; set; }
        public List<string>? Fields { get; set; }
        public List<string>? Trailers { get; set; }

        /// <summary>Kept for gRPC only, whose parties tell messages and not bytes.</summary>
        public MemoryStream? Messages { get; set; }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            _length += bytes.Length;
            _hash.AppendData(bytes);
            Messages?.Write(bytes);
        }

        public SeenMessage Seen()
        {
            using (_hash)
            {
                return new SeenMessage
                {
                    Start = Start, Fields = Fields, Trailers = Trailers, Length = _length, Hash = Convert.ToHexString(_hash.GetCurrentHash()),
                    Messages = Messages is null ? null : [.. Split(Messages.ToArray())],
                };
            }
        }

        // Length-Prefixed-Message of gRPC: a flag, four bytes of length, the message, by gzip where the flag says so.
        private static IEnumerable<string> Split(byte[] body)
        {
            for (var at = 0; at < body.Length;)
            {
                if (body.Length - at < 5 || body.Length - at - 5 < BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1)))
                {
                    yield return "cut short";
                    break;
                }

                var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(at + 1));
                var message = body.AsSpan(at + 5, length).ToArray();
                if (body[at] == 1)
                {
                    using var unpacked = new MemoryStream();
                    using (var gzip = new GZipStream(new MemoryStream(message), CompressionMode.Decompress))
                        gzip.CopyTo(unpacked);
                    message = unpacked.ToArray();
                }

                yield return $"{message.Length} {Convert.ToHexString(SHA256.HashData(message))}";
                at += 5 + length;
            }
        }
    }
}
