using System.Globalization;
using System.Text;

namespace Sidecar.Statistics;

/// <summary>
/// What a categorical feature looked like before serving started: a count for each of its at most 62 most frequent values, one for the others,
/// and the rate at which values never seen before keep turning up. Immutable, safe to share between threads.
/// </summary>
/// <remarks>
/// Cells are numbered 0 … <see cref="TopValues"/> − 1 = the top values by falling count, then <see cref="Other"/> (seen in the reference, not
/// among the top) and <see cref="Unseen"/> (never seen in the reference). Missing rows are counted apart.
/// </remarks>
public sealed class CategoricalReference
{
    /// <summary>Values with a cell of their own, at most.</summary>
    public const int MaximumTopValues = 62;

    /// <summary>Rows with a value that a reference needs.</summary>
    public const int MinimumRows = 64;

    private readonly ValueTable _values;
    private readonly byte[] _cellOf;
    private readonly int[] _numberOf;
    private readonly long[] _counts;
    private readonly byte[] _groups;
    private readonly byte _oversizeCell;

    private CategoricalReference(CategoricalLearner learner)
    {
        _values = learner.Values.Copy();
        Distinct = learner.Distinct;
        Overflow = learner.Overflow;
        Missing = learner.Missing;
        SeenRows = learner.Rows;
        Split = Distinct > MaximumTopValues || Overflow > 0;
        _numberOf = Pick(learner);
        Rows = Split ? learner.CountingRows : learner.Rows;
        _counts = new long[Cells];
        _cellOf = new byte[Distinct];
        _cellOf.AsSpan().Fill((byte)Other);
        for (var cell = 0; cell < _numberOf.Length; cell++)
        {
            _cellOf[_numberOf[cell]] = (byte)cell;
            var count = learner.CountOf(_numberOf[cell]);
            _counts[cell] = Split ? count.Counting : count.Picking + count.Counting;
        }

        _counts[Other] = Rows - _counts.Sum();
        _oversizeCell = (byte)(learner.SawOversize ? Other : Unseen);
        _groups = CoarseGroups.LargestFirst(Cells);
        Once = Enumerable.Range(0, Distinct).Select(learner.CountOf).LongCount(count => count.Picking + count.Counting == 1);
        NewRows = learner.CountingRows;
        New = learner.CountingOverflow
            + Enumerable.Range(0, Distinct).Select(learner.CountOf).Where(count => count.Picking == 0).Sum(count => count.Counting);
    }

    private CategoricalReference(CategoricalProfile profile, ValueTable values)
    {
        _values = values;
        _counts = [.. profile.Counts];
        _numberOf = [.. Enumerable.Range(0, _counts.Length - 2)];
        Distinct = values.Count;
        (Overflow, Missing, SeenRows, Split) = (profile.Overflow, profile.Missing, profile.SeenRows, profile.Split);
        (Once, New, NewRows) = (profile.Once, profile.New, profile.NewRows);
        Rows = _counts.Sum();
        _cellOf = new byte[Distinct];
        for (var number = 0; number < Distinct; number++)
            _cellOf[number] = (byte)Math.Min(number, Other);
        _oversizeCell = (byte)(profile.SawOversize ? Other : Unseen);
        _groups = CoarseGroups.LargestFirst(Cells);
    }

    /// <summary>Values with a cell of their own.</summary>
    public int TopValues => _numberOf.Length;

    /// <summary>The cell of values that the reference has seen but that have no cell of their own.</summary>
    public int Other => TopValues;

    /// <summary>The cell of values that the reference has never seen.</summary>
    public int Unseen => TopValues + 1;

    public int Cells => TopValues + 2;

    /// <summary>Distinct values known, at most the learner's capacity.</summary>
    public int Distinct { get; }

    /// <summary>Rows whose value found no room in the learner.</summary>
    public long Overflow { get; }

    /// <summary>True where the values look like keys rather than categories: more than the learner can hold, or most rows distinct.</summary>
    public bool IdLike => Overflow > 0 || Distinct * 2L > SeenRows;

    /// <summary>
    /// Rows behind <see cref="Counts"/>, m of the formulas: all rows with a value, or the counting half of them if the top values had to be
    /// picked from more than 62.
    /// </summary>
    public long Rows { get; }

    /// <summary>All rows with a value.</summary>
    public long SeenRows { get; }

    public long Missing { get; }

    /// <summary>Rows of every kind.</summary>
    public long Total => SeenRows + Missing;

    /// <summary>Reference rows per cell, <see cref="Cells"/> long; that of <see cref="Unseen"/> is 0 by construction.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>Values that came exactly once.</summary>
    public long Once { get; }

    /// <summary>
    /// How often a row brings a value that all rows so far lack. Good and Turing (1953): <see cref="Once"/> over rows. Where values found no room,
    /// a live one can't be found either, so the rate of new values between the halves is it.
    /// </summary>
    public double UnseenRate => Overflow > 0 ? New / (double)NewRows : Once / (double)SeenRows;

