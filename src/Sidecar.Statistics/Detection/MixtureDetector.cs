using System.Runtime.Intrinsics;

namespace Sidecar.Statistics.Detection;

/// <summary>What one sub-window did to a detector.</summary>
public enum DetectorEvent : byte
{
    /// <summary>Nothing changed: quiet stays quiet, an alarm stays.</summary>
    None,

    /// <summary>The evidence reached the threshold.</summary>
    Raised,

    /// <summary>The evidence of a raised alarm fell below the root of the threshold.</summary>
    Cleared,
}

/// <summary>
/// Decides when a feature has drifted: a mixture of Shiryaev–Roberts e-detectors over the cells of its reference. Expected false alarms by any time T are at most the
/// weights by T over the threshold, which is a theorem and not an asymptotic law. One writer at a time; nothing is allocated after construction.
/// </summary>
/// <remarks>
/// <para>Each expert k keeps R ← exp(ℓ)·(R + w), with ℓ its log likelihood ratio of the sub-window's counts and w the sub-window's weight; the evidence is M = Σ πR, and M ≥ A
/// raises the alarm. exp(ℓ) has conditional mean at most 1 under every law of the null, so M − Σw is a supermartingale, and so E[alarms by T] ≤ Σw/A
/// (Shin, Ramdas and Rinaldo, e-detectors). The null is the reference with its own error and a tolerated ball τ round it, not the reference alone.</para>
/// <para>Holds for rows independent given the past. Rows that depend on each other are met by φ: each ℓ is divided by the φ of its statistic
/// (<see cref="Calibrate"/>), which is approximate. Dividing never invalidates: E[exp(ℓ/φ)] ≤ E[exp ℓ]^(1/φ) ≤ 1 by Jensen.</para>
/// <para>While raised each expert is held at e·A, so that it clears in a time that does not depend on how long the change lasted; below √A everything starts at 0.</para>
/// </remarks>
public sealed class MixtureDetector
{
    /// <summary>Prior weight of each of the two adaptive experts.</summary>
    private const double AdaptiveWeight = 0.06;

    /// <summary>φ up to which the adaptive experts bet: beyond, the past predicts the present without any drift.</summary>
    private const double AdaptivePhi = 2;

    private const int AdaptiveGroups = 16;
    private const double GroupHalfLife = 16;
    private const double CellHalfLife = 128;

    // exp of ±60 neither overflows nor becomes denormal in single precision; evidence is cut there, upwards in favour of quiet, downwards by 1e-26.
    private const float LargestLog = 60;
    private const float MostEvidence = 1e30f;

    private readonly DetectorOptions _options;
    private readonly ExpertTable _table;
    private readonly float[] _singles;
    private readonly float[] _rows;
    private readonly AdaptiveExpert[] _adaptive;
    private PhiTable _phi;
    private float _adaptivePower = 1;

