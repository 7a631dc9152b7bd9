namespace Sidecar.Statistics.Drift;

/// <summary>A feature's rows since the last look, as counts in the cells of its reference. One writer at a time; a row allocates nothing.</summary>
public sealed class FeatureCounts(FeatureReference reference)
{
    private readonly NumericCounts? _numeric = reference.Numeric is { } numeric ? new NumericCounts(numeric) : null;
    private readonly CategoricalCounts? _categorical = reference.Categorical is { } categorical ? new CategoricalCounts(categorical) : null;

    public FeatureReference Reference { get; } = reference;

    /// <summary>Adds a number: a value, or a code.</summary>
    public void Add(double value)
    {
        if (_numeric is { } numeric)
        {
            numeric.Add((float)value);
            return;
        }

        Span<byte> text = stackalloc byte[32];
        var written = FeatureValue.Code(value, text, out var whole);
        if (written < 0)
            _categorical!.Add(whole);
        else
            _categorical!.Add(text[..written]);
    }

    /// <summary>Adds a text in UTF-8: where numbers are expected it is none of them.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        if (_categorical is { } categorical)
            categorical.Add(text);
        else
            _numeric!.Add(Reference.Values == FeatureValues.TextLength ? FeatureValue.Length(text) : float.NaN);
    }

    /// <summary>Counts a row in which the feature was absent or null.</summary>
    public void AddMissing()
    {
        _numeric?.AddMissing();
        _categorical?.AddMissing();
    }

    /// <summary>Copies the counts and begins anew.</summary>
    /// <param name="cells">As long as the reference's model has cells.</param>
    /// <returns>Sums of the finite values below the lowest and above the highest bin.</returns>
    public (double Below, double Above) Take(Span<long> cells)
    {
        if (_categorical is { } categorical)
        {
            categorical.CopyCells(cells);
            categorical.Clear();
            return default;
        }

        var numeric = _numeric!;
        numeric.CopyCells(cells);
        var last = numeric.Reference.Cells - 1;
        var tails = (numeric.Sum(0) + numeric.Sum(1), numeric.Sum(last - 1) + numeric.Sum(last));
        numeric.Clear();
        return tails;
    }
}