    /// <summary>Of <see cref="NewRows"/> rows of the one half, those whose value the other half lacks: how often a new value is normal.</summary>
    public long New { get; }

    /// <inheritdoc cref="New"/>
    public long NewRows { get; }

    /// <summary>True if the top values were picked on one half of the rows and counted on the other.</summary>
    internal bool Split { get; }

    internal ReadOnlySpan<byte> Groups => _groups;

    /// <summary>Turns what a learner has collected into a reference; null with fewer than <see cref="MinimumRows"/> rows.</summary>
    public static CategoricalReference? Learn(CategoricalLearner learner) => Learn(learner, out _);

    /// <inheritdoc cref="Learn(CategoricalLearner)"/>
    public static CategoricalReference? Learn(CategoricalLearner learner, out LearnError error)
    {
        error = learner.Rows < MinimumRows ? LearnError.TooFewRows : LearnError.None;
        return error == LearnError.None ? new CategoricalReference(learner) : null;
    }

    /// <summary>The reference as plain data.</summary>
    public CategoricalProfile ToProfile()
    {
        var top = _numberOf.ToHashSet();
        var others = Enumerable.Range(0, Distinct).Where(number => !top.Contains(number));
        return new()
        {
            Values = [.. _numberOf.Concat(others).Select(Value)],
            Counts = [.. _counts],
            SeenRows = SeenRows,
            Once = Once,
            New = New,
            NewRows = NewRows,
            Missing = Missing,
            Overflow = Overflow,
            Split = Split,
            SawOversize = _oversizeCell == Other,
        };
    }

    /// <summary>Reads a reference back; null and a reason for data that can't be one. Never throws for bad data.</summary>
    public static CategoricalReference? TryRestore(CategoricalProfile profile, out ProfileError error)
    {
        const int mostValues = 65_536;
        const long most = 1L << 53;
        error = ProfileError.Shape;
        if (profile.Values is null || profile.Counts is null || profile.Counts.Count is < 2 or > MaximumTopValues + 2
            || profile.Values.Count > mostValues || profile.Values.Count < profile.Counts.Count - 2)
            return null;
        error = ProfileError.Counts;
        long[] numbers = [.. profile.Counts, profile.SeenRows, profile.Once, profile.New, profile.NewRows, profile.Missing, profile.Overflow];
        if (numbers.Any(number => number is < 0 or > most) || profile.Counts[^1] != 0 || profile.Counts.Sum() > profile.SeenRows
            || profile.SeenRows < MinimumRows || profile.Counts.Sum() == 0 || profile.New > profile.NewRows || profile.NewRows > profile.SeenRows
            || profile.Once > profile.SeenRows || (profile.Overflow > 0 && profile.NewRows == 0))
            return null;
        error = ProfileError.Values;
        var values = new ValueTable(Math.Max(1, profile.Values.Count));
        foreach (var value in profile.Values)
        {
            // A value that is there already or finds no room gets no new number.
            var before = values.Count;
            _ = value.Bytes is { } bytes ? values.FindOrAdd(bytes.Span) : values.FindOrAdd(value.Number);
            if (values.Count == before)
                return null;
        }

        error = ProfileError.None;
        return new CategoricalReference(profile, values);
    }

    /// <summary>The cell of a value given as bytes.</summary>
    public int Cell(ReadOnlySpan<byte> value)
    {
        if (value.Length > ValueTable.MaximumBytes)
            return _oversizeCell;
        var number = _values.Find(value);
        return number < 0 ? Unseen : _cellOf[number];
    }

    /// <summary>The cell of an integer value.</summary>
    public int Cell(long value)
    {
        var number = _values.Find(value);
        return number < 0 ? Unseen : _cellOf[number];
    }

    /// <summary>A cell's name for people: the value itself (bytes read as UTF-8), "(other)" or "(unseen)".</summary>
    public string Label(int cell)
    {
        if (cell == Other)
            return "(other)";
        if (cell == Unseen)
            return "(unseen)";
        var number = _numberOf[cell];
        return _values.IsInteger(number, out var value)
            ? value.Value.ToString(CultureInfo.InvariantCulture)
            : Encoding.UTF8.GetString(_values.Bytes(number));
    }

    private CategoryValue Value(int number) =>
        _values.IsInteger(number, out var integer) ? new(null, integer.Value) : new(_values.Bytes(number).ToArray(), 0);

    private int[] Pick(CategoricalLearner learner)
    {
        long Mass(int number) => Split ? learner.CountOf(number).Picking : learner.CountOf(number).Picking + learner.CountOf(number).Counting;
        // Order of arrival breaks ties, so that the same rows give the same cells.
        return [.. Enumerable.Range(0, Distinct).Where(number => Mass(number) > 0).OrderByDescending(Mass).ThenBy(number => number).Take(MaximumTopValues)];
    }
}
