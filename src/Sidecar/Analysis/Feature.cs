using Sidecar.Model;
using Sidecar.Statistics;
using Sidecar.Statistics.Drift;

namespace Sidecar.Analysis;

/// <summary>One feature: what is being learned of it, then its reference and the counts of the current window.</summary>
/// <param name="name">The tensor's name, with the column in brackets where the tensor has several, or with what is derived of it.</param>
/// <param name="mostCodes">Integers with at most this many values are codes rather than quantities.</param>
internal sealed class Feature(string name, int mostCodes = Feature.MaxCodes)
{
    // 8,192 values place 64 quantile edges to within 1 % of a rank; more would only cost memory.
    private const int MaxLearnedValues = 8192;

    // Texts are kept in order while learning, to see how dependent rows are; so many bytes of them say enough.
    private const int MaxLearnedTextBytes = 128 * 1024;

    // Of a column, which may hold anything.
    private const int MaxCodes = 32;

    // Rows of a sub-window, from which the rows' dependence is judged (32 rows a sub-window is what the method was measured with).
    private const int SubWindowRows = 32;

    private List<float>? _numbers = [];
    private List<byte[]?>? _texts;
    private CategoricalLearner? _learner;
    private bool _isInteger;
    private int _textBytes;
    private long _missing;
    private NumericCounts? _numeric;
    private CategoricalCounts? _categorical;
    private Phi _phi = Phi.Unknown;

    /// <inheritdoc cref="Feature(string, int)"/>
    public string Name { get; } = name;

    /// <summary>What a person gave to hold it against; null where it learns its own.</summary>
    public FeatureReference? Reference { get; private set; }

    /// <summary>Where the engine takes its rows from; null while there is none.</summary>
    public FeatureCounts? Watched { get; set; }

    /// <summary>Takes its values as scores; null where they are none.</summary>
    public AccuracyWatch? Scored { get; set; }

    /// <summary>It counts for something.</summary>
    public bool IsWanted => !IsIgnored || Scored is not null;

    /// <summary>It is not held against anything, because the reference that a person gave lacks it.</summary>
    public bool IsIgnored { get; private set; }

    /// <summary>A reference was learned, so windows can be judged.</summary>
    public bool IsWatched => _numeric is not null || _categorical is not null;

    /// <summary>Rows in the current window.</summary>
    public long Rows => _numeric?.Total ?? _categorical?.Total ?? 0;

    public void Add(float value)
    {
        Scored?.Add(value);
        Watched?.Add(value);
        if (_numeric is { } counts)
            counts.Add(value);
        else if (_categorical is { } categories)
            AddCode(categories, value);
        else if (_numbers is { Count: < MaxLearnedValues } numbers)
            numbers.Add(value);
    }

    /// <summary>An integer: a quantity or a code, which its learned values decide.</summary>
    public void Add(long value)
    {
        if (Reference is { IsBoolean: true })
        {
            Add(value == 0 ? "false"u8 : "true"u8);
            return;
        }

        Watched?.Add(value);
        if (_numeric is { } counts)
        {
            counts.Add(value);
        }
        else if (_categorical is { } categories)
        {
            categories.Add(value);
        }
        else if (_numbers is { Count: < MaxLearnedValues } numbers)
        {
            _isInteger = true;
            numbers.Add(value);
            (_learner ??= new CategoricalLearner(mostCodes + 1)).Add(value);
        }
    }

    public void Add(ReadOnlySpan<byte> value)
    {
        Watched?.Add(value);
        if (_categorical is { } categories)
        {
            categories.Add(value);
        }
        else if (_numeric is { } numeric)
        {
            // A text where numbers were learned is none of them; the contract names it.
            numeric.Add(Reference?.Values == FeatureValues.TextLength ? FeatureValue.Length(value) : float.NaN);
        }
        else if (!IsIgnored && (_texts ??= []) is { Count: < MaxLearnedValues } texts)
        {
            (_learner ??= new CategoricalLearner()).Add(value);
            _textBytes += value.Length;
            texts.Add(_textBytes <= MaxLearnedTextBytes ? value.ToArray() : null);
        }
    }

    public void AddMissing()
    {
        Watched?.AddMissing();
        if (_numeric is { } counts)
            counts.AddMissing();
        else if (_categorical is { } categories)
            categories.AddMissing();
        else
            _missing++;
    }

