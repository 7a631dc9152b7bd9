namespace Sidecar.Emit.Redaction.Text;

/// <summary>Bank accounts (ISO 13616): a country of the registry, that country's length, and the right check digits.</summary>
internal static class IbanPattern
{
    private const string Lengths =
        "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28"
        + "IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33"
        + "SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

    public static void Find(ReadOnlySpan<char> text, IPatternSink sink)
    {
        for (var i = 0; i + 15 <= text.Length; i++)
        {
            if (char.IsAsciiLetter(text[i]) && char.IsAsciiLetter(text[i + 1]) && Begins(text, i) && LengthOf(text[i], text[i + 1]) is var length and > 0
                && TryRead(text, i, length, out var end))
                sink.Add(RedactionKind.Iban, i, end);
        }
    }

    private static bool Begins(ReadOnlySpan<char> text, int i) =>
        !Chars.IsWordAt(text, i - 1) || (i >= 4 && text[(i - 4)..i].Equals("iban", StringComparison.OrdinalIgnoreCase));

    private static int LengthOf(char first, char second)
    {
        first = char.ToUpperInvariant(first);
        second = char.ToUpperInvariant(second);
        for (var i = 0; i < Lengths.Length; i += 4)
        {
            if (Lengths[i] == first && Lengths[i + 1] == second)
                return ((Lengths[i + 2] - '0') * 10) + Lengths[i + 3] - '0';
        }

        return 0;
    }

    private static bool TryRead(ReadOnlySpan<char> text, int start, int length, out int end)
    {
        Span<char> plain = stackalloc char[34];
        var count = 0;
        end = start;
        while (count < length)
        {
            if (end < text.Length && char.IsAsciiLetterOrDigit(text[end]))
                plain[count++] = text[end++];
            else if (count > 0 && IsSeparator(Chars.At(text, end)) && char.IsAsciiLetterOrDigit(Chars.At(text, end + 1)))
                end++;
            else
                return false;
        }

        return char.IsAsciiDigit(plain[2]) && char.IsAsciiDigit(plain[3]) && !Chars.IsWordAt(text, end) && Remainder(plain[..length]) == 1;
    }

    private static bool IsSeparator(char c) => c is ' ' or '-' or '+' or '.' or '_' or '/';

    private static int Remainder(ReadOnlySpan<char> iban)
    {
        var remainder = 0;
        for (var i = 0; i < iban.Length; i++)
        {
            var c = iban[(i + 4) % iban.Length];
            remainder = (char.IsAsciiDigit(c) ? (remainder * 10) + c - '0' : (remainder * 100) + (c | 0x20) - 'a' + 10) % 97;
        }

        return remainder;
    }
}
