using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Drift;

/// <summary>
/// φ from sub-windows of any size, as they come and joined until they hold as many rows as <see cref="CellDispersion"/> was measured with; the larger one counts. At one row an hour the
/// dependence within a day is seen in the ones and that of weeks in the others.
/// </summary>
/// <param name="model">The null of the feature.</param>
public sealed class PhiLearner(CellModel model)
{
    private readonly CellDispersion _joined = new(model);
    private readonly long[] _cells = new long[model.Cells];
    private CellDispersion? _single;
    private long _pending;

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds the counts of a sub-window, which follows those before.</summary>
    /// <param name="counts">Counts in the model's cells.</param>
    public void Add(ReadOnlySpan<long> counts)
    {
        long rows = 0;
        for (var cell = 0; cell < _cells.Length; cell++)
        {
            _cells[cell] += counts[cell];
            rows += counts[cell];
        }

        Rows += rows;
        _pending += rows;
        if (rows < SubWindowClock.MinimumRows)
            (_single ??= new CellDispersion(model)).Add(counts);
        if (_pending < SubWindowClock.MinimumRows)
            return;
        _joined.Add(_cells);
        _cells.AsSpan().Clear();
        _pending = 0;
    }

    /// <inheritdoc cref="CellDispersion.Current"/>
    public PhiTable Current() => _single?.Current() is { } single ? PhiTable.Raise(_joined.Current(), single) : _joined.Current();
}
