using System.Globalization;

namespace Sidecar.Tensors.Json;

/// <summary>
/// A scanned JSON number, ± <see cref="_mantissa"/> × 10^<see cref="_exponent"/>, converted on demand: to the nearest double, or to an integer exactly.
/// </summary>
internal readonly ref struct JsonNumber
{
    // Ten to the nineteenth is the greatest power of ten below 2^64, so nineteen digits always fit.
    private const int MantissaDigits = 19;

    // Any number with such an exponent is 0 or infinite, however many digits a body can hold.
    private const int ExponentCap = 1_000_000_000;

    private readonly ReadOnlySpan<byte> _text;
    private readonly ulong _mantissa;
    private readonly int _exponent;
    private readonly bool _negative;
    private readonly Form _form;

    private JsonNumber(ReadOnlySpan<byte> text, ulong mantissa, int exponent, bool negative, Form form)
    {
        _text = text;
        _mantissa = mantissa;
        _exponent = exponent;
        _negative = negative;
        _form = form;
    }

    private enum Form : byte
    {
        /// <summary>The mantissa holds all digits.</summary>
        Short,

        /// <summary>More digits than the mantissa holds: only the text counts.</summary>
        Long,
        NotANumber,
        Infinity,
    }

    // 2^53: below it every integer is a double, and up to 10^22 so is every power of ten; one operation on two exact doubles rounds once,
    // hence correctly (W. D. Clinger, How to Read Floating Point Numbers Accurately, 1990).
    private static ReadOnlySpan<double> ExactPowers =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>NaN with the sign and payload that numpy and C libraries write; .NET's own constant has the sign set.</summary>
    public static double NaN => BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_0000);

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
        number = new JsonNumber(bytes[start..i], mantissa, exponent, negative, form);
        return DecodeError.None;
    }

    /// <summary>NaN and the infinities by name, for texts in JSON strings.</summary>
    public static bool TryName(ReadOnlySpan<byte> text, out double value)
    {
        var negative = text.StartsWith("-"u8);
        var error = ReadName(text, negative ? 1 : 0, negative, out var number, out var end);
        value = number.ToDouble();
        return error == DecodeError.None && end == text.Length;
    }

    /// <summary>The nearest double, ties to even; infinite where it is out of range.</summary>
    public double ToDouble()
    {
        if (_form == Form.Short)
        {
            if (_mantissa <= 1UL << 53 && (uint)(_exponent + 22) <= 44)
            {
                var value = (double)_mantissa;
                value = _exponent < 0 ? value / ExactPowers[-_exponent] : value * ExactPowers[_exponent];
                return _negative ? -value : value;
            }
        }
        else if (_form != Form.Long)
        {
            return _form == Form.NotANumber ? NaN : _negative ? double.NegativeInfinity : double.PositiveInfinity;
        }

        _ = double.TryParse(_text, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed);
        return parsed;
    }

    /// <summary>Sign and magnitude where the number is an integer below 2^64 in magnitude, however it is written (<c>1.50e1</c> is 15).</summary>
    public bool TryToInteger(out bool negative, out ulong magnitude)
    {
        negative = _negative;
        magnitude = _mantissa;
        if (_form == Form.Short && (_exponent == 0 || _mantissa == 0))
            return true;
        return _form is Form.Short or Form.Long && TryExact(out magnitude);
    }

    private bool TryExact(out ulong magnitude)
    {
        magnitude = 0;
        // Zeros are held back until another digit follows, so that those at the end become part of the exponent.
        var zeros = 0;
        foreach (var symbol in _text)
        {
            if ((symbol | 0x20) == 'e')
                break;
            if (symbol is (byte)'-' or (byte)'.')
                continue;
            zeros++;
            if (symbol == '0')
                continue;
            if (magnitude != 0 && !TryScale(ref magnitude, zeros))
                return false;
            var digit = (ulong)(symbol - '0');
            if (magnitude > ulong.MaxValue - digit)
                return false;
            magnitude += digit;
            zeros = 0;
        }

        // All digits but the held-back zeros are in: what is left of the exponent must be a multiplication.
        var scale = (long)_exponent + zeros;
        return magnitude == 0 || (scale >= 0 && TryScale(ref magnitude, scale));
    }

    private static bool TryScale(ref ulong magnitude, long power)
    {
        for (; power > 0; power--)
        {
            if (magnitude > ulong.MaxValue / 10)
                return false;
            magnitude *= 10;
        }

        return true;
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
