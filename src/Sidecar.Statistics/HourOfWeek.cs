using MathNet.Numerics.Distributions;
using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics;

/// <summary>
/// A reference for each hour of the week, for a feature that follows the clock: 168 slots of counts over the cells of its whole reference. Learned offline from at least four weeks; a pod needs its
/// shares only.
/// </summary>
/// <remarks>
/// A slot's share is shrunk to the whole's, (c + κ·p)/(n + κ), so that a thin slot falls back to it. The test for keeping it compares the slots' differences with what the same slot differs by from
/// week to week: an F test on Pearson's χ², both sides of which dependence between rows inflates alike, with the degrees of freedom of days because hours of one day are alike. It says nothing about
/// weather and season, which hour slots can't follow.
/// </remarks>
public sealed class HourOfWeek
{
    /// <summary>Hours of a week, beginning on Thursday 00:00 UTC as the Unix epoch does.</summary>
    public const int Slots = 168;

    /// <summary>Rows of the whole that each slot is shrunk by.</summary>
    public const double Shrinkage = 100;

    /// <summary>Weeks below which a slot can't be told from its own weather.</summary>
    public const int MinimumWeeks = 4;

    // Few enough that an hour's wave is not drowned in the cells' own noise.
    private const int TestGroups = 8;

    private const long NanosPerHour = 3_600_000_000_000;
    private readonly CellModel _whole;
    private readonly int _cells;
    private readonly byte[] _groupOf;
    private readonly int _groups;
    private readonly long[] _counts;
    private readonly long[] _week;
    private readonly double[] _squares;
    private readonly int[] _weeks = new int[Slots];
    private long _hour = long.MinValue;

    /// <param name="whole">The feature's whole null.</param>
    public HourOfWeek(CellModel whole)
    {
        (_whole, _cells) = (whole, whole.Cells);
        _groupOf = CoarseGroups.Of(whole, TestGroups);
        _groups = _groupOf.Max() + 1;
        _counts = new long[Slots * _cells];
        _week = new long[_cells];
        _squares = new double[Slots * _groups];
    }

    /// <summary>Weeks of the slot that has fewest.</summary>
    public int Weeks => _weeks.Min();

    /// <summary>The slot of an event time, also before 1970.</summary>
    public static int Slot(long unixNanos)
    {
        var hour = Math.DivRem(unixNanos, NanosPerHour, out var rest) - (rest < 0 ? 1 : 0);
        return (int)((hour % Slots + Slots) % Slots);
    }

    /// <summary>Adds rows of one hour; hours come in order. A time that went back counts with the present hour.</summary>
    /// <param name="counts">Counts in the model's cells.</param>
    public void Add(long unixNanos, ReadOnlySpan<long> counts)
    {
        var hour = Math.DivRem(unixNanos, NanosPerHour, out var rest) - (rest < 0 ? 1 : 0);
        if (hour > _hour)
        {
            CloseHour();
            _hour = hour;
        }

        for (var cell = 0; cell < _cells; cell++)
            _week[cell] += counts[cell];
    }

    /// <summary>Ends the learning: what the last hour holds is counted.</summary>
    public void Complete() => CloseHour();

    /// <summary>
    /// Chance of slots so different without any dependence on the clock; NaN below four weeks. Small = keep the slots.
    /// </summary>
    public double SlotDependence()
    {
        if (Weeks < MinimumWeeks)
            return double.NaN;
        double rows = _counts.Sum(), between = 0, within = 0;
        var used = 0;
        for (var group = 0; group < _groups; group++)
        {
            double all = 0, ofSlots = 0, ofWeeks = 0;
            for (var slot = 0; slot < Slots; slot++)
            {
                double count = 0;
                for (var cell = 0; cell < _cells; cell++)
                    count += _groupOf[cell] == group ? _counts[slot * _cells + cell] : 0;
                all += count;
                ofSlots += count * count / Math.Max(1, SlotRows(slot));
                ofWeeks += _squares[slot * _groups + group];
            }

            // A group so rare that most hours lack it would only add noise.
            if (all < Slots * MinimumWeeks)
                continue;
            used++;
            between += (ofSlots - all * all / rows) / (all / rows);
            within += (ofWeeks - ofSlots) / (all / rows);
        }

        if (used < 2)
            return 1; // one group holds everything, at every hour
        double betweenFreedom = (Slots - 1.0) * (used - 1), withinFreedom = (_weeks.Sum() - (double)Slots) * (used - 1);
        if (within <= 0)
            return between <= 0 ? 1 : 0;
        // Cells of an hour move together, and weather makes hours of a day alike: as few degrees of freedom as if one number decided each day.
        const int days = Slots / 24;
        var ratio = between / betweenFreedom / (within / withinFreedom);
        return 1 - FisherSnedecor.CDF(days - 1, days * (Weeks - 1), ratio);
    }

    /// <summary>The null of a slot.</summary>
    public CellModel Model(int slot)
    {
        Span<double> weights = stackalloc double[Slots];
        weights.Clear();
        weights[slot] = 1;
        return Mixture(weights);
    }

    /// <summary>The null of a window whose rows came from several slots: their mixture, weighted by traffic.</summary>
    /// <param name="weights">Rows of the window per slot, 168 of them; at least one above 0.</param>
    public CellModel Mixture(ReadOnlySpan<double> weights)
    {
        var shares = new double[_cells];
        double total = 0, rows = 0;
        foreach (var weight in weights)
            total += weight;
        for (var slot = 0; slot < Slots; slot++)
        {
            if (weights[slot] <= 0)
                continue;
            double inSlot = SlotRows(slot), weight = weights[slot] / total;
            for (var cell = 0; cell < _cells; cell++)
                shares[cell] += weight * (_counts[slot * _cells + cell] + Shrinkage * _whole.Shares[cell]) / (inSlot + Shrinkage);
            rows += weight * weight / (inSlot + Shrinkage); // variance of a weighted mean
        }

        var sum = shares.Sum();
        for (var cell = 0; cell < _cells; cell++)
            shares[cell] /= sum;
        return CellModel.FromShares(shares, Math.Min(_whole.Rows, 1 / rows), _whole.Kind);
    }

    /// <summary>Counts of all slots, slot after slot, for a profile file.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Restores a reference that only gives nulls; null where the counts are not one for each slot and cell, or negative.</summary>
    public static HourOfWeek? TryRestore(ReadOnlySpan<long> counts, CellModel whole)
    {
        if (counts.Length != Slots * whole.Cells)
            return null;
        foreach (var count in counts)
        {
            if (count is < 0 or > 1L << 53)
                return null;
        }

        var restored = new HourOfWeek(whole);
        counts.CopyTo(restored._counts);
        return restored;
    }

    private double SlotRows(int slot)
    {
        double rows = 0;
        foreach (var count in _counts.AsSpan(slot * _cells, _cells))
            rows += count;
        return rows;
    }

    private void CloseHour()
    {
        double rows = 0;
        foreach (var count in _week)
            rows += count;
        if (rows == 0)
            return;
        var slot = (int)((_hour % Slots + Slots) % Slots);
        for (var cell = 0; cell < _cells; cell++)
            _counts[slot * _cells + cell] += _week[cell];
        Span<double> grouped = stackalloc double[_groups];
        grouped.Clear();
        for (var cell = 0; cell < _cells; cell++)
            grouped[_groupOf[cell]] += _week[cell];
        for (var group = 0; group < _groups; group++)
            _squares[slot * _groups + group] += grouped[group] * grouped[group] / rows;
        _weeks[slot]++;
        _week.AsSpan().Clear();
    }
}
