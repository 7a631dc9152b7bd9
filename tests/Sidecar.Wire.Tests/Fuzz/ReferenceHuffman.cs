namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>Huffman's code of RFC 7541 appendix B, bit by bit from another implementation's table: as slow and as plain as can be.</summary>
internal static class ReferenceHuffman
{
    private const int EndOfString = 256;
    private static readonly string[] Codes = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "golden", "hpack", "huffman.txt"));
    private static readonly Dictionary<(int Length, int Code), int> Symbols =
        Codes.Select((code, symbol) => (code, symbol)).ToDictionary(one => (one.code.Length, Convert.ToInt32(one.code, 2)), one => one.symbol);

    public static byte[] Encode(ReadOnlySpan<byte> text)
    {
        var bytes = new List<byte>();
        var (held, bits) = (0L, 0);
        foreach (var symbol in text)
        {
            held = (held << Codes[symbol].Length) | (long)Convert.ToInt32(Codes[symbol], 2);
            for (bits += Codes[symbol].Length; bits >= 8; bits -= 8)
                bytes.Add((byte)(held >> (bits - 8)));
            held &= (1L << bits) - 1;
        }

        if (bits > 0)
            bytes.Add((byte)((held << (8 - bits)) | (0xFFL >> bits)));
        return [.. bytes];
    }

    /// <summary>The decoded string; null where it holds end-of-string, or ends with anything but up to seven ones.</summary>
    public static byte[]? Decode(ReadOnlySpan<byte> encoded)
    {
        var text = new List<byte>();
        var (code, length) = (0, 0);
        foreach (var octet in encoded)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                (code, length) = ((code << 1) | ((octet >> bit) & 1), length + 1);
                if (!Symbols.TryGetValue((length, code), out var symbol))
                    continue;
                if (symbol == EndOfString)
                    return null;
                text.Add((byte)symbol);
                (code, length) = (0, 0);
            }
        }

        return length <= 7 && code == (1 << length) - 1 ? [.. text] : null;
    }
}
