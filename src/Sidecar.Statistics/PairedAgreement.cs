namespace Sidecar.Statistics;

/// <summary>
/// Compares two models' answers to the same requests, row by row: top class, near-ties, differences. Mergeable by adding; one writer at a time.
/// </summary>
/// <remarks>
/// Rows with a value that isn't finite: on both sides at the same places and of the same kind (NaN, +∞, −∞), the rows agree that there is no
/// answer and count as <see cref="BothNonFinite"/> only; otherwise as <see cref="NonFiniteMismatches"/>, which is a disagreement. Neither enters
/// the differences. One column is a binary score, cut at the threshold; without one there is no class and <see cref="Agreement"/> is NaN.
/// </remarks>
public sealed class PairedAgreement
{
    private readonly float _nearTie;
    private readonly float? _threshold;
    private double _sumOfDifferences;
    private long _lostClasses;

    /// <param name="nearTie">A flipped row whose primary or candidate margin is below this is a near-tie.</param>
    /// <param name="threshold">Cut of a single column into two classes; null for a regression.</param>
    public PairedAgreement(float nearTie = 0.01f, float? threshold = null) => (_nearTie, _threshold) = (nearTie, threshold);

    /// <summary>Rows compared, of every kind.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows with a class on both sides.</summary>
    public long ClassifiedRows { get; private set; }

    /// <summary>Rows whose top class is the same.</summary>
    public long Agreed { get; private set; }

    /// <summary>Rows whose top class differs.</summary>
    public long Flips => ClassifiedRows - Agreed;

    /// <summary>Flips in which one side hardly preferred its class: noise rather than news.</summary>
    public long NearTieFlips { get; private set; }

    public long BothNonFinite { get; private set; }

    public long NonFiniteMismatches { get; private set; }

    /// <summary>Values compared.</summary>
    public long Values { get; private set; }

    /// <summary>Largest |candidate − primary|; 0 before the first value.</summary>
    public double MaximumDifference { get; private set; }

    /// <summary>Mean |candidate − primary|; NaN before the first value.</summary>
    public double MeanDifference => Values == 0 ? double.NaN : _sumOfDifferences / Values;

    /// <summary>Share of rows with the same top class, mismatches of finiteness counted as flips; NaN if no row has a class.</summary>
    public double Agreement =>
        ClassifiedRows + _lostClasses == 0 ? double.NaN : Agreed / (double)(ClassifiedRows + _lostClasses);

    /// <summary>Adds rows, each of <paramref name="columns"/> values, row after row.</summary>
    /// <exception cref="ArgumentException">The two sides differ in length, or it is not a multiple of the columns.</exception>
    public void AddRows(ReadOnlySpan<float> primary, ReadOnlySpan<float> candidate, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (primary.Length != candidate.Length || primary.Length % columns != 0)
            throw new ArgumentException("Both sides hold the same whole number of rows.", nameof(candidate));
        for (var at = 0; at < primary.Length; at += columns)
            AddRow(primary.Slice(at, columns), candidate.Slice(at, columns));
    }

    /// <summary>Adds another comparison, with the same near-tie margin and threshold.</summary>
    /// <exception cref="ArgumentException">The margins or thresholds differ.</exception>
    public void MergeFrom(PairedAgreement other)
    {
        if (other._nearTie != _nearTie || other._threshold != _threshold)
            throw new ArgumentException("Comparisons by different rules don't add.", nameof(other));
        Rows += other.Rows;
        ClassifiedRows += other.ClassifiedRows;
        Agreed += other.Agreed;
        NearTieFlips += other.NearTieFlips;
        BothNonFinite += other.BothNonFinite;
        NonFiniteMismatches += other.NonFiniteMismatches;
        Values += other.Values;
        MaximumDifference = Math.Max(MaximumDifference, other.MaximumDifference);
        _sumOfDifferences += other._sumOfDifferences;
        _lostClasses += other._lostClasses;
    }

    private void AddRow(ReadOnlySpan<float> primary, ReadOnlySpan<float> candidate)
    {
        Rows++;
        bool finite = true, same = true;
        for (var i = 0; i < primary.Length; i++)
        {
            var bothFinite = float.IsFinite(primary[i]) && float.IsFinite(candidate[i]);
            finite &= bothFinite;
            same &= bothFinite || primary[i].Equals(candidate[i]); // Equals, as NaN == NaN is false
        }

        if (!finite)
        {
            BothNonFinite += same ? 1 : 0;
            NonFiniteMismatches += same ? 0 : 1;
            _lostClasses += !same && (primary.Length > 1 || _threshold is not null) ? 1 : 0;
            return;
        }

        for (var i = 0; i < primary.Length; i++)
        {
            var difference = Math.Abs((double)candidate[i] - primary[i]);
            _sumOfDifferences += difference;
            MaximumDifference = Math.Max(MaximumDifference, difference);
        }

        Values += primary.Length;
        if (primary.Length > 1)
            Classify(Top(primary), Top(candidate));
        else if (_threshold is { } cut)
            Classify(Cut(primary[0], cut), Cut(candidate[0], cut));
    }

    private void Classify((int Class, float Margin) primary, (int Class, float Margin) candidate)
    {
        ClassifiedRows++;
        if (primary.Class == candidate.Class)
            Agreed++;
        else if (Math.Min(primary.Margin, candidate.Margin) < _nearTie)
            NearTieFlips++;
    }

    private static (int Class, float Margin) Top(ReadOnlySpan<float> scores)
    {
        var summary = ClassDistribution.Summarise(scores);
        return (summary.Top, summary.Margin);
    }

    // The margin between the two classes p and 1 − p is twice the distance to the cut at ½.
    private static (int Class, float Margin) Cut(float score, float cut) => (score >= cut ? 1 : 0, 2 * Math.Abs(score - cut));
}
