namespace Sidecar.Statistics;

/// <summary>One row of class scores in four figures, which are monitored like features.</summary>
/// <param name="Top">Column of the largest score; −1 if a score isn't finite.</param>
/// <param name="Score">The largest score.</param>
/// <param name="Margin">Largest less second largest; the score itself if there is one column.</param>
/// <param name="Entropy">−Σp·ln p in nats, scores taken as probabilities; negative scores count as 0.</param>
public readonly record struct ClassSummary(int Top, float Score, float Margin, float Entropy);

/// <summary>Summaries of class scores.</summary>
public static class ClassDistribution
{
    /// <summary>Summarises a row, one score a class. Of equal scores the first column wins. Not finite: Top −1 and NaN.</summary>
    /// <exception cref="ArgumentException">The row is empty.</exception>
    public static ClassSummary Summarise(ReadOnlySpan<float> scores)
    {
        if (scores.IsEmpty)
            throw new ArgumentException("A row has at least one column.", nameof(scores));
        var top = 0;
        float best = float.NegativeInfinity, second = float.NegativeInfinity;
        double entropy = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            var score = scores[i];
            if (!float.IsFinite(score))
                return new(-1, float.NaN, float.NaN, float.NaN);
            if (score > best)
                (top, best, second) = (i, score, best);
            else if (score > second)
                second = score;
            if (score > 0)
                entropy -= score * Math.Log(score);
        }

        return new(top, best, scores.Length == 1 ? best : best - second, (float)entropy);
    }

    /// <summary>
    /// Summarises a row of logits: score and entropy of their softmax, the class and its margin of the logits themselves, whose distances softmax squeezes out of sight. Not finite: Top −1 and NaN.
    /// </summary>
    /// <exception cref="ArgumentException">The row is empty.</exception>
    public static ClassSummary SummariseLogits(ReadOnlySpan<float> logits)
    {
        if (logits.IsEmpty)
            throw new ArgumentException("A row has at least one column.", nameof(logits));
        var top = 0;
        float best = float.NegativeInfinity, second = float.NegativeInfinity;
        for (var i = 0; i < logits.Length; i++)
        {
            var logit = logits[i];
            if (!float.IsFinite(logit))
                return new(-1, float.NaN, float.NaN, float.NaN);
            if (logit > best)
                (top, best, second) = (i, logit, best);
            else if (logit > second)
                second = logit;
        }

        // With e = exp(x − max) and Z = Σe: H = ln Z − Σe(x − max)/Z.
        double total = 0, weighted = 0;
        foreach (var logit in logits)
        {
            var below = (double)logit - best;
            var part = Math.Exp(below);
            total += part;
            weighted += part * below;
        }

        return new(top, (float)(1 / total), logits.Length == 1 ? best : best - second, (float)(Math.Log(total) - weighted / total));
    }
}
