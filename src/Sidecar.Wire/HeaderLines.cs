using System.Buffers;
using System.Text;

namespace Sidecar.Wire;

/// <summary>
/// Walks the field lines of a head (RFC 9112 §5), strictly: what two parsers could read in two ways is an error.
/// Not allowed are a space before the colon (§5.1), line folding (§5.2), a bare CR or LF, and NUL.
/// </summary>
internal ref struct HeaderLines
{
    /// <summary>The bytes of a token (RFC 9110 §5.6.2).</summary>
    public static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private ReadOnlySpan<byte> _rest;

    /// <param name="fields">The lines after the start line, with the empty line that ends them.</param>
    public HeaderLines(ReadOnlySpan<byte> fields) => _rest = fields;

    /// <summary>True once a line broke the grammar; <see cref="Next"/> then gives no further one.</summary>
    public bool Malformed { get; private set; }

    /// <summary>The next field, its value without the white space around it; false at the end and at an error.</summary>
    public bool Next(out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var rest = _rest;
        var colon = rest.IndexOfAnyExcept(TokenBytes);
        if (colon > 0 && rest[colon] == ':')
        {
            var after = rest[(colon + 1)..];
            var end = after.IndexOfAny((byte)'\r', (byte)'\n', (byte)0);
            if (end >= 0 && end + 1 < after.Length && after[end] == '\r' && after[end + 1] == '\n')
            {
                name = rest[..colon];
                value = Trim(after[..end]);
                _rest = after[(end + 2)..];
                return true;
            }
        }

        name = value = default;
        Malformed = Malformed || !rest.SequenceEqual("\r\n"u8);
        return false;
    }

    /// <summary>The first field of that name in lines that were already found to be well formed.</summary>
    public static bool TryFind(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
    {
        var lines = new HeaderLines(fields);
        while (lines.Next(out var name, out value))
        {
            if (Is(name, lowerCaseName))
                return true;
        }

        value = default;
        return false;
    }

    /// <summary>Equal but for the case of ASCII letters.</summary>
    public static bool Is(ReadOnlySpan<byte> token, ReadOnlySpan<byte> lowerCase) =>
        token.Length == lowerCase.Length && Ascii.EqualsIgnoreCase(token, lowerCase);

    /// <summary>
    /// Takes the next element off a comma-separated list (RFC 9110 §5.6.1), trimmed, possibly empty.
    /// <paramref name="more"/> is true at first, and false once the last element was taken.
    /// </summary>
    public static ReadOnlySpan<byte> TakeElement(ref ReadOnlySpan<byte> list, out bool more)
    {
        var comma = list.IndexOf((byte)',');
        more = comma >= 0;
        var element = Trim(more ? list[..comma] : list);
        list = more ? list[(comma + 1)..] : default;
        return element;
    }

    /// <summary>Without optional white space at either end (OWS, RFC 9110 §5.6.3).</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> value)
    {
        var start = 0;
        var end = value.Length;
        while (start < end && value[start] is (byte)' ' or (byte)'\t')
            start++;
        while (end > start && value[end - 1] is (byte)' ' or (byte)'\t')
            end--;
        return value[start..end];
    }
}
