namespace Sidecar.Statistics;

/// <summary>
/// From a model's score to the probability that it is right to call the row positive: rising, straight between its points, level beyond them. Given with the model, or fitted to labelled rows.
/// </summary>
public sealed class CalibrationMap
{
    private readonly double[] _scores;
    private readonly double[] _probabilities;

    private CalibrationMap(double[] scores, double[] probabilities) => (_scores, _probabilities) = (scores, probabilities);

    /// <summary>Scores that already are probabilities.</summary>
    public static CalibrationMap Identity { get; } = new([0, 1], [0, 1]);

    /// <summary>The scores of the points, strictly rising.</summary>
    public ReadOnlySpan<double> Scores => _scores;

    /// <summary>The probabilities at the points, rising.</summary>
    public ReadOnlySpan<double> Probabilities => _probabilities;

    /// <summary>A map through points; null where they are no rising map into [0, 1].</summary>
    public static CalibrationMap? TryCreate(IReadOnlyList<double> scores, IReadOnlyList<double> probabilities)
    {
        if (scores.Count == 0 || scores.Count != probabilities.Count)
            return null;
        for (var i = 0; i < scores.Count; i++)
        {
            if (!double.IsFinite(scores[i]) || !(probabilities[i] is >= 0 and <= 1)
                || (i > 0 && (scores[i] <= scores[i - 1] || probabilities[i] < probabilities[i - 1])))
                return null;
        }

        return new([.. scores], [.. probabilities]);
    }

    /// <summary>Isotonic regression of labels on scores by pooling adjacent violators (Ayer et al. 1955), as scikit-learn's; null without a row.</summary>
    /// <exception cref="ArgumentException">Different lengths.</exception>
    public static CalibrationMap? Fit(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        if (scores.Length != labels.Length)
            throw new ArgumentException("Every score has a label.", nameof(labels));
        var rows = new List<(double Score, double Sum, double Weight)>();
        double[] sorted = scores.ToArray();
        double[] targets = [.. labels.ToArray().Select(label => label ? 1.0 : 0)];
        Array.Sort(sorted, targets);
        for (var i = 0; i < sorted.Length; i++)
        {
            if (double.IsNaN(sorted[i]))
                continue;
            if (rows.Count > 0 && rows[^1].Score == sorted[i])
                rows[^1] = (sorted[i], rows[^1].Sum + targets[i], rows[^1].Weight + 1);
            else
                rows.Add((sorted[i], targets[i], 1));
        }

        if (rows.Count == 0)
            return null;
        // Blocks of equal probability, merged backwards while they fall.
        var blocks = new List<(int First, int Last, double Sum, double Weight)>();
        for (var i = 0; i < rows.Count; i++)
        {
            blocks.Add((i, i, rows[i].Sum, rows[i].Weight));
            while (blocks.Count > 1 && blocks[^2].Sum / blocks[^2].Weight >= blocks[^1].Sum / blocks[^1].Weight)
            {
                var (before, last) = (blocks[^2], blocks[^1]);
                blocks.RemoveAt(blocks.Count - 1);
                blocks[^1] = (before.First, last.Last, before.Sum + last.Sum, before.Weight + last.Weight);
            }
        }

        List<double> points = [], probabilities = [];
        foreach (var (first, last, sum, weight) in blocks)
        {
            points.Add(rows[first].Score);
            probabilities.Add(sum / weight);
            if (last == first)
                continue;
            points.Add(rows[last].Score);
            probabilities.Add(sum / weight);
        }

        return new([.. points], [.. probabilities]);
    }

    /// <summary>The probability at a score; NaN for NaN.</summary>
    public double At(double score)
    {
        if (double.IsNaN(score))
            return double.NaN;
        var at = Array.BinarySearch(_scores, score);
        if (at >= 0)
            return _probabilities[at];
        var next = ~at;
        if (next == 0)
            return _probabilities[0];
        if (next == _scores.Length)
            return _probabilities[^1];
        var part = (score - _scores[next - 1]) / (_scores[next] - _scores[next - 1]);
        return _probabilities[next - 1] + part * (_probabilities[next] - _probabilities[next - 1]);
    }
}
