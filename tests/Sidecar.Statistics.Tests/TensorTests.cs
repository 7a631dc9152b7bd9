using CsCheck;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests;

public class TensorTests
{
    [Fact]
    public void Project_AnyRow_IsTheSignedSumOfItsSeed() => Gen.Float[-3, 3].Array[1, 200].Sample(row =>
    {
        var projections = new RandomProjections(row.Length, seed: 7);
        float[] projected = new float[RandomProjections.Count], again = new float[RandomProjections.Count], unit = new float[RandomProjections.Count];
        projections.Project(row, projected);
        new RandomProjections(row.Length, seed: 7).Project(row, again);
        Assert.Equal(projected, again);
        var expected = new double[RandomProjections.Count];
        for (var i = 0; i < row.Length; i++)
        {
            var basis = new float[row.Length];
            basis[i] = 1;
            projections.Project(basis, unit);
            for (var k = 0; k < unit.Length; k++)
            {
                Assert.Equal(1 / Math.Sqrt(row.Length), Math.Abs(unit[k]), 1e-6);
                expected[k] += (double)row[i] * unit[k];
            }
        }

        for (var k = 0; k < expected.Length; k++)
            Assert.Equal(expected[k], projected[k], 1e-4);
    }, iter: 20);

    [Fact]
    public void Project_ManyDimensions_SignsAreBalancedAndUnrelated()
    {
        const int dimensions = 4096;
        var projections = new RandomProjections(dimensions);
        var signs = new float[dimensions][];
        for (var i = 0; i < dimensions; i++)
        {
            var basis = new float[dimensions];
            basis[i] = 1;
            signs[i] = new float[RandomProjections.Count];
            projections.Project(basis, signs[i]);
        }

        for (var a = 0; a < RandomProjections.Count; a++)
        {
            Assert.InRange(signs.Sum(sign => Math.Sign(sign[a])), -320, 320); // five standard errors of 64
            for (var b = a + 1; b < RandomProjections.Count; b++)
                Assert.InRange(signs.Sum(sign => Math.Sign(sign[a]) * Math.Sign(sign[b])), -320, 320);
        }
    }

    [Fact]
    public void Project_BadRows_AreZerosOrRefused()
    {
        var projections = new RandomProjections(3);
        var projected = new float[RandomProjections.Count];
        projections.Project([float.NaN, float.PositiveInfinity, 0], projected);
        Assert.All(projected, value => Assert.Equal(0, value));
        Assert.Throws<ArgumentException>(() => projections.Project([1, 2], projected));
        Assert.Equal(0, Allocated.Least(() => projections.Project([1, 2, 3], projected)));
    }

    [Fact]
    public void VectorSummary_Row_IsItsFigures()
    {
        var summary = VectorSummary.Of([3, 0, -4, float.NaN], [3, 0, 0, 0]);
        Assert.Equal((5, -4, 3, 0.25f, 1, 4), (summary.Norm, summary.Minimum, summary.Maximum, summary.Zeros, summary.NonFinite, summary.Distance));
        Assert.Equal(-1 / 3f, summary.Mean, 1e-6f);
        Assert.Equal(Math.Sqrt(25 / 3.0 - 1 / 9.0), summary.Deviation, 1e-5);
        var nothing = VectorSummary.Of([float.NaN, float.NegativeInfinity]);
        Assert.True(float.IsNaN(nothing.Norm) && float.IsNaN(nothing.Mean) && nothing.NonFinite == 2);
        Assert.True(float.IsNaN(VectorSummary.Of([1]).Distance));
        Assert.Throws<ArgumentException>(() => VectorSummary.Of([]));
        Assert.Throws<ArgumentException>(() => VectorSummary.Of([1], [1, 2]));
    }

