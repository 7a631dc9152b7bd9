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
        Assert.Equal([0, 0, 0, 0], [reference.Counts[0], reference.Counts[1], reference.Counts[^2], reference.Counts[^1]]);
        for (var i = 1; i < reference.InnerEdges.Length; i++)
            Assert.True(reference.InnerEdges[i - 1] < reference.InnerEdges[i]);
        foreach (var value in values)
        {
            var cell = reference.Cell(value);
            Assert.InRange(cell, NumericReference.FirstBin, reference.LastBin);
            Assert.True(value <= reference.Edges.Upper(cell));
            Assert.True(cell == NumericReference.FirstBin ? value >= reference.Minimum : value > reference.Edges.Lower(cell));
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
            Assert.Equal(groups[atom], reference.Counts[reference.Cell(atom)]);
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
        Assert.All(reference.Counts[2..^2].ToArray(), count => Assert.Equal(100, count));
    }

    [Fact]
    public void Cell_OutsideTheRange_GoesBelowAndAboveAndBeyondAnotherWidthFar()
    {
        var reference = NumericReference.Learn([.. Enumerable.Range(1, 100).Select(i => (float)i)])!;
        Assert.Equal(1, reference.Cell(MathF.BitDecrement(1)));
        Assert.Equal(NumericReference.FirstBin, reference.Cell(1));
        Assert.Equal(reference.LastBin, reference.Cell(100));
        Assert.Equal(reference.LastBin + 1, reference.Cell(MathF.BitIncrement(100)));
        Assert.Equal(reference.LastBin + 1, reference.Cell(199));
        Assert.Equal(reference.LastBin + 2, reference.Cell(MathF.BitIncrement(199)));
        Assert.Equal(1, reference.Cell(-98));
        Assert.Equal(0, reference.Cell(MathF.BitDecrement(-98)));
        Assert.Equal(0, reference.Cell(float.MinValue));
        Assert.Equal(reference.Cells - 1, reference.Cell(float.MaxValue));
    }

    [Fact]
    public void Learner_MoreValuesThanItsSample_CountsThemAllInTheBinsOfTheFirst()
    {
        var values = Samples.Normal(new Random(4), 5000);
        var learner = new NumericLearner(1000);
        foreach (var value in values)
            learner.Add(value);
        learner.Add(float.NaN);
        learner.AddMissing();
        var reference = learner.Learn()!;
        var first = NumericReference.Learn(values.AsSpan(0, 1000))!;
        Assert.Equal(first.InnerEdges, reference.InnerEdges);
        Assert.Equal(Samples.Window(first, values).Count(7), reference.Counts[7]);
        Assert.Equal((5000, 5002, 1, 1), (reference.Rows, reference.Total, reference.Missing, reference.NotANumber));
        Assert.Equal(values.Count(value => value > first.Maximum), reference.Counts[^1] + reference.Counts[^2]);
        Assert.Equal(values.Average(value => (double)value), reference.Mean, 1e-9);
        Assert.Equal(0, Distances.KolmogorovSmirnov(Samples.Window(reference, values)).Value, 1e-12);
        Assert.Equal(0, Distances.Wasserstein(Samples.Window(reference, values)), 1e-12);
    }

    [Fact]
    public void TryRestore_ItsOwnProfile_GivesTheSameReference() => AnySample.Sample(values =>
    {
        var reference = NumericReference.Learn([.. values, float.NaN, float.NegativeInfinity], missing: 3)!;
        var restored = NumericReference.TryRestore(reference.ToProfile(), out var error)!;
        Assert.Equal(ProfileError.None, error);
        Assert.Equal(reference.ToProfile(), restored.ToProfile(), ProfileEquality);
        foreach (var value in values)
            Assert.Equal(reference.Cell(value), restored.Cell(value));
    });

    [Fact]
    public void TryRestore_BadData_SaysWhatIsWrong()
    {
        var good = NumericReference.Learn(Samples.Normal(new Random(1), 500))!.ToProfile();
        (NumericProfile Bad, ProfileError Error)[] cases =
        [
            (good with { Counts = [] }, ProfileError.Shape),
            (good with { Edges = null! }, ProfileError.Shape),
            (good with { Edges = [.. Enumerable.Range(0, 64).Select(i => (float)i)] }, ProfileError.Shape),
            (good with { Edges = [.. good.Edges.Reverse()] }, ProfileError.Edges),
            (good with { Maximum = float.PositiveInfinity }, ProfileError.Edges),
            (good with { Minimum = good.Maximum + 1 }, ProfileError.Edges),
            (good with { Counts = [.. good.Counts.Select(_ => 0L)] }, ProfileError.Counts),
            (good with { Counts = [-1, .. good.Counts.Skip(1)] }, ProfileError.Counts),
            (good with { Missing = long.MaxValue }, ProfileError.Counts),
            (good with { Sigma = double.NaN }, ProfileError.Moments),
            (good with { Sums = [double.PositiveInfinity, .. good.Sums.Skip(1)] }, ProfileError.Moments),
        ];
        foreach (var (bad, expected) in cases)
        {
            Assert.Null(NumericReference.TryRestore(bad, out var error));
            Assert.Equal(expected, error);
        }
    }

    [Fact]
    public void Quantile_OfManyValues_IsRightToABin()
    {
        var reference = NumericReference.Learn([.. Enumerable.Range(0, 6401).Select(i => i / 64f)])!;
        foreach (var p in (double[])[0, 0.01, 0.25, 0.5, 0.9, 1])
            Assert.Equal(100 * p, reference.Quantile(p), 1.6);
        Assert.Equal(7, NumericReference.Learn(Enumerable.Repeat(7f, 100).ToArray())!.Quantile(0.3));
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

    private static bool ProfileEquality(NumericProfile a, NumericProfile b) =>
        a.Edges.SequenceEqual(b.Edges) && a.Counts.SequenceEqual(b.Counts) && a.Sums.SequenceEqual(b.Sums)
        && a.OnlyUpperEdge.SequenceEqual(b.OnlyUpperEdge)
        && (a.Minimum, a.Maximum, a.Mean, a.Sigma, a.Missing, a.NotANumber, a.PositiveInfinity, a.NegativeInfinity)
        == (b.Minimum, b.Maximum, b.Mean, b.Sigma, b.Missing, b.NotANumber, b.PositiveInfinity, b.NegativeInfinity);

    private static Gen<float> OneOf(params float[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
