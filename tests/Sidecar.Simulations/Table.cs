namespace Sidecar.Simulations;

/// <summary>A table in the terminal, columns as wide as they need.</summary>
internal sealed class Table(params string[] head)
{
    private readonly List<string[]> _rows = [head];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Print(TextWriter to, string title)
    {
        to.WriteLine();
        to.WriteLine(title);
        var widths = Enumerable.Range(0, head.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        foreach (var (index, row) in _rows.Index())
        {
            to.WriteLine("  " + string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))));
            if (index == 0)
                to.WriteLine("  " + string.Join("  ", widths.Select(width => new string('-', width))));
        }
    }
}
