namespace Sidecar.Wire;

/// <summary>Decodes the header blocks of one direction of an HTTP/2 connection (HPACK, RFC 7541). Throws for no input.</summary>
/// <param name="maxTableBytes">The largest dynamic table that an encoder may ask for.</param>
internal sealed class HpackDecoder(int maxTableBytes)
{
    // Until a size update says otherwise (RFC 9113 §6.5.2).
    private const int InitialTableBytes = 4096;

    // Four octets of continuation already say more than any length or index here can be.
    private const int MaxShift = 28;

    private HpackDynamicTable _table = Empty();

    /// <summary>Starts over for a new connection, and gives pooled arrays back.</summary>
    public void Reset() => _table.Reset(InitialTableBytes);

    /// <summary>
    /// Decodes a whole block and brings the table forward. False when the block breaks the format (RFC 7541 §2.3.3, §5, §6): then the
    /// table is no longer the encoder's. Fields that don't fit into <paramref name="into"/> are left out there and still counted in the table.
    /// </summary>
    public bool TryDecode(ReadOnlySpan<byte> block, HeaderBlock into)
    {
        into.EnsureScratch((block.Length * 8 / 5) + 8 + Math.Max(maxTableBytes, InitialTableBytes));
        var fieldSeen = false;
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                // Indexed (§6.1).
                if (!TryInteger(ref block, 7, out var index) || !TryGet(index, out var name, out var value))
                    return false;
                into.Add(name, value);
                fieldSeen = true;
            }
            else if ((first & 0xE0) == 0x20)
            {
                // Size update: only ahead of the first field (§4.2, §6.3).
                if (fieldSeen || !TryInteger(ref block, 5, out var size) || size > Math.Max(maxTableBytes, InitialTableBytes))
                    return false;
                _table.Resize(size);
            }
            else
            {
                // Literal: with indexing (§6.2.1), without (§6.2.2), never (§6.2.3).
                var indexed = (first & 0x40) != 0;
                if (!TryLiteral(ref block, indexed, into, out var name, out var value))
                    return false;
                into.Add(name, value);
                if (indexed)
                    _table.Add(name, value);
                fieldSeen = true;
            }
        }

        return true;
    }

    private static HpackDynamicTable Empty()
    {
        var table = new HpackDynamicTable();
        table.Reset(InitialTableBytes);
        return table;
    }

    private bool TryGet(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        if (index == 0 || index > HpackStaticTable.Count + _table.Count)
            return false;
        if (index <= HpackStaticTable.Count)
        {
            name = HpackStaticTable.Name(index);
            value = HpackStaticTable.Value(index);
        }
        else
        {
            _table.Get(index - HpackStaticTable.Count - 1, out name, out value);
        }

        return true;
    }

    private bool TryLiteral(ref ReadOnlySpan<byte> block, bool indexed, HeaderBlock into, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        name = value = default;
        var scratch = into.Scratch;
        if (!TryInteger(ref block, indexed ? 6 : 4, out var index))
            return false;
        if (index == 0)
        {
            if (!TryString(ref block, scratch, out name))
                return false;
        }
        else if (!TryGet(index, out name, out _))
        {
            return false;
        }
        else if (indexed)
        {
            // The entry may be evicted when the new one is added.
            name.CopyTo(scratch);
            name = scratch[..name.Length];
        }

        return TryString(ref block, scratch[name.Length..], out value);
    }

    private static bool TryString(ref ReadOnlySpan<byte> block, Span<byte> scratch, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (block.IsEmpty)
            return false;
        var huffman = (block[0] & 0x80) != 0;
        if (!TryInteger(ref block, 7, out var length) || length > block.Length)
            return false;
        text = block[..length];
        block = block[length..];
        if (!huffman)
            return true;
        if (!Huffman.TryDecode(text, scratch, out var decoded))
            return false;
        text = scratch[..decoded];
        return true;
    }

    // §5.1: the prefix's bits, then seven bits an octet, the lowest first.
    private static bool TryInteger(ref ReadOnlySpan<byte> block, int prefix, out int value)
    {
        var full = (1 << prefix) - 1;
        value = block[0] & full;
        block = block[1..];
        if (value < full)
            return true;
        long sum = value;
        for (var shift = 0; shift <= MaxShift && !block.IsEmpty; shift += 7)
        {
            var octet = block[0];
            block = block[1..];
            sum += (long)(octet & 0x7F) << shift;
            if ((octet & 0x80) != 0)
                continue;
            value = (int)Math.Min(sum, int.MaxValue);
            return sum <= int.MaxValue;
        }

        return false;
    }
}
