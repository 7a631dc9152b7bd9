using CsCheck;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests;

public class PairedAgreementTests
{
    [Fact]
    public void AddRows_Classes_CountsFlipsAndNearTies()
    {
        var paired = new PairedAgreement(nearTie: 0.05f);
        paired.AddRows(
            [0.7f, 0.2f, 0.1f, /**/ 0.40f, 0.38f, 0.22f, /**/ 0.1f, 0.8f, 0.1f],
            [0.6f, 0.3f, 0.1f, /**/ 0.38f, 0.40f, 0.22f, /**/ 0.8f, 0.1f, 0.1f], 3);
        Assert.Equal((3L, 1L, 2L, 1L), (paired.Rows, paired.Agreed, paired.Flips, paired.NearTieFlips));
        Assert.Equal(1.0 / 3, paired.Agreement, 12);
        Assert.Equal(0.7, paired.MaximumDifference, 1e-6);
        Assert.Equal((0.1 + 0.1 + 0.02 + 0.02 + 0.7 + 0.7) / 9, paired.MeanDifference, 1e-6);
    }

    [Fact]
    public void AddRows_NonFinite_IsAgreementOfNothingOrAMismatch()
    {
        var paired = new PairedAgreement();
        paired.AddRows(
            [float.NaN, 1, /**/ float.NaN, 1, /**/ float.PositiveInfinity, 0, /**/ 1, 0],
            [float.NaN, 1, /**/ 0, 1, /**/ float.NegativeInfinity, 0, /**/ 1, 0], 2);
        Assert.Equal((4L, 1L, 2L, 1L), (paired.Rows, paired.BothNonFinite, paired.NonFiniteMismatches, paired.ClassifiedRows));
        Assert.Equal(1.0 / 3, paired.Agreement, 12);
        Assert.Equal((0.0, 2L), (paired.MaximumDifference, paired.Values));
    }

    [Fact]
    public void AddRows_OneColumn_NeedsAThresholdForAClass()
    {
        var regression = new PairedAgreement();
        regression.AddRows([1, 2, float.NaN], [1, 4, 0], 1);
        Assert.True(double.IsNaN(regression.Agreement));
        Assert.Equal((2.0, 1.0), (regression.MaximumDifference, regression.MeanDifference));
        var binary = new PairedAgreement(threshold: 0.5f);
        binary.AddRows([0.2f, 0.499f, 0.9f], [0.3f, 0.501f, 0.1f], 1);
        Assert.Equal((1L, 2L, 1L), (binary.Agreed, binary.Flips, binary.NearTieFlips));
    }

    [Fact]
    public void AddRows_DifferentLengths_Throws()
    {
        var paired = new PairedAgreement();
        Assert.Throws<ArgumentException>(() => paired.AddRows([1, 2], [1], 1));
        Assert.Throws<ArgumentException>(() => paired.AddRows([1, 2, 3], [1, 2, 3], 2));
        Assert.True(double.IsNaN(paired.Agreement) && double.IsNaN(paired.MeanDifference));
    }

    [Fact]
    public void MergeFrom_Halves_EqualTheWhole() => Gen.Select(Gen.Float[0, 1].Array[20], Gen.Float[0, 1].Array[20]).Sample((a, b) =>
    {
        PairedAgreement whole = new(), left = new(), right = new();
        whole.AddRows(a, b, 2);
        left.AddRows(a.AsSpan(0, 8), b.AsSpan(0, 8), 2);
        right.AddRows(a.AsSpan(8), b.AsSpan(8), 2);
        left.MergeFrom(right);
        Assert.Equal((whole.Rows, whole.Agreed, whole.NearTieFlips, whole.Values, whole.MaximumDifference),
            (left.Rows, left.Agreed, left.NearTieFlips, left.Values, left.MaximumDifference));
        Assert.Equal(whole.MeanDifference, left.MeanDifference, 1e-12);
        Assert.Throws<ArgumentException>(() => left.MergeFrom(new PairedAgreement(threshold: 0.5f)));
    });

    [Fact]
    public void AddRows_ManyRows_AllocatesNothing()
    {
        var paired = new PairedAgreement();
        float[] rows = [0.1f, 0.9f, 0.8f, 0.2f];
        paired.AddRows(rows, rows, 2);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 100; i++)
                paired.AddRows(rows, rows, 2);
        }));
    }

    [Fact]
    public void Summarise_Scores_GivesTopMarginAndEntropy()
    {
        var summary = ClassDistribution.Summarise([0.25f, 0.5f, 0.25f]);
        Assert.Equal((1, 0.5f, 0.25f), (summary.Top, summary.Score, summary.Margin));
        Assert.Equal(1.5 * Math.Log(2), summary.Entropy, 1e-6);
        Assert.Equal(-1, ClassDistribution.Summarise([0.5f, float.NaN]).Top);
        Assert.Equal(0, ClassDistribution.Summarise([0.5f, 0.5f]).Top);
        Assert.Equal(0.7f, ClassDistribution.Summarise([0.7f]).Margin);
        Assert.Throws<ArgumentException>(() => ClassDistribution.Summarise([]));
    }
}
