using System.Globalization;

namespace Sidecar.Offline.Tables;

/// <summary>What a cell of a text file says.</summary>
internal static class CellText
{
    // As pandas reads a CSV, but for "None", which some tables have as a category.
    private static readonly string[] Nothing = ["NA", "N/A", "n/a", "#N/A", "NULL", "null", "<NA>"];
    private static readonly string[] NotANumber = ["NaN", "nan", "-nan", "-NaN"];

    private const long NanosPerTick = 100;

    /// <summary>The cell holds nothing: it is empty or blank, or has a word for it. "NaN" is nothing where texts are, and a value among numbers; "None" the other way round.</summary>
    public static bool IsMissing(ReadOnlySpan<char> cell, ColumnType type)
    {
        cell = cell.Trim();
        if (cell.IsEmpty)
            return true;
        if (cell.Length > 4)
            return false;
        foreach (var word in Nothing)
        {
            if (cell.SequenceEqual(word))
                return true;
        }

        return type == ColumnType.Number ? cell.SequenceEqual("None") : IsNotANumber(cell);
    }

    public static bool TryNumber(ReadOnlySpan<char> cell, out double number) =>
        double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out number) || TryWord(cell.Trim(), out number);

    public static bool TryBoolean(ReadOnlySpan<char> cell, out bool value) => bool.TryParse(cell, out value);

    /// <summary>ISO 8601 and what .NET reads without a culture; without an offset it is UTC. Numbers are none here, see <see cref="TryTime(double, out long)"/>.</summary>
    public static bool TryTime(ReadOnlySpan<char> cell, out long unixNanos)
    {
        unixNanos = 0;
        if (double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return TryTime(number, out unixNanos);
        if (!LooksLikeTime(cell)
            || !DateTimeOffset.TryParse(cell, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var time))
            return false;
        unixNanos = Nanos(time.UtcTicks);
        return true;
    }

    /// <summary>A Unix time in seconds, milliseconds, microseconds or nanoseconds, told apart by their size: each covers 1973 to 5138 by itself.</summary>
    public static bool TryTime(double number, out long unixNanos)
    {
        unixNanos = 0;
        var size = Math.Abs(number);
        var unit = size < 1e11 ? 1e9 : size < 1e14 ? 1e6 : size < 1e17 ? 1e3 : 1;
        if (!double.IsFinite(number) || size * unit > 9.2e18)
            return false;
        unixNanos = (long)(number * unit);
        return true;
    }

    /// <summary>Of a date and a time of .NET, whose kind is taken for UTC.</summary>
    public static long Nanos(long ticks) =>
        (long)Int128.Clamp((Int128)(ticks - DateTime.UnixEpoch.Ticks) * NanosPerTick, long.MinValue, long.MaxValue);

    /// <summary>A number as a text: whole ones without a fraction, so that a column of codes is the same whether a file holds them as 3 or as 3.0.</summary>
    public static string Of(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    public static string OfTime(long unixNanos) => DateTimeOffset.UnixEpoch.AddTicks(unixNanos / NanosPerTick).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    // .NET reads "1/2" and "May" as dates too; those are categories more often.
    private static bool LooksLikeTime(ReadOnlySpan<char> cell) => cell.Length >= 8 && cell.IndexOfAny("-/:") > 0 && char.IsAsciiDigit(cell[0]);

    private static bool IsNotANumber(ReadOnlySpan<char> cell)
    {
        foreach (var word in NotANumber)
        {
            if (cell.SequenceEqual(word))
                return true;
        }

        return false;
    }

    private static bool TryWord(ReadOnlySpan<char> cell, out double number)
    {
        var negative = cell.StartsWith("-");
        var word = cell.TrimStart("+-");
        number = word.Equals("inf", StringComparison.OrdinalIgnoreCase) || word.Equals("infinity", StringComparison.OrdinalIgnoreCase)
            ? (negative ? double.NegativeInfinity : double.PositiveInfinity)
            : double.NaN;
        return !double.IsNaN(number) || IsNotANumber(cell);
    }
}
