using Sidecar.Statistics;

namespace Sidecar.Analysis;

/// <summary>
/// The output distribution of a classifier: the predicted class, its probability, its lead over the second, and how undecided the row is. Whether scores are probabilities or
/// logits is told by the first rows, and then holds: a model that begins to answer something else has drifted, which a changed reading would hide.
/// </summary>
internal sealed class ClassFeatures : DerivedFeatures
{
    /// <summary>Features that it has.</summary>
    public const int Count = 4;

    // Logits that look like a probability by chance don't do so in all of these.
    private const int TellingRows = 64;

    // Rounding of halves, and of servers that print four digits.
    private const float SumTolerance = 1e-3f;

    private readonly Feature _class;
    private readonly Feature _score;
    private readonly Feature _margin;
    private readonly Feature _entropy;
    private int _told;
    private bool _areLogits;

    public ClassFeatures(string tensor)
        : this(new Feature($"{tensor}.class", TensorLayout.MaxColumns), new($"{tensor}.score"), new($"{tensor}.margin"), new($"{tensor}.entropy"))
    {
    }

    private ClassFeatures(Feature predicted, Feature score, Feature margin, Feature entropy)
        : base([predicted, score, margin, entropy]) => (_class, _score, _margin, _entropy) = (predicted, score, margin, entropy);

    public override void Add(ReadOnlySpan<float> row)
    {
        if (_told < TellingRows && !_areLogits)
            Look(row);
        var summary = _areLogits ? ClassDistribution.SummariseLogits(row) : ClassDistribution.Summarise(row);
        if (summary.Top < 0)
            _class.AddMissing(); // a NaN among the scores: nobody knows which class that is
        else
            _class.Add((long)summary.Top);
        _score.Add(summary.Score);
        _margin.Add(summary.Margin);
        _entropy.Add(Math.Min(1, summary.Entropy / MathF.Log(row.Length))); // NaN stays NaN
    }

    private void Look(ReadOnlySpan<float> row)
    {
        double sum = 0;
        var inside = true;
        foreach (var score in row)
        {
            if (!float.IsFinite(score))
                return; // says nothing of the others
            inside &= score is >= 0 and <= 1;
            sum += score;
        }

        _areLogits = !inside || Math.Abs(sum - 1) > SumTolerance;
        _told++;
    }
}
