using System.Collections.Concurrent;

namespace Sidecar.Statistics.Detection;

/// <summary>
/// The fixed experts of each kind of feature with their prior weights, which later are scaled to their share of 1. One list a kind, shared by all
/// detectors.
/// </summary>
/// <remarks>
/// "Single" experts read one statistic each; a "row" has one expert for every value cell. The weights favour small shifts, where a tenth of the threshold costs most
/// delay; the sizes are spaced so that a change between two of them loses at most a tenth of its information.
/// </remarks>
internal sealed class ExpertLayout
{
    private static readonly (double Size, double Weight)[] Locations = [(0.1, .06), (0.2, .06), (0.4, .04), (0.8, .02), (1.6, .01)];
    private static readonly (double Ratio, double Weight)[] Scales =
        [(1.15, .035), (1.4, .02), (2, .015), (1 / 1.15, .025), (1 / 1.4, .015), (1 / 2.0, .01)];

    private static readonly double[] Shapes = [.12, .35];
    private static readonly (double Added, double Weight)[] Rare = [(.004, .012), (.015, .015), (.06, .01), (.3, .005)];
    private static readonly (double Added, double Weight)[] Gains = [(.01, .4), (.05, .35), (.25, .25)];
    private static readonly double[] Losses = [.6, .2];

    private const double NumericBody = .20;
    private const double CategoryGains = .50;
    private const double CategoryLosses = .10;

    private readonly float[] _weights;
    private readonly ConcurrentDictionary<int, byte[]> _statistics = new();

    private ExpertLayout(FeatureKind kind)
    {
        var singles = new List<Single>();
        if (kind == FeatureKind.Numeric)
            AddNumeric(singles);
        else
            AddCategorical(singles);
        Singles = [.. singles];
        _weights = new float[Lane.Padded(Singles.Length)];
        for (var i = 0; i < Singles.Length; i++)
            _weights[i] = (float)Singles[i].Weight;
        Tilts = singles.Count(single => single.Place == Place.Score);
        Rows = kind switch
        {
            FeatureKind.Numeric => [.. Gains.Select(gain => new Row(ExpertKind.Gain, gain.Added, NumericBody * gain.Weight))],
            FeatureKind.Categorical =>
            [
                .. Gains.Select(gain => new Row(ExpertKind.Gain, gain.Added, CategoryGains * gain.Weight)),
                .. Losses.Select(rest => new Row(ExpertKind.Loss, rest, CategoryLosses / Losses.Length)),
            ],
            _ => [],
        };
        Total = Singles.Sum(single => single.Weight) + Rows.Sum(row => row.Weight);
    }

    public static ExpertLayout Numeric { get; } = new(FeatureKind.Numeric);

    public static ExpertLayout Categorical { get; } = new(FeatureKind.Categorical);

    public static ExpertLayout IdLike { get; } = new(FeatureKind.IdLike);

    public Single[] Singles { get; }

    public Row[] Rows { get; }

    /// <summary>Single experts that read a score; they come first.</summary>
    public int Tilts { get; }

    /// <summary>Sum of all weights.</summary>
    public double Total { get; }

    /// <summary>Weights of the single experts, padded with 0 to whole vectors.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>The statistic that each single expert reads, for models of one size the same array: there are at most 70 sizes.</summary>
    public byte[] Statistics(CellModel model) =>
        _statistics.GetOrAdd(model.ValueCells, _ => [.. Singles.Select(single => (byte)single.Statistic(model))]);

    public static ExpertLayout Of(FeatureKind kind) => kind switch
    {
        FeatureKind.Numeric => Numeric,
        FeatureKind.Categorical => Categorical,
        _ => IdLike,
    };

    private static void AddNumeric(List<Single> singles)
    {
        foreach (var (size, weight) in Locations)
        {
            singles.Add(new(ExpertKind.Location, Place.Score, 0, size, weight));
            singles.Add(new(ExpertKind.Location, Place.Score, 0, -size, weight));
        }

        foreach (var (ratio, weight) in Scales)
            singles.Add(new(ExpertKind.Scale, Place.Score, 1, (1 - 1 / (ratio * ratio)) / 2, weight));
        foreach (var size in Shapes)
        {
            foreach (var signed in (double[])[size, -size])
            {
                singles.Add(new(ExpertKind.Skew, Place.Score, 2, signed, .01));
                singles.Add(new(ExpertKind.Tails, Place.Score, 3, signed, .01));
            }
        }

        foreach (var (added, weight) in Rare)
        {
            // The weight of "above" is shared between near and far, that of "below" too.
            singles.Add(new(ExpertKind.Gain, Place.FromStart, 0, added, weight / 2));
            singles.Add(new(ExpertKind.Gain, Place.FromStart, 1, added, weight / 2));
            singles.Add(new(ExpertKind.Gain, Place.FromEnd, 2, added, weight / 2));
            singles.Add(new(ExpertKind.Gain, Place.FromEnd, 1, added, weight / 2));
            for (var apart = 0; apart < CellModel.NumericApart; apart++)
                singles.Add(new(ExpertKind.Gain, Place.Apart, apart, added, weight));
        }

        foreach (var (added, weight) in (ReadOnlySpan<(double, double)>)[(.004, .008), (.015, .012), (.06, .006), (.3, .003)])
            singles.Add(new(ExpertKind.Outside, Place.Outside, 0, added, weight));
    }

    private static void AddCategorical(List<Single> singles)
    {
        foreach (var (added, weight) in Rare)
        {
            singles.Add(new(ExpertKind.Gain, Place.FromEnd, 1, added, weight)); // unseen
            singles.Add(new(ExpertKind.Gain, Place.Apart, 0, added, weight)); // missing
        }
    }

    /// <summary>Where a single expert finds its statistic.</summary>
    public enum Place : byte
    {
        Score,
        FromStart,
        FromEnd,
        Apart,
        Outside,
    }

    public readonly record struct Single(ExpertKind Kind, Place Place, int Index, double Size, double Weight)
    {
        /// <summary>The statistic in a model.</summary>
        public int Statistic(CellModel model) => Place switch
        {
            Place.Score => model.FirstScore + Index,
            Place.FromStart => Index,
            Place.FromEnd => model.ValueCells - Index,
            Place.Apart => model.ValueCells + Index,
            _ => model.Outside,
        };
    }

    public readonly record struct Row(ExpertKind Kind, double Size, double Weight);
}
