using CsCheck;

namespace Sidecar.Statistics.Tests;

public class NumericReferenceTests
{
    private static readonly Gen<float> AnyFinite = Gen.OneOf(
        Gen.Float[-1000f, 1000f],
        Gen.Int[-5, 5].Select(i => (float)i),
        Gen.Float.Where(float.IsFinite),
        OneOf(0f, -0f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue));

    private static readonly Gen<float[]> AnySample = AnyFinite.Array[NumericReference.MinimumRows, 400];

    [Fact]
    public void Learn_AnyFiniteSample_BinsHoldExactlyTheirRange() => AnySample.Sample(values =>
    {
        var reference = NumericReference.Learn(values)!;
        Assert.InRange(reference.Bins, 1, NumericReference.MaximumBins);
        Assert.Equal(values.Length, reference.Counts.ToArray().Sum());
        Assert.Equal(0, reference.Counts[0]);
        Assert.Equal(0, reference.Counts[^1]);
        for (var i = 1; i < reference.Edges.Length; i++)
            Assert.True(reference.Edges[i - 1] < reference.Edges[i]);
        foreach (var value in values)
        {
            var bin = reference.Bin(value);
            Assert.InRange(bin, 1, reference.Bins);
            Assert.True(value <= reference.UpperEdge(bin));
            Assert.True(bin == 1 ? value >= reference.Minimum : value > reference.LowerEdge(bin));
        }
    });

    [Fact]
    public void Learn_AnyFiniteSample_AValueAboveOneSixtyFourthHasItsOwnBin() => AnySample.Sample(values =>
    {
        var reference = NumericReference.Learn(values)!;
        var groups = values.GroupBy(value => value).ToDictionary(group => group.Key, group => group.Count());
        var atoms = groups.Where(group => group.Value > values.Length / NumericReference.MaximumBins).Select(group => group.Key).ToArray();
        if (atoms.Length > 31)
            return; // 32 atoms and what lies between them may not fit; the capacity rule takes over
        foreach (var atom in atoms)
            Assert.Equal(groups[atom], reference.Counts[reference.Bin(atom)]);
    });

    [Fact]
    public void Learn_MoreAtomsThanBinsCanSeparate_StillNoLargeMixedBin()
    {
        // 40 atoms of 2.2 % with a lone value between each two: 80 bins would be needed.
        var values = Enumerable.Range(0, 40).SelectMany(i => Enumerable.Repeat((float)i, 22).Append(i + 0.5f)).ToArray();
        var reference = NumericReference.Learn(values)!;
        Assert.InRange(reference.Bins, 32, NumericReference.MaximumBins);
        Assert.True(reference.Counts.ToArray().Max() <= values.Length / 20);
    }

    [Fact]
    public void Bin_ContinuousSample_BinsAreNearlyEqual()
    {
        var reference = NumericReference.Learn(Samples.Normal(new Random(1), 6400))!;
        Assert.Equal(64, reference.Bins);
        Assert.All(reference.Counts[1..^1].ToArray(), count => Assert.Equal(100, count));
    }

    [Fact]
    public void Bin_OutsideTheRange_GoesBelowAndAbove()
    {
        var reference = NumericReference.Learn([.. Enumerable.Range(1, 100).Select(i => (float)i)])!;
        Assert.Equal(0, reference.Bin(MathF.BitDecrement(1)));
        Assert.Equal(1, reference.Bin(1));
        Assert.Equal(reference.Bins, reference.Bin(100));
        Assert.Equal(reference.Bins + 1, reference.Bin(MathF.BitIncrement(100)));
    }

    [Fact]
    public void Learn_NonFiniteAndMissing_AreCountedApart()
    {
        float[] odd = [float.NaN, float.PositiveInfinity, float.PositiveInfinity, float.NegativeInfinity];
        var reference = NumericReference.Learn([.. odd, .. Enumerable.Range(0, 64).Select(i => (float)i)], missing: 7)!;
        Assert.Equal((64, 7, 1, 2, 1, 75), (reference.Rows, reference.Missing, reference.NotANumber, reference.PositiveInfinity,
            reference.NegativeInfinity, reference.Total));
        Assert.Equal(31.5, reference.Mean, 12);
        Assert.Equal(Math.Sqrt((64 * 64 - 1) / 12.0), reference.Sigma, 12);
    }

    [Fact]
    public void Learn_TooFewFiniteValues_SaysSo()
    {
        Assert.Null(NumericReference.Learn(Enumerable.Repeat(float.NaN, 1000).ToArray(), 0, out var error));
        Assert.Equal(LearnError.TooFewRows, error);
        Assert.Null(NumericReference.Learn([1f]));
        Assert.Null(NumericReference.Learn([]));
    }

    [Fact]
    public void Learn_Constant_OneBinThatOnlyTheConstantHits()
    {
        var reference = NumericReference.Learn(Enumerable.Repeat(3.5f, 200).ToArray())!;
        Assert.Equal((1, 0.0, 3.5), (reference.Bins, reference.Sigma, reference.Mean));
        var same = Samples.Window(reference, Enumerable.Repeat(3.5f, 50));
        Assert.Equal(new CertifiedDistance(0, 0, 0), Distances.KolmogorovSmirnov(same));
        Assert.Equal(0, Distances.Wasserstein(same));
        var next = Samples.Window(reference, Enumerable.Repeat(MathF.BitIncrement(3.5f), 50));
        Assert.Equal(1, Distances.KolmogorovSmirnov(next).Value);
        Assert.Equal(double.PositiveInfinity, Distances.Wasserstein(next));
    }

    [Fact]
    public void Learn_HugeAndDenormalValues_StayFinite()
    {
        float[] values = [.. Enumerable.Range(0, 100).SelectMany(i => new[] { float.Epsilon * i, float.MaxValue / (i + 1), -float.MaxValue / (i + 1) })];
        var reference = NumericReference.Learn(values)!;
        var live = Samples.Window(reference, values.Reverse());
        Assert.True(double.IsFinite(reference.Sigma));
        Assert.Equal(0, Distances.KolmogorovSmirnov(live).Value);
        Assert.InRange(Distances.Wasserstein(live), 0, 1e-9);
    }

    private static Gen<float> OneOf(params float[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
