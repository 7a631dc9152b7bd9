namespace Sidecar.Statistics;

/// <summary>
/// How well a binary classifier probably did, without labels (confidence-based estimation, CBPE): a calibrated probability says how often such a row is positive. An estimate and nothing more: it is
/// blind to a change of what the scores mean (concept drift) and to confident errors. Mergeable; one writer at a time.
/// </summary>
/// <remarks>
/// Rows are counted in 1,000 equal widths of the score by predicted class, with their sums, so the expected confusion of a calibration that is straight within each width is exact; otherwise it
/// is off by the map's bend within a thousandth.
/// </remarks>
public sealed class PerformanceEstimate
{
    /// <summary>Widths of the score.</summary>
    public const int Bins = 1000;

    private readonly CalibrationMap _map;
    private readonly long[] _counts = new long[2 * Bins];
    private readonly double[] _sums = new double[2 * Bins];

    public PerformanceEstimate(CalibrationMap map) => _map = map;

    /// <summary>Rows counted.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows whose score was no number between 0 and 1: not counted.</summary>
    public long Rejected { get; private set; }

    /// <summary>Adds a row.</summary>
    /// <param name="score">The model's score of the positive class, 0 … 1.</param>
    /// <param name="predicted">Whether it called the row positive.</param>
    public void Add(double score, bool predicted)
    {
        if (!(score is >= 0 and <= 1))
        {
            Rejected++;
            return;
        }

        var bin = Math.Min(Bins - 1, (int)(score * Bins)) + (predicted ? Bins : 0);
        _counts[bin]++;
        _sums[bin] += score;
        Rows++;
    }

    /// <summary>Adds another estimate with the same map.</summary>
    /// <exception cref="ArgumentException">The other has another map.</exception>
    public void MergeFrom(PerformanceEstimate other)
    {
        if (!ReferenceEquals(other._map, _map))
            throw new ArgumentException("Estimates by different maps don't add.", nameof(other));
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
            _sums[i] += other._sums[i];
        }

        Rows += other.Rows;
        Rejected += other.Rejected;
    }

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        _counts.AsSpan().Clear();
        _sums.AsSpan().Clear();
        Rows = Rejected = 0;
    }

    /// <summary>The expected confusion of the rows so far.</summary>
    public ExpectedConfusion Current()
    {
        double truePositive = 0, positive = 0, predicted = 0;
        for (var i = 0; i < _counts.Length; i++)
        {
            if (_counts[i] == 0)
                continue;
            var expected = _counts[i] * _map.At(_sums[i] / _counts[i]);
            positive += expected;
            if (i < Bins)
                continue;
            truePositive += expected;
            predicted += _counts[i];
        }

        return new(truePositive, predicted - truePositive, positive - truePositive, Rows - predicted - (positive - truePositive));
    }

    /// <summary>
    /// Expected area under the ROC curve: the chance that a random positive has a higher score than a random negative, a tie within a width counting half. NaN where
    /// no row is expected to be positive, or none negative.
    /// </summary>
    public double RocArea()
    {
        double area = 0, negativesBelow = 0, positives = 0, negatives = 0;
        for (var bin = 0; bin < Bins; bin++)
        {
            double expected = 0, rows = _counts[bin] + _counts[bin + Bins];
            foreach (var i in (ReadOnlySpan<int>)[bin, bin + Bins])
                expected += _counts[i] == 0 ? 0 : _counts[i] * _map.At(_sums[i] / _counts[i]);
            area += expected * (negativesBelow + (rows - expected) / 2);
            negativesBelow += rows - expected;
            positives += expected;
            negatives += rows - expected;
        }

        return positives > 0 && negatives > 0 ? area / (positives * negatives) : double.NaN;
    }
}

/// <summary>Expected counts of a confusion matrix. A ratio without rows behind it is NaN.</summary>
public readonly record struct ExpectedConfusion(double TruePositive, double FalsePositive, double FalseNegative, double TrueNegative)
{
    public double Accuracy => (TruePositive + TrueNegative) / (TruePositive + FalsePositive + FalseNegative + TrueNegative);

    public double Precision => TruePositive / (TruePositive + FalsePositive);

    public double Recall => TruePositive / (TruePositive + FalseNegative);

    public double Specificity => TrueNegative / (TrueNegative + FalsePositive);

    public double F1 => 2 * TruePositive / (2 * TruePositive + FalsePositive + FalseNegative);
}
