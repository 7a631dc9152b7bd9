using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Drift;

/// <summary>
/// φ from sub-windows of any size: they are joined until they hold as many rows as <see cref="CellDispersion"/> was measured with, so that at one row an hour the dependence
/// of hundreds of rows is seen and not that of sixteen.
/// </summary>
/// <param name="model">The null of the feature.</param>
public sealed class PhiLearner(CellModel model)
{
    private readonly CellDispersion _dispersion = new(model);
    private readonly long[] _cells = new long[model.Cells];
    private long _pending;

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Adds the counts of some rows, which follow those before.</summary>
    /// <param name="counts">Counts in the model's cells.</param>
    public void Add(ReadOnlySpan<long> counts)
    {
        for (var cell = 0; cell < _cells.Length; cell++)
        {
            _cells[cell] += counts[cell];
            _pending += counts[cell];
            Rows += counts[cell];
        }

        if (_pending < SubWindowClock.MinimumRows)
            return;
        _dispersion.Add(_cells);
        _cells.AsSpan().Clear();
        _pending = 0;
    }

    /// <inheritdoc cref="CellDispersion.Current"/>
    public PhiTable Current() => _dispersion.Current();
}
