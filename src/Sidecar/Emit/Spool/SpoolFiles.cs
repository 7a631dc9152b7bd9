using System.Globalization;

namespace Sidecar.Emit.Spool;

/// <summary>The names in a spool's folder.</summary>
internal static class SpoolFiles
{
    public const string Cursor = "cursor";
    public const string CursorTemporary = "cursor.tmp";
    public const string Lock = "lock";
    private const string Extension = ".seg";
    private const int Digits = 20;

    // A name above this is not ours: no spool lives long enough, and sums of indexes below it can't overflow.
    private const long MaxIndex = long.MaxValue / 4;

    public static string Segment(string directory, long first) =>
        Path.Combine(directory, first.ToString("D20", CultureInfo.InvariantCulture) + Extension);

    /// <summary>Segment files by rising first index; everything else in the folder is not the spool's and left alone.</summary>
    public static List<(string Path, long First)> Segments(string directory)
    {
        var found = new List<(string Path, long First)>();
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            if (TryParse(Path.GetFileName(path.AsSpan()), out var first))
                found.Add((path, first));
        }

        found.Sort(static (a, b) => a.First.CompareTo(b.First));
        return found;
    }

    private static bool TryParse(ReadOnlySpan<char> name, out long first)
    {
        first = 0;
        return name.Length == Digits + Extension.Length
            && name.EndsWith(Extension, StringComparison.Ordinal)
            && long.TryParse(name[..Digits], NumberStyles.None, CultureInfo.InvariantCulture, out first)
            && first <= MaxIndex;
    }
}
