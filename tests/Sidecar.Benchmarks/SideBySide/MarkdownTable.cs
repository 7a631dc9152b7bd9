using System.Globalization;
using System.Text;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>Rows of cells; columns in which nobody has a number are left out.</summary>
internal sealed class MarkdownTable(params string[] columns)
{
    public const string None = "–";

    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(StringBuilder text)
    {
        int[] shown = [.. Enumerable.Range(0, columns.Length).Where(column => _rows.Exists(row => row[column] != None))];
        text.AppendLine(Line(shown.Select(column => columns[column])));
        text.AppendLine(Line(shown.Select(_ => "---")));
        foreach (var row in _rows)
            text.AppendLine(Line(shown.Select(column => row[column])));
    }

    /// <summary>The median.</summary>
    public static string Middle(Summary? summary, string format, string unit = "") =>
        summary is { } known ? Number(known.Median, format) + unit : None;

    /// <summary>The median, and in parentheses the lowest and the highest.</summary>
    public static string Range(Summary? summary, string format) =>
        summary is { } known ? $"{Number(known.Median, format)} ({Number(known.Min, format)}–{Number(known.Max, format)})" : None;

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";
}
