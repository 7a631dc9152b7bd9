using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Drift;

/// <summary>Whether a feature goes into the model or comes out of it.</summary>
public enum FeatureSide : byte
{
    Input,

    /// <summary>Few, and what matters most: they get half of the allowed false alarms.</summary>
    Output,
}

/// <summary>How a feature's values become counts.</summary>
public enum FeatureValues : byte
{
    /// <summary>Numbers in bins.</summary>
    Number,

    /// <summary>Numbers of which there are so few that each is a category.</summary>
    Code,

    /// <summary>Texts as categories.</summary>
    Text,

    /// <summary>Texts that hardly ever repeat: their length in characters, as a number.</summary>
    TextLength,
}

/// <summary>What one feature looked like, with how dependent its rows were. Immutable.</summary>
public sealed class FeatureReference
{
    /// <summary>Made of numbers, or of texts' lengths.</summary>
    public FeatureReference(string name, FeatureSide side, FeatureValues values, NumericReference numeric)
        : this(name, side, values, CellModel.Of(numeric)) => Numeric = numeric;

    /// <summary>Made of categories.</summary>
    public FeatureReference(string name, FeatureSide side, FeatureValues values, CategoricalReference categorical)
        : this(name, side, values, CellModel.Of(categorical)) => Categorical = categorical;

    private FeatureReference(string name, FeatureSide side, FeatureValues values, CellModel model) => (Name, Side, Values, Model) = (name, side, values, model);

    public string Name { get; }

    public FeatureSide Side { get; }

    public FeatureValues Values { get; }

    /// <summary>Null where it is categorical.</summary>
    public NumericReference? Numeric { get; }

    /// <summary>Null where it is numeric.</summary>
    public CategoricalReference? Categorical { get; }

    /// <summary>The null of its detector.</summary>
    public CellModel Model { get; }

    /// <summary>Dependence of its rows in time order; null where that isn't known yet.</summary>
    public PhiTable? Phi { get; init; }

    /// <summary>A null for each hour of the week; null for a feature that doesn't follow the clock.</summary>
    public HourOfWeek? Hours { get; init; }

    /// <summary>Rows that it was learned from.</summary>
    public long Rows => Numeric?.Total ?? Categorical!.Total;

    /// <summary>Its values are <c>true</c> and <c>false</c>.</summary>
    public bool IsBoolean => Values == FeatureValues.Text && Categorical is { TopValues: <= 2, Distinct: <= 2 } of
        && Enumerable.Range(0, of.TopValues).All(cell => of.Label(cell) is "true" or "false");

    /// <summary>The same with another φ.</summary>
    public FeatureReference With(PhiTable? phi) => Numeric is { } numeric
        ? new(Name, Side, Values, numeric) { Phi = phi, Hours = Hours }
        : new(Name, Side, Values, Categorical!) { Phi = phi, Hours = Hours };

    /// <summary>The same with a null for each hour of the week.</summary>
    public FeatureReference With(HourOfWeek? hours) => Numeric is { } numeric
        ? new(Name, Side, Values, numeric) { Phi = Phi, Hours = hours }
        : new(Name, Side, Values, Categorical!) { Phi = Phi, Hours = hours };

    /// <summary>A cell's name for people: a value, a range, or what is apart.</summary>
    public string Label(int cell)
    {
        if (cell < 0)
            return "";
        if (Categorical is { } categorical)
            return cell < categorical.Cells ? categorical.Label(cell) : "(missing)";
        var numeric = Numeric!;
        if (cell >= numeric.Cells)
            return (cell - numeric.Cells) switch { 0 => "(missing)", 1 => "(NaN)", _ => "(infinite)" };
        if (cell < NumericReference.FirstBin)
            return FormattableString.Invariant($"below {numeric.Minimum:g6}");
        return cell > numeric.LastBin ? FormattableString.Invariant($"above {numeric.Maximum:g6}")
            : numeric.OnlyUpperEdge(cell) ? FormattableString.Invariant($"{numeric.Edges.Upper(cell):g6}")
            : FormattableString.Invariant($"{numeric.Edges.Lower(cell):g6} … {numeric.Edges.Upper(cell):g6}");
    }
}
