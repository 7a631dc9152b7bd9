using System.Globalization;
using System.Text;

namespace Sidecar.Statistics.Drift;

/// <summary>The forms that a value is counted in.</summary>
public static class FeatureValue
{
    // Doubles hold all whole numbers up to here.
    private const double LargestWhole = 1L << 53;

    /// <summary>A number as a category: whole ones as integers, so that 3 and 3.0 are one; others by their text.</summary>
    /// <param name="text">At least 32 bytes, for one that isn't whole.</param>
    /// <returns>Bytes of the text that were used; -1: it is whole.</returns>
    internal static int Code(double value, Span<byte> text, out long whole)
    {
        whole = 0;
        if (Math.Abs(value) <= LargestWhole && Math.Truncate(value) == value)
        {
            whole = (long)value;
            return -1;
        }

        return value.TryFormat(text, out var written, "R", CultureInfo.InvariantCulture) ? written : 0;
    }

    /// <summary>Characters of a text in UTF-8; bytes that are none count as one each.</summary>
    public static int Length(ReadOnlySpan<byte> text)
    {
        var length = 0;
        while (!text.IsEmpty)
        {
            _ = Rune.DecodeFromUtf8(text, out _, out var consumed);
            text = text[consumed..];
            length++;
        }

        return length;
    }
}
