using System.Globalization;

namespace Sidecar.Tensors.Json;

/// <summary>
/// A scanned JSON number, ± <see cref="_mantissa"/> × 10^<see cref="_exponent"/>, converted on demand: to the nearest double, or to an integer exactly.
/// </summary>
internal readonly ref partial struct JsonNumber
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly ulong _mantissa;
    private readonly int _exponent;
    private readonly bool _negative;
    private readonly Form _form;

    private JsonNumber(ReadOnlySpan<byte> text, ulong mantissa, int exponent, bool negative, Form form, bool isWhole = false)
    {
        _text = text;
        _mantissa = mantissa;
        _exponent = exponent;
        _negative = negative;
        _form = form;
        IsWhole = isWhole;
    }

    /// <summary>Written as digits alone, without fraction and exponent: what Python and JavaScript's BigInt call an integer.</summary>
    public bool IsWhole { get; }

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
    // An array, because a span over constants allocates at each use until the method is optimised.
    private static readonly double[] ExactPowers =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>NaN with the sign and payload that numpy and C libraries write; .NET's own constant has the sign set.</summary>
    public static double NaN => BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_0000);

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

            if (EiselLemire.TryToDouble(_mantissa, _exponent, out var nearest))
                return _negative ? -nearest : nearest;
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
}
