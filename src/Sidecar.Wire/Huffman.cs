namespace Sidecar.Wire;

/// <summary>
/// The Huffman code of RFC 7541 appendix B. It is canonical (codes of one length are numbered in the order of their symbols), so the
/// lengths are all that need be stated; a table of states takes four bits at a time.
/// </summary>
internal static class Huffman
{
    private const int EndOfString = 256;
    private const uint Emits = 1 << 16;
    private const uint Fails = 1 << 17;

    // By state and nibble: the next state (8 bits), the symbol that ended (8 bits), and the flags.
    private static readonly uint[] Steps = new uint[256 * 16];

    // By state: the input may end here, since what was read of a code is at most 7 bits of ones (RFC 7541 §5.2).
    private static readonly bool[] Accepts = new bool[256];

    static Huffman() => Build();

    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>
    /// Decodes a string. False when it holds the end-of-string symbol or wrong padding. <paramref name="into"/> must hold 8/5 of its length.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, Span<byte> into, out int length)
    {
        length = 0;
        uint state = 0;
        var steps = Steps;
        foreach (var octet in encoded)
        {
            var step = steps[(state << 4) | (uint)(octet >> 4)];
            if ((step & Emits) != 0)
                into[length++] = (byte)(step >> 8);
            var failed = step & Fails;
            step = steps[((step & 0xFF) << 4) | (uint)(octet & 0xF)];
            if ((step & Emits) != 0)
                into[length++] = (byte)(step >> 8);
            if (((failed | step) & Fails) != 0)
                return false;
            state = step & 0xFF;
        }

        return Accepts[state];
    }

    // The tree's 256 inner nodes are the states. A child below 0 is the leaf of symbol ~child.
    private static void Build()
    {
        var children = new int[256 * 2];
        var nodes = 1;
        uint code = 0;
        for (var length = 5; length <= 30; length++)
        {
            for (var symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (Lengths[symbol] != length)
                    continue;
                var node = 0;
                for (var bit = length - 1; bit > 0; bit--)
                {
                    ref var child = ref children[(node * 2) + (int)((code >> bit) & 1)];
                    if (child == 0)
                        child = nodes++;
                    node = child;
                }

                children[(node * 2) + (int)(code & 1)] = ~symbol;
                code++;
            }

            code <<= 1;
        }

        for (var state = 0; state < 256; state++)
        {
            for (var nibble = 0; nibble < 16; nibble++)
                Steps[(state * 16) + nibble] = Step(children, state, nibble);
        }

        for (int node = 0, ones = 0; ones <= 7; ones++, node = children[(node * 2) + 1])
            Accepts[node] = true;
    }

    private static uint Step(int[] children, int node, int nibble)
    {
        uint step = 0;
        for (var bit = 3; bit >= 0; bit--)
        {
            node = children[(node * 2) + ((nibble >> bit) & 1)];
            if (node == ~EndOfString)
                return Fails;
            if (node >= 0)
                continue;
            step = Emits | ((uint)~node << 8);
            node = 0;
        }

        return step | (uint)node;
    }
}