    public MixtureDetector(CellModel model, DetectorOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threshold, 10);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MeanWeight);
        if (!(options.Tolerance is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(options), options.Tolerance, "The tolerance lies between 0 and 1.");
        (Model, _options, _phi) = (model, options, PhiTable.Independent(model));
        var adaptive = options.Adaptive && model.Kind != FeatureKind.IdLike;
        _table = new ExpertTable(model, options, adaptive ? 1 - 2 * AdaptiveWeight : 1);
        _singles = new float[_table.Singles];
        _rows = new float[_table.RowAlpha.Length];
        _adaptive = adaptive
            ?
            [
                new(model.Cells, CoarseGroups.Of(model, AdaptiveGroups), GroupHalfLife, 10, 100),
                new(model.Cells, null, CellHalfLife, 40, 400),
            ]
            : [];
        foreach (var expert in _adaptive)
            expert.Rebase(model, options.Tolerance);
    }

    /// <summary>The null.</summary>
    public CellModel Model { get; private set; }

    /// <summary>A.</summary>
    public double Threshold => _options.Threshold;

    /// <summary>M, 0 … ; an alarm when it reaches the threshold.</summary>
    public double Evidence { get; private set; }

    /// <summary>Where M stands between quiet and alarm, as ln M/ln A: at most 0 while M ≤ 1, 1 at the threshold. For display.</summary>
    public double Level => Evidence > 0 ? Math.Log(Evidence) / Math.Log(Threshold) : double.NegativeInfinity;

    /// <summary>True from the raised alarm until it clears.</summary>
    public bool Alarmed { get; private set; }

    /// <summary>The φ in use.</summary>
    public PhiTable Phi => _phi;

    /// <summary>Sets φ; evidence gathered so far stays.</summary>
    /// <exception cref="ArgumentException">The table belongs to a model with other statistics.</exception>
    public void Calibrate(PhiTable phi)
    {
        if (phi.Values.Count != Model.Statistics)
            throw new ArgumentException("The table has another model's statistics.", nameof(phi));
        _phi = phi;
        _table.Fill(Model, _options, phi);
        var adaptive = AdaptiveDispersion();
        _adaptivePower = adaptive <= AdaptivePhi ? (float)(1 / adaptive) : 0;
    }

    /// <summary>Goes on with another null over the same cells, that of the next hour slot for instance; evidence gathered so far stays.</summary>
    /// <exception cref="ArgumentException">The model has other cells.</exception>
    public void Rebase(CellModel model)
    {
        if (model.Kind != Model.Kind || model.Cells != Model.Cells)
            throw new ArgumentException("The model has other cells.", nameof(model));
        Model = model;
        _table.Fill(model, _options, _phi);
        foreach (var expert in _adaptive)
            expert.Rebase(model, _options.Tolerance);
    }

    /// <summary>Forgets all evidence.</summary>
    public void Reset()
    {
        _singles.AsSpan().Clear();
        _rows.AsSpan().Clear();
        foreach (var expert in _adaptive)
            expert.Evidence = 0;
        (Evidence, Alarmed) = (0, false);
    }

    /// <summary>Takes the next sub-window.</summary>
    /// <param name="counts">Counts in the model's cells: with a value, then without; see <see cref="NumericCounts.CopyCells"/>.</param>
    /// <param name="weight">
    /// Its weight, in the threshold's unit; below 0 and NaN count as 0. It must not depend on the values. A sub-window without rows changes nothing.
    /// </param>
    public DetectorEvent Update(ReadOnlySpan<long> counts, double weight = 1)
    {
        Span<float> statistics = stackalloc float[Math.Max(Model.Statistics, Model.Padded)];
        var (rows, valued) = Model.Summarise(counts, statistics);
        if (rows == 0)
            return DetectorEvent.None;
        var w = weight > 0 ? (float)Math.Min(weight, MostEvidence) : 0;
        var most = Alarmed ? (float)Math.Min(MostEvidence, Math.E * Threshold) : MostEvidence;
        Evidence = UpdateSingles(statistics, (float)rows, (float)valued, w, most)
            + UpdateRows(statistics, (float)rows, w, most)
            + UpdateAdaptive(counts, (float)rows, w, most);
        if (!Alarmed)
        {
            Alarmed = Evidence >= Threshold;
            return Alarmed ? DetectorEvent.Raised : DetectorEvent.None;
        }

        if (Evidence >= Math.Sqrt(Threshold))
            return DetectorEvent.None;
        Reset();
        return DetectorEvent.Cleared;
    }

    /// <summary>The expert with the most evidence: what the change looks like. Before the first row of evidence the first of all.</summary>
    public Expert Leading() => Describe(LeadingIndex());

    /// <summary>
    /// How strongly the leading expert speaks for a change in a window, as log likelihood ratio (divided by φ): the window with the largest one begins at the
    /// change, which is where a CUSUM of that expert was last 0.
    /// </summary>
    /// <param name="counts">Counts of the whole window in the model's cells.</param>
    public double LogRatio(ReadOnlySpan<long> counts) => LogRatio(LeadingIndex(), counts);

    private double UpdateSingles(ReadOnlySpan<float> statistics, float rows, float valued, float weight, float most)
    {
        Span<float> x = stackalloc float[_singles.Length];
        x.Clear();
        var places = _table.Statistics;
        for (var i = 0; i < places.Length; i++)
            x[i] = statistics[places[i]];
        ReadOnlySpan<float> alpha = _table.Alpha, beta = _table.Beta, gamma = _table.Gamma, weights = _table.Layout.Weights;
        weight *= _table.Scale;
        var sum = Vector256<float>.Zero;
        for (var at = 0; at < _singles.Length; at += Lane.Width)
        {
            var log = Lane.Load(alpha, at) * Lane.Load(x, at) + Lane.Load(gamma, at) * rows;
            if (at < beta.Length)
                log += Lane.Load(beta, at) * valued;
            sum += Step(_singles, at, log, Lane.Load(weights, at) * weight, most);
        }

        return Vector256.Sum(sum);
    }

    private double UpdateRows(ReadOnlySpan<float> statistics, float rows, float weight, float most)
    {
        var alpha = _table.RowAlpha;
        var sum = Vector256<float>.Zero;
        var padded = Model.Padded;
        for (var row = 0; row < _table.Layout.Rows.Length; row++)
        {
            var added = Vector256.Create(_table.RowWeights[row] * weight);
            var gamma = _table.RowGamma(row, Model, out var factor);
            factor *= rows;
            for (var cell = 0; cell < padded; cell += Lane.Width)
            {
                var at = row * padded + cell;
                var log = Lane.Load(alpha, at) * Lane.Load(statistics, cell) + Lane.Load(gamma, cell) * factor;
                sum += Step(_rows, at, log, added, most);
            }
        }

        return Vector256.Sum(sum);
    }

    private double UpdateAdaptive(ReadOnlySpan<long> counts, float rows, float weight, float most)
    {
        double sum = 0;
        foreach (var expert in _adaptive)
        {
            // Power 0 is an expert that never bets; its weight is lost until φ allows it again.
            if (_adaptivePower > 0)
            {
                var log = Math.Clamp(expert.LogRatio(Model, counts, rows, rows) * _adaptivePower, -LargestLog, LargestLog);
                expert.Evidence = Math.Min(most, MathF.Exp(log) * (expert.Evidence + (float)AdaptiveWeight * weight));
                sum += expert.Evidence;
            }
            else
            {
                expert.Evidence = 0;
            }

            expert.Remember(counts);
        }

        return sum;
    }

    /// <summary>R ← min(exp(ℓ)·(R + πw), most) for eight experts.</summary>
    private static Vector256<float> Step(Span<float> evidence, int at, Vector256<float> log, Vector256<float> added, float most)
    {
        log = Vector256.Min(Vector256.Max(log, Vector256.Create(-LargestLog)), Vector256.Create(LargestLog));
        var next = Vector256.Min(Vector256.Exp(log) * (Lane.Load(evidence, at) + added), Vector256.Create(most));
        Lane.Store(next, evidence, at);
        return next;
    }

    private int LeadingIndex()
    {
        var (best, most) = (0, float.NegativeInfinity);
        for (var i = 0; i < _table.Layout.Singles.Length; i++)
        {
            if (_singles[i] > most)
                (best, most) = (i, _singles[i]);
        }

        for (var i = 0; i < _rows.Length; i++)
        {
            if (_rows[i] > most)
                (best, most) = (_singles.Length + i, _rows[i]);
        }

        for (var i = 0; i < _adaptive.Length; i++)
        {
            if (_adaptive[i].Evidence > most)
                (best, most) = (_singles.Length + _rows.Length + i, _adaptive[i].Evidence);
        }

        return best;
    }

    private Expert Describe(int index)
    {
        if (index < _singles.Length)
        {
            var single = _table.Layout.Singles[index];
            var statistic = single.Statistic(Model);
            return new(single.Kind, single.Kind == ExpertKind.Gain ? statistic : -1, single.Size, ExpertTable.At(_phi, statistic), _singles[index]);
        }

        index -= _singles.Length;
        if (index < _rows.Length)
        {
            var row = _table.Layout.Rows[index / Model.Padded];
            var cell = index % Model.Padded;
            return new(row.Kind, cell, row.Size, ExpertTable.At(_phi, cell), _rows[index]);
        }

        index -= _rows.Length;
        return new(
            index == 0 ? ExpertKind.AdaptiveGroups : ExpertKind.AdaptiveCells,
            -1, index == 0 ? GroupHalfLife : CellHalfLife, AdaptiveDispersion(), _adaptive[index].Evidence);
    }

    private double LogRatio(int index, ReadOnlySpan<long> counts)
    {
        Span<float> statistics = stackalloc float[Math.Max(Model.Statistics, Model.Padded)];
        var (rows, valued) = Model.Summarise(counts, statistics);
        if (rows == 0)
            return 0;
        if (index < _singles.Length)
        {
            var x = statistics[_table.Statistics[index]];
            return (double)_table.Alpha[index] * x + (index < _table.Beta.Length ? _table.Beta[index] : 0) * valued + _table.Gamma[index] * rows;
        }

        index -= _singles.Length;
        return index < _rows.Length
            ? (double)_table.RowAlpha[index] * statistics[index % Model.Padded] + _table.RowGamma(index / Model.Padded, index % Model.Padded, Model) * rows
            : _adaptive[index - _rows.Length].LogRatio(Model, counts, (float)rows, SubWindowClock.MinimumRows) * _adaptivePower;
    }

    /// <summary>φ of the adaptive experts, which read all cells: the largest of the scores', and the mean over cells weighted as in Pearson's χ².</summary>
    private double AdaptiveDispersion()
    {
        double mean = 0, weight = 0, largest = 1;
        for (var cell = 0; cell < Model.Cells; cell++)
        {
            mean += (1 - Model.Shares[cell]) * ExpertTable.At(_phi, cell);
            weight += 1 - Model.Shares[cell];
        }

        for (var statistic = Model.FirstScore; statistic < Model.Statistics; statistic++)
            largest = Math.Max(largest, ExpertTable.At(_phi, statistic));
        return Math.Max(largest, mean / weight);
    }
}
