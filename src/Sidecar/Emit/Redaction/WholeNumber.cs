namespace Sidecar.Emit.Redaction;

/// <summary>The digits before the point of a JSON number, whatever form it has: 4.2e3 is 4200.</summary>
internal static class WholeNumber
{
    /// <summary>More digits than the patterns look for.</summary>
    public const int MaxDigits = 20;

    /// <returns>How many digits; 0 where there are none, or too many.</returns>
    public static int Read(ReadOnlySpan<byte> number, Span<char> digits)
    {
        var mark = number.IndexOfAny((byte)'e', (byte)'E');
        var exponent = mark < 0 ? 0 : Exponent(number[(mark + 1)..]);
        var mantissa = mark < 0 ? number : number[..mark];
        var point = mantissa.IndexOf((byte)'.');
        var ahead = 0;
        foreach (var b in point < 0 ? mantissa : mantissa[..point])
            ahead += char.IsAsciiDigit((char)b) ? 1 : 0;
        var wanted = ahead + exponent;
        var seen = 0;
        var length = 0;
        foreach (var b in mantissa)
        {
            if (!char.IsAsciiDigit((char)b))
                continue;
            if (seen++ >= wanted)
                return length;
            if (length == 0 && b == '0')
                continue;
            if (length == MaxDigits)
                return 0;
            digits[length++] = (char)b;
        }

        for (; seen < wanted && length > 0; seen++)
        {
            if (length == MaxDigits)
                return 0;
            digits[length++] = '0';
        }

        return length;
    }

    // Greater ones don't matter, but they must not overflow.
    private static int Exponent(ReadOnlySpan<byte> text)
    {
        var value = 0;
        foreach (var b in text)
        {
            if (char.IsAsciiDigit((char)b))
                value = Math.Min((value * 10) + b - '0', 1_000_000);
        }

        return text.Length > 0 && text[0] == '-' ? -value : value;
    }
}
