namespace Sidecar.Statistics.Drift;

/// <summary>Learns one feature's reference from its values in order, and finds out what kind of feature it is. Bounded memory; one writer at a time.</summary>
/// <remarks>
/// Numbers of at most five kinds are codes, more are a quantity: whole numbers too, because a shift of many codes is still a shift. Texts are categories until hardly any repeats: then
/// their length is watched. A number that rises with nearly every row is a counter or a clock, and tomorrow's can't look like today's: it is not watched.
/// </remarks>
/// <param name="name">The feature's name.</param>
/// <param name="side">Whether it goes in or comes out.</param>
public sealed class FeatureLearner(string name, FeatureSide side)
{
    /// <summary>Numbers of so many different values are codes.</summary>
    public const int MostCodes = 5;

    private const double Rising = 0.99;
    private readonly NumericLearner _numbers = new();
    private readonly CategoricalLearner _codes = new(MostCodes);
    private CategoricalLearner? _texts;
    private long _textRows;
    private long _missing;
    private long _steps;
    private long _rises;
    private double _last = double.NaN;

    /// <summary>Adds a number; NaN and infinities are values too.</summary>
    public void Add(double value)
    {
        _numbers.Add((float)value);
        if (!double.IsFinite(value))
            return;
        _rises += value > _last ? 1 : 0;
        _steps++;
        _last = value;
        if (_codes.Overflow > 0)
            return;
        Span<byte> text = stackalloc byte[32];
        var written = FeatureValue.Code(value, text, out var whole);
        if (written < 0)
            _codes.Add(whole);
        else
            _codes.Add(text[..written]);
    }

    /// <summary>Adds a text in UTF-8.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        (_texts ??= new CategoricalLearner()).Add(text);
        _numbers.Add(FeatureValue.Length(text)); // in case that texts turn out not to repeat
        _textRows++;
    }

    /// <summary>Counts a row in which the feature was absent or null.</summary>
    public void AddMissing() => _missing++;

    /// <summary>The reference, without φ; null where it can't be watched.</summary>
    /// <param name="why">Why not, in words that end the sentence "it is not watched: …"; null where it is.</param>
    public FeatureReference? Learn(out string? why)
    {
        why = null;
        if (_texts is { } texts)
            return LearnTexts(texts, out why);
        if (_steps > NumericReference.MinimumRows && _rises > Rising * _steps)
        {
            why = "it rises with every row, as a counter or a clock does";
            return null;
        }

        if (_codes.Overflow == 0 && _numbers.Total == _steps && LearnCategories(_codes) is { } codes)
            return new(name, side, FeatureValues.Code, codes);
        _numbers.AddMissing(_missing);
        _missing = 0;
        if (_numbers.Learn() is { } numbers)
            return new(name, side, FeatureValues.Number, numbers);
        why = $"it has {_numbers.Rows} numbers, and {NumericReference.MinimumRows} are needed";
        return null;
    }

    private FeatureReference? LearnTexts(CategoricalLearner texts, out string? why)
    {
        why = null;
        if (LearnCategories(texts) is not { } categories)
        {
            why = $"it has {_textRows} values, and {CategoricalReference.MinimumRows} are needed";
            return null;
        }

        if (!categories.IdLike)
            return new(name, side, FeatureValues.Text, categories);
        _numbers.AddMissing(_missing);
        _missing = 0;
        return new(name, side, FeatureValues.TextLength, _numbers.Learn()!);
    }

    private CategoricalReference? LearnCategories(CategoricalLearner categories)
    {
        if (categories.Rows < CategoricalReference.MinimumRows)
            return null;
        for (; _missing > 0; _missing--)
            categories.AddMissing();
        return CategoricalReference.Learn(categories);
    }
}
