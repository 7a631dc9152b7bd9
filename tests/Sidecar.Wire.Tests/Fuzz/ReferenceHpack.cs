using System.Text;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>A decoder of header blocks (RFC 7541) written for nothing but to be plain: lists, arrays and exceptions, over another implementation's tables.</summary>
internal sealed class ReferenceHpack(int maxTableBytes)
{
    private static readonly (byte[] Name, byte[] Value)[] Static =
        [.. File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "golden", "hpack", "static.txt")).Select(Split)];

    private readonly List<(byte[] Name, byte[] Value)> _table = [];
    private int _size = 4096;

    /// <summary>The fields as <c>name: value</c>; null where the block breaks the format.</summary>
    public List<string>? Decode(byte[] block)
    {
        try
        {
            return Fields(block);
        }
        catch (Exception broken) when (broken is FormatException or IndexOutOfRangeException or ArgumentException)
        {
            return null;
        }
    }

    private List<string> Fields(byte[] block)
    {
        var fields = new List<string>();
        for (var at = 0; at < block.Length;)
        {
            var first = block[at];
            if (first >= 0x80)
            {
                var (name, value) = Entry(Integer(block, ref at, 7));
                fields.Add(Text(name, value));
            }
            else if (first is >= 0x20 and < 0x40)
            {
                var size = Integer(block, ref at, 5);
                if (fields.Count > 0 || size > maxTableBytes)
                    throw new FormatException();
                _size = (int)size;
                Evict();
            }
            else
            {
                var index = Integer(block, ref at, first >= 0x40 ? 6 : 4);
                var name = index > 0 ? Entry(index).Name : String(block, ref at);
                var value = String(block, ref at);
                fields.Add(Text(name, value));
                if (first < 0x40)
                    continue;
                _table.Insert(0, (name, value));
                Evict();
            }
        }

        return fields;
    }

    // The oldest go first; the newest goes too where it is larger than the table.
    private void Evict()
    {
        while (_table.Sum(entry => entry.Name.Length + entry.Value.Length + 32) > _size)
            _table.RemoveAt(_table.Count - 1);
    }

    private (byte[] Name, byte[] Value) Entry(long index)
    {
        var place = (int)Math.Min(index - 1, int.MaxValue);
        return place < Static.Length ? Static[place] : _table[place - Static.Length];
    }

    private static byte[] String(byte[] block, ref int at)
    {
        var huffman = block[at] >= 0x80;
        var length = Integer(block, ref at, 7);
        if (length > block.Length - at)
            throw new FormatException();
        var bytes = block[at..(at + (int)length)];
        at += (int)length;
        return huffman ? ReferenceHuffman.Decode(bytes) ?? throw new FormatException() : bytes;
    }

    // At most five octets of continuation: more are an implementation's limit (§5.1), and this is ours.
    private static long Integer(byte[] block, ref int at, int prefix)
    {
        long value = block[at++] & ((1 << prefix) - 1);
        if (value < (1 << prefix) - 1)
            return value;
        for (var i = 0; i < 5; i++)
        {
            var octet = block[at++];
            value += (long)(octet & 0x7F) << (7 * i);
            if (octet < 0x80)
                return value;
        }

        throw new FormatException();
    }

    private static (byte[] Name, byte[] Value) Split(string line)
    {
        var colon = line.IndexOf(": ", 1, StringComparison.Ordinal);
        return (Encoding.ASCII.GetBytes(line[..colon]), Encoding.ASCII.GetBytes(line[(colon + 2)..]));
    }

    private static string Text(byte[] name, byte[] value) => Encoding.Latin1.GetString(name) + ": " + Encoding.Latin1.GetString(value);
}
