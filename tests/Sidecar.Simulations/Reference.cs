using MathNet.Numerics.Distributions;
using Sidecar.Statistics;
using Sidecar.Statistics.Detection;

namespace Sidecar.Simulations;

/// <summary>A reference to simulate against: its boundaries and the detector's null.</summary>
internal sealed record Reference(double[] Boundaries, CellModel Model, NumericReference? Learned)
{
    // A known law has no smallest value; its range ends where one row in 100,000 lies beyond.
    private const double Beyond = 1e-5;
    private const double Floor = 1e-7;

    /// <summary>N(0,1), known exactly.</summary>
    public static Reference ExactNormal(double missing = 0)
    {
        var inner = Enumerable.Range(1, 63).Select(i => Normal.InvCDF(0, 1, i / 64.0));
        double maximum = Normal.InvCDF(0, 1, 1 - Beyond), minimum = -maximum;
        double[] boundaries = [2 * minimum - maximum, minimum, .. inner, maximum, 2 * maximum - minimum];
        double[] shares = [.. Law.StandardNormal.Lost(missing).Cells(boundaries).Select(share => Math.Max(Floor, share))];
        var sum = shares.Sum();
        return new(boundaries, CellModel.FromShares([.. shares.Select(share => share / sum)], double.PositiveInfinity, FeatureKind.Numeric), null);
    }

    /// <summary>A reference drawn from a law.</summary>
    public static Reference Drawn(Func<Rng, double> draw, int rows, Rng random, double missing = 0)
    {
        var learner = new NumericLearner(rows);
        for (var i = 0; i < rows; i++)
        {
            if (random.Uniform() < missing)
                learner.AddMissing();
            else
                learner.Add((float)draw(random));
        }

        var learned = learner.Learn()!;
        double minimum = learned.Minimum, maximum = learned.Maximum;
        double[] boundaries =
            [2 * minimum - maximum, Math.BitDecrement(minimum), .. learned.InnerEdges.ToArray().Select(edge => (double)edge), maximum, 2 * maximum - minimum];
        return new(boundaries, CellModel.Of(learned), learned);
    }

    /// <summary>The cell of one value; NaN is a missing row.</summary>
    public int Cell(double value)
    {
        if (double.IsNaN(value))
            return Model.ValueCells;
        // A cell is (lower, upper]: the number of boundaries below the value.
        var at = Boundaries.AsSpan().BinarySearch(value);
        return at >= 0 ? at : ~at;
    }

    public AliasTable Sampler(Law law) => new(law.Cells(Boundaries));
}
