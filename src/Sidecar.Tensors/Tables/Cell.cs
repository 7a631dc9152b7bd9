namespace Sidecar.Tensors.Tables;

/// <summary>What a cell holds. At most 16 kinds: they share four bytes with the link to the next cell.</summary>
internal enum CellKind : byte
{
    /// <summary>Rows in which the column has no value at all; the bits are their number.</summary>
    Gap,
    Null,
    False,
    True,

    /// <summary>A whole number within the range of a signed 64-bit integer.</summary>
    Integer,

    /// <summary>A whole number above that, within the range of an unsigned one.</summary>
    Unsigned,

    /// <summary>Any other number, as a double.</summary>
    Fraction,

    /// <summary>A text as it stands; the bits are its length.</summary>
    Text,

    /// <summary>A text with escapes in it (CSV: doubled quotes); the bits are its length as written.</summary>
    EscapedText,

    /// <summary>Bytes in base64; the bits are the length as written.</summary>
    Base64,

    /// <summary>The same, with escapes in it.</summary>
    EscapedBase64,

    /// <summary>What is no element of any tensor: an object.</summary>
    Other,
}

/// <summary>One value, where it stands in the text, and the next one of its column.</summary>
internal struct Cell(CellKind kind, ulong bits, int start, int next)
{
    /// <summary>Bytes of a cell.</summary>
    public const int Size = 16;

    /// <summary>The most cells that the links can tell apart.</summary>
    public const int Most = 1 << 27;

    // The next cell's index above the kind's four bits.
    private int _link = (next << 4) | (int)kind;

    /// <summary>The value, or what <see cref="CellKind"/> says.</summary>
    public readonly ulong Bits => bits;

    /// <summary>Where it begins in the text.</summary>
    public readonly int Start => start;

    public readonly CellKind Kind => (CellKind)(_link & 15);

    /// <summary>The next cell of the column, if it has one: how many it has, the column knows.</summary>
    public int Next
    {
        readonly get => _link >> 4;
        set => _link = (value << 4) | (_link & 15);
    }
}
