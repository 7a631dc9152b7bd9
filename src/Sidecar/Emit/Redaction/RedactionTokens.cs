using System.Security.Cryptography;
using System.Text;

namespace Sidecar.Emit.Redaction;

/// <summary>Tokens in place of values: <c>hmac:</c> and the first 16 bytes of HMAC-SHA256 in hexadecimal.</summary>
internal sealed class RedactionTokens(RedactionPolicy policy)
{
    private const int Bytes = 16;

    /// <summary>The token of a whole value.</summary>
    public byte[] Of(ReadOnlySpan<byte> value)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(policy.Key, value, hash);
        return Encoding.ASCII.GetBytes("hmac:" + Convert.ToHexStringLower(hash[..Bytes]));
    }

    /// <summary>The token of what a pattern found: however it was written (spaces, case, escapes), it is the same.</summary>
    public byte[] Of(RedactionKind kind, ReadOnlySpan<char> view, ReadOnlySpan<byte> bytes)
    {
        if (kind is RedactionKind.Token or RedactionKind.AccessKey)
            return Of(bytes);
        var plain = kind switch
        {
            RedactionKind.CardNumber => Kept(view, char.IsAsciiDigit),
            RedactionKind.Phone => Phone(Kept(view, c => char.IsAsciiDigit(c) || c == '+')),
            RedactionKind.Iban => Kept(view, char.IsAsciiLetterOrDigit).ToUpperInvariant(),
            _ => Encoding.UTF8.GetString(bytes).ToLowerInvariant(),
        };
        return Of(Encoding.UTF8.GetBytes(plain));
    }

    private static string Phone(string plain) => plain.StartsWith("00", StringComparison.Ordinal) ? string.Concat("+", plain.AsSpan(2)) : plain;

    private static string Kept(ReadOnlySpan<char> view, Func<char, bool> keeps)
    {
        var plain = new StringBuilder(view.Length);
        foreach (var c in view)
        {
            if (keeps(c))
                plain.Append(c);
        }

        return plain.ToString();
    }
}
