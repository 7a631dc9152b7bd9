using System.Globalization;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Fuzz;

/// <summary>The figures of a run, as a table in Markdown.</summary>
internal sealed class FuzzReport
{
    private readonly Lock _lock = new();
    private readonly List<Row> _rows = [];
    private long _peak;

    public long Failures
    {
        get
        {
            lock (_lock)
                return _rows.Sum(row => row.Figures.Failures);
        }
    }

    public void Add(FuzzTarget target, FuzzFigures figures, TimeSpan took, int? pairs)
    {
        Sample();
        lock (_lock)
            _rows.Add(new Row(target.Name, figures, took, pairs, target.Outcomes));
    }

    /// <summary>Notes how much managed memory there is now.</summary>
    public void Sample()
    {
        var now = GC.GetTotalMemory(forceFullCollection: false);
        lock (_lock)
            _peak = Math.Max(_peak, now);
    }

    public void Print()
    {
        lock (_lock)
        {
            Line($"| target | inputs | MB | inputs/s a thread | crashes | broken promises | allocated B/input | pairs | outcomes (of one thread) |");
            Line($"|---|---|---|---|---|---|---|---|---|");
            foreach (var lanes in _rows.GroupBy(row => row.Target))
            {
                var all = lanes.Select(lane => lane.Figures).ToList();
                var seconds = lanes.Sum(lane => lane.Took.TotalSeconds);
                Line($"| {lanes.Key} | {all.Sum(one => one.Inputs):N0} | {all.Sum(one => one.Bytes) / 1e6:N0} | {all.Sum(one => one.Inputs) / seconds:N0} | {all.Sum(one => one.Crashes)} | {all.Sum(one => one.BrokenPromises)} | {all.Average(one => one.AllocatedPerInput):F3} | {lanes.First().Pairs} | {lanes.First().Outcomes} |");
            }

            Line($"{_rows.Sum(row => row.Figures.Inputs):N0} inputs, {_rows.Sum(row => row.Figures.Crashes)} crashes, {_rows.Sum(row => row.Figures.BrokenPromises)} broken promises; peak of managed memory {_peak / 1e6:F0} MB");
        }
    }

    private static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed record Row(string Target, FuzzFigures Figures, TimeSpan Took, int? Pairs, string Outcomes);
}
