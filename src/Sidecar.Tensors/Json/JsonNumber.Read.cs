namespace Sidecar.Tensors.Json;

/// <summary>The scanning side: one pass over the digits, by the grammar of RFC 8259 plus the names of the non-finite values.</summary>
internal readonly ref partial struct JsonNumber
{
    // Ten to the nineteenth is the greatest power of ten below 2^64, so nineteen digits always fit.
    private const int MantissaDigits = 19;

    // Any number with such an exponent is 0 or infinite, however many digits a body can hold.
    private const int ExponentCap = 1_000_000_000;

    /// <summary>Reads the number at a position that holds no white space; <paramref name="end"/> is the position after it.</summary>
    public static DecodeError Read(ReadOnlySpan<byte> bytes, int start, out JsonNumber number, out int end)
    {
        number = default;
        var i = start;
        var negative = (uint)i < (uint)bytes.Length && bytes[i] == '-';
        if (negative)
            i++;
        var digitsStart = i;
        var mantissa = 0UL;
        i = Digits(bytes, i, ref mantissa);
        var digits = i - digitsStart;
        if (digits == 0)
            return ReadName(bytes, i, negative, out number, out end);
        end = i;
        var wholeEnd = i;
        if (digits > 1 && bytes[digitsStart] == '0')
            return DecodeError.Malformed;

        var exponent = 0;
        if ((uint)i < (uint)bytes.Length && bytes[i] == '.')
        {
            var fractionStart = ++i;
            i = Digits(bytes, i, ref mantissa);
            exponent = fractionStart - i;
            digits -= exponent;
            if (exponent == 0)
                return EndedOr(bytes, i, out end);
        }

        if ((uint)i < (uint)bytes.Length && (bytes[i] | 0x20) == 'e')
        {
            i = Exponent(bytes, i + 1, ref exponent);
            if (i < 0)
                return EndedOr(bytes, ~i, out end);
        }

        end = i;
        var form = digits <= MantissaDigits || digits - LeadingZeros(bytes[digitsStart..i]) <= MantissaDigits ? Form.Short : Form.Long;
        number = new JsonNumber(bytes[start..i], mantissa, exponent, negative, form, isWhole: i == wholeEnd);
        return DecodeError.None;
    }

    private static int Digits(ReadOnlySpan<byte> bytes, int i, ref ulong mantissa)
    {
        var value = mantissa;
        for (; (uint)i < (uint)bytes.Length; i++)
        {
            var digit = (uint)bytes[i] - '0';
            if (digit > 9)
                break;
            value = (value * 10) + digit;
        }

        mantissa = value;
        return i;
    }

    /// <summary>Adds the written exponent; the position after it, or the complement of the position where a digit was missing.</summary>
    private static int Exponent(ReadOnlySpan<byte> bytes, int i, ref int exponent)
    {
        var negative = false;
        if (i < bytes.Length && bytes[i] is (byte)'+' or (byte)'-')
            negative = bytes[i++] == '-';
        var start = i;
        var written = 0L;
        for (; i < bytes.Length && char.IsAsciiDigit((char)bytes[i]); i++)
            written = Math.Min((written * 10) + (bytes[i] - '0'), ExponentCap);
        if (i == start)
            return ~i;
        exponent = (int)Math.Clamp(exponent + (negative ? -written : written), -ExponentCap, ExponentCap);
        return i;
    }

    private static int LeadingZeros(ReadOnlySpan<byte> text)
    {
        var zeros = 0;
        foreach (var symbol in text)
        {
            if (symbol == '0')
                zeros++;
            else if (symbol != '.')
                break;
        }

        return zeros;
    }

    private static DecodeError ReadName(ReadOnlySpan<byte> bytes, int i, bool negative, out JsonNumber number, out int end)
    {
        var rest = i < bytes.Length ? bytes[i..] : default;
        var nan = rest.StartsWith("N"u8) && !negative;
        var name = nan ? "NaN"u8 : "Infinity"u8;
        number = new JsonNumber(default, 0, 0, negative, nan ? Form.NotANumber : Form.Infinity);
        end = i + Math.Min(name.Length, rest.Length);
        if (rest.StartsWith(name))
            return DecodeError.None;
        return name.StartsWith(rest) ? DecodeError.Truncated : DecodeError.Malformed;
    }

    private static DecodeError EndedOr(ReadOnlySpan<byte> bytes, int i, out int end)
    {
        end = i;
        return i >= bytes.Length ? DecodeError.Truncated : DecodeError.Malformed;
    }
}