    [Fact]
    public void SummariseLogits_AnyRow_IsTheSummaryOfItsSoftmaxWithTheMarginOfTheLogits() => Gen.Float[-30, 30].Array[2, 50].Sample(logits =>
    {
        var most = logits.Max();
        double total = logits.Sum(logit => Math.Exp((double)logit - most));
        var expected = ClassDistribution.Summarise([.. logits.Select(logit => (float)(Math.Exp((double)logit - most) / total))]);
        var summary = ClassDistribution.SummariseLogits(logits);
        float[] sorted = [.. logits.OrderDescending()];
        Assert.Equal((Array.IndexOf(logits, most), sorted[0] - sorted[1]), (summary.Top, summary.Margin));
        Assert.Equal(expected.Score, summary.Score, 1e-6f);
        Assert.Equal(expected.Entropy, summary.Entropy, 1e-4f);
    });

    [Fact]
    public void SummariseLogits_BadAndHugeRows_AreNaNOrSure()
    {
        Assert.Equal(new ClassSummary(1, 1, 2e30f, 0), ClassDistribution.SummariseLogits([-1e30f, 1e30f]));
        Assert.Equal(Math.Log(4), ClassDistribution.SummariseLogits([7, 7, 7, 7]).Entropy, 1e-6f);
        var bad = ClassDistribution.SummariseLogits([1, float.PositiveInfinity]);
        Assert.True(bad.Top == -1 && float.IsNaN(bad.Score) && float.IsNaN(bad.Margin) && float.IsNaN(bad.Entropy));
        Assert.Throws<ArgumentException>(() => ClassDistribution.SummariseLogits([]));
        Assert.Equal(0, Allocated.Least(() => ClassDistribution.SummariseLogits([1, 2, 3])));
    }

    [Theory]
    [InlineData("noise")]
    [InlineData("darker")]
    [InlineData("transposed")]
    public void Digits_that_were_spoiled_move_a_summary_or_a_projection(string spoiled)
    {
        // 64 pixels of scikit-learn's digits: what single pixels hardly show, these 24 features do in 100 rows.
        var table = Golden.Table.Load("digits.csv");
        string[] pixels = [.. table.Columns.Where(column => column != "target")];
        float[][] rows = [.. Enumerable.Range(0, table.Rows).Select(row => pixels.Select(pixel =>
            float.Parse(table.Text(pixel)[row]!, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
        new Random(1).Shuffle(rows);
        float[] mean = [.. Enumerable.Range(0, 64).Select(i => rows.Take(900).Average(row => row[i]))];
        var projections = new RandomProjections(64);
        var random = new Random(2);
        float[] Spoil(float[] row) => spoiled switch
        {
            "noise" => [.. row.Zip(Samples.Normal(random, 64, sigma: 4), (pixel, noise) => pixel + noise)],
            "darker" => [.. row.Select(pixel => 0.9f * pixel)],
            _ => [.. Enumerable.Range(0, 64).Select(i => row[i % 8 * 8 + i / 8])],
        };
        float[] Features(float[] row)
        {
            var summary = VectorSummary.Of(row, mean);
            var projected = new float[RandomProjections.Count];
            projections.Project(row, projected);
            return [summary.Norm, summary.Mean, summary.Deviation, summary.Minimum, summary.Maximum, summary.Zeros, summary.Distance, .. projected];
        }

        double Smallest(IEnumerable<float[]> of)
        {
            float[][] before = [.. rows.Take(900).Select(Features)], now = [.. of.Select(Features)];
            return Enumerable.Range(0, before[0].Length).Min(feature =>
            {
                double[] a = [.. before.Select(row => (double)row[feature]).Order()], b = [.. now.Select(row => (double)row[feature]).Order()];
                return KolmogorovSmirnov.PValue(SampleDistances.KolmogorovSmirnov(a, b), a.Length, b.Length);
            }) * before[0].Length; // Bonferroni
        }

        Assert.True(Smallest(rows.Skip(900).Take(100).Select(Spoil)) < 1e-3);
        Assert.True(Smallest(rows.Skip(1000).Take(100)) > 1e-3);
    }
}
