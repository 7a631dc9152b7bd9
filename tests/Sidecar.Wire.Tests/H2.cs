using System.Buffers.Binary;
using System.Text;
using Sidecar.Wire.Tests.Fuzz;

namespace Sidecar.Wire.Tests;

/// <summary>Makes HTTP/2 frames (RFC 9113 §4.1), one direction's at a time, so that header blocks share a table.</summary>
internal sealed class H2
{
    public const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    // Indices of the static table (RFC 7541 appendix A).
    private static readonly Dictionary<string, int> StaticNames = new()
    {
        [":authority"] = 1, [":method"] = 2, [":path"] = 4, [":scheme"] = 6, [":status"] = 8, ["content-type"] = 31,
    };

    private static readonly Dictionary<(string Name, string Value), int> StaticFields = new()
    {
        [(":method", "POST")] = 3, [(":scheme", "http")] = 6, [(":status", "200")] = 8, [(":status", "404")] = 13, [(":status", "500")] = 14,
    };

    private readonly List<(string Name, string Value)> _table = [];
    private readonly Random? _random;
    private int _tableSize = 4096;

    /// <param name="random">Chooses among the representations of a field; null: literals without indexing.</param>
    public H2(Random? random = null) => _random = random;

    public static byte[] Frame(int type, int flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = (byte)type;
        frame[4] = (byte)flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    public static byte[] Settings() => Frame(4, 0, 0, [0, 3, 0, 0, 0, 100]);

    public static byte[] Data(int stream, string data, bool end = false, int padding = -1)
    {
        var bytes = Encoding.Latin1.GetBytes(data);
        return padding < 0
            ? Frame(0, end ? 1 : 0, stream, bytes)
            : Frame(0, (end ? 1 : 0) | 8, stream, [(byte)padding, .. bytes, .. new byte[padding]]);
    }

    public static byte[] Reset(int stream, int code) => Frame(3, 0, stream, [0, 0, 0, (byte)code]);

    public static byte[] GoAway(int lastStream) => Frame(7, 0, 0, [0, 0, 0, (byte)lastStream, 0, 0, 0, 0]);

    /// <summary>HEADERS, with CONTINUATION frames of at most <paramref name="piece"/> bytes.</summary>
    public byte[] Headers(int stream, bool end, string fields, int piece = int.MaxValue, int padding = -1, bool priority = false)
    {
        var block = Block(fields);
        var first = block.AsSpan(0, Math.Min(piece, block.Length));
        var flags = (end ? 1 : 0) | (first.Length == block.Length ? 4 : 0) | (padding >= 0 ? 8 : 0) | (priority ? 0x20 : 0);
        byte[] payload = [.. padding >= 0 ? new[] { (byte)padding } : [], .. priority ? new byte[5] : [], .. first, .. new byte[Math.Max(0, padding)]];
        var frames = new List<byte>(Frame(1, flags, stream, payload));
        for (var at = first.Length; at < block.Length; at += piece)
        {
            var next = block.AsSpan(at, Math.Min(piece, block.Length - at));
            frames.AddRange(Frame(9, at + next.Length == block.Length ? 4 : 0, stream, next));
        }

        return [.. frames];
    }

    /// <summary>PUSH_PROMISE, whole (RFC 9113 §6.6).</summary>
    public byte[] Promise(int stream, int promised, string fields) => Frame(5, 4, stream, [0, 0, 0, (byte)promised, .. Block(fields)]);

    /// <summary>A request's head: method, path, and further fields as <c>name: value</c> lines.</summary>
    public byte[] Request(int stream, string path, bool end, string more = "") =>
        Headers(stream, end, $":method: POST\n:scheme: http\n:path: {path}\n:authority: model:8001{(more.Length > 0 ? "\n" + more : "")}");

    public static string Text(params byte[][] frames) => Encoding.Latin1.GetString([.. frames.SelectMany(frame => frame)]);

    /// <summary>Encodes fields given as <c>name: value</c> lines.</summary>
    public byte[] Block(string fields)
    {
        var block = new List<byte>();
        if (_random?.Next(12) == 0)
            Resize(block);
        foreach (var line in fields.Split('\n'))
        {
            var colon = line.IndexOf(": ", 1, StringComparison.Ordinal);
            Field(block, line[..colon], line[(colon + 2)..]);
        }

        return [.. block];
    }

    // The smallest size in between is told too (RFC 7541 §4.2).
    private void Resize(List<byte> block)
    {
        if (_random!.Next(3) == 0)
            Resize(block, 0);
        Resize(block, _random.Next(5) switch { 0 => 0, 1 => 100, 2 => 1000, 3 => 8192, _ => 4096 });
    }

    private void Resize(List<byte> block, int size)
    {
        Integer(block, 0x20, 5, size);
        _tableSize = size;
        Evict();
    }

    // RFC 7541 §4: each entry counts its bytes and 32 more.
    private void Evict()
    {
        while (_table.Sum(entry => entry.Name.Length + entry.Value.Length + 32) > _tableSize)
            _table.RemoveAt(_table.Count - 1);
    }

    private void Field(List<byte> block, string name, string value)
    {
        var choice = _random?.Next(4) ?? 0;
        var whole = _table.FindIndex(entry => entry == (name, value));
        if (choice != 0 && (whole >= 0 || StaticFields.ContainsKey((name, value))))
        {
            Integer(block, 0x80, 7, whole >= 0 ? 62 + whole : StaticFields[(name, value)]);
            return;
        }

        var known = _table.FindIndex(entry => entry.Name == name);
        var index = choice <= 1 ? 0 : known >= 0 ? 62 + known : StaticNames.GetValueOrDefault(name);
        var (pattern, prefix) = choice switch { 1 or 2 => (0x40, 6), 3 => (0x10, 4), _ => (0x00, 4) };
        Integer(block, pattern, prefix, index);
        if (index == 0)
            Literal(block, name);
        Literal(block, value);
        if (pattern != 0x40)
            return;
        _table.Insert(0, (name, value));
        Evict();
    }

    private void Literal(List<byte> block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        var coded = _random?.Next(2) == 0 ? ReferenceHuffman.Encode(bytes) : null;
        Integer(block, coded is null ? 0 : 0x80, 7, (coded ?? bytes).Length);
        block.AddRange(coded ?? bytes);
    }

    private static void Integer(List<byte> block, int pattern, int prefix, int value)
    {
        var full = (1 << prefix) - 1;
        if (value < full)
        {
            block.Add((byte)(pattern | value));
            return;
        }

        block.Add((byte)(pattern | full));
        for (value -= full; value >= 128; value >>= 7)
            block.Add((byte)(value | 128));
        block.Add((byte)value);
    }
}