    /// <summary>Ends the learning: the values seen so far become the reference, and tell how dependent rows are.</summary>
    public void Learn()
    {
        if (_texts is not null || (_isInteger && _learner!.Distinct <= mostCodes && _learner.Overflow == 0))
            LearnCategories();
        else if (NumericReference.Learn(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_numbers), _missing) is { } reference)
            LearnNumbers(new NumericCounts(reference));
        _numbers = null;
        _texts = null;
        _learner = null;
    }

    /// <summary>Is not in the reference that a person gave: its values count for nothing.</summary>
    public void Ignore()
    {
        IsIgnored = true;
        _numbers = null;
    }

    /// <summary>Is held against a reference that a person gave, from now on.</summary>
    public void Adopt(FeatureReference reference)
    {
        Reference = reference;
        _numbers = null;
        _numeric = reference.Numeric is { } numeric ? new NumericCounts(numeric) : null;
        _categorical = reference.Categorical is { } categorical ? new CategoricalCounts(categorical) : null;
        if (reference.Phi is { Calibrated: true } phi)
            _phi = new Phi(phi.Typical(reference.Model), double.NaN, phi.Windows, Calibrated: true);
    }

    /// <summary>Judges the current window and starts the next.</summary>
    /// <param name="alpha">Level of one test, from the alarm budget.</param>
    /// <param name="delta">The distance that matters.</param>
    /// <param name="drifted">What a distance above δ comes to: a page only where a person gave the reference.</param>
    public FeatureDrift Close(double alpha, double delta, long minimumRows, DriftResult drifted)
    {
        var rule = new DriftRule(alpha, _phi) { Tolerance = delta, MinimumRows = minimumRows };
        var rows = Rows;
        var (worst, cause) = _numeric is { } numeric
            ? Worst(
                (DriftScorer.Score(numeric, rule), "distribution"),
                (DriftScorer.ScoreMissing(numeric, rule), "missing"),
                (DriftScorer.ScoreNonFinite(numeric, rule), "non_finite"))
            : Worst(
                (_categorical!.Reference.IdLike ? default : DriftScorer.Score(_categorical, rule), "distribution"),
                (DriftScorer.ScoreMissing(_categorical, rule), "missing"));
        var histogram = Histogram();
        _numeric?.Clear();
        _categorical?.Clear();
        var result = worst.State switch
        {
            DriftState.Drifted => drifted,
            DriftState.Good => DriftResult.Good,
            DriftState.Uncalibrated => DriftResult.Uncalibrated,
            _ => DriftResult.Insufficient,
        };
        return new FeatureDrift(Name, result, worst.Distance, worst.LowerBound, rows, worst.Phi, cause) { Histogram = histogram };
    }

    // Of categories the counts without their names, which are what clients sent.
    private DriftHistogram Histogram()
    {
        if (_numeric is { } numeric)
        {
            var live = new long[numeric.Reference.Cells];
            numeric.CopyCounts(live);
            return new DriftHistogram([numeric.Reference.Minimum, .. numeric.Reference.InnerEdges, numeric.Reference.Maximum], [.. numeric.Reference.Counts], live);
        }

        return new DriftHistogram([], [.. _categorical!.Reference.Counts], [.. _categorical.Counts]);
    }

    /// <summary>The score with the highest lower bound; scores without rows (a default has none) are left out.</summary>
    private static (DriftScore Score, string Cause) Worst(params ReadOnlySpan<(DriftScore Score, string Cause)> scores)
    {
        var worst = (Score: new DriftScore(double.NaN, double.NaN, 0, double.NaN, DriftState.Insufficient), Cause: "");
        foreach (var candidate in scores)
        {
            if (candidate.Score.State != DriftState.Insufficient
                && (worst.Score.State == DriftState.Insufficient || candidate.Score.LowerBound > worst.Score.LowerBound))
                worst = candidate;
        }

        return worst;
    }

    private void LearnNumbers(NumericCounts counts)
    {
        var dispersion = new Overdispersion();
        var inSubWindow = 0;
        foreach (var value in _numbers!)
        {
            counts.Add(value);
            if (++inSubWindow < SubWindowRows)
                continue;
            dispersion.AddWindow(counts);
            counts.Clear();
            inSubWindow = 0;
        }

        counts.Clear();
        _phi = dispersion.Current();
        _numeric = counts;
    }

    private void LearnCategories()
    {
        for (; _missing > 0; _missing--)
            _learner!.AddMissing();
        if (CategoricalReference.Learn(_learner!) is not { } reference)
            return;
        var counts = new CategoricalCounts(reference);
        var dispersion = new Overdispersion();
        var values = _texts?.Count ?? _numbers!.Count;
        for (var i = 0; i < values; i++)
        {
            if (_texts is null)
                counts.Add((long)_numbers![i]);
            else if (_texts[i] is { } text)
                counts.Add(text);
            if ((i + 1) % SubWindowRows != 0)
                continue;
            dispersion.AddWindow(counts);
            counts.Clear();
        }

        counts.Clear();
        _phi = dispersion.Current();
        _categorical = counts;
    }

    private void AddCode(CategoricalCounts categories, float value)
    {
        // Floats where whole numbers were learned: the same codes, if they are whole.
        if (value == MathF.Floor(value) && Math.Abs(value) < 1 << 24)
            categories.Add((long)value);
        else
            AddMissing();
    }
}
