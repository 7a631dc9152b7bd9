using System.Text;
using CsCheck;
using Sidecar.Statistics.Sketches;

namespace Sidecar.Statistics.Tests.Sketches;

public class SketchTests
{
    [Fact]
    public void Kll_any_merge_of_shards_keeps_ranks_within_its_error_and_memory_bounded()
    {
        var random = new Random(3);
        var values = Samples.Normal(random, 200_000);
        var sketch = new KllSketch();
        for (var shard = 0; shard < 8; shard++)
        {
            var part = new KllSketch(seed: (ulong)shard + 2);
            foreach (var value in values.AsSpan(shard * 25_000, 25_000))
                part.Add(value);
            sketch.MergeFrom(part);
        }

        float[] sorted = [.. values.Order()];
        Assert.Equal(200_000, sketch.Rows);
        Assert.Equal((sorted[0], sorted[^1]), (sketch.Minimum, sketch.Maximum));
        Assert.InRange(sketch.Retained, 200, 900);
        Assert.Equal(0.0133, sketch.RankError, 1e-3);
        for (var p = 0.01; p < 1; p += 0.01)
        {
            // Twice the 99 % error: eight merged sketches each flip coins of their own.
            Assert.Equal(p, sketch.Rank(sorted[(int)(p * sorted.Length)]), 2 * sketch.RankError);
            Assert.InRange(sketch.Quantile(p), sorted[(int)(Math.Max(0, p - 0.03) * sorted.Length)], sorted[(int)(Math.Min(0.99999, p + 0.03) * sorted.Length)]);
        }
    }

    [Fact]
    public void Kll_few_values_are_exact_and_NaN_is_none() => Gen.Float[-5, 5].Array[1, 150].Sample(values =>
    {
        var sketch = new KllSketch();
        foreach (var value in values)
            sketch.Add(value);
        sketch.Add(float.NaN);
        Assert.Equal(values.Length, sketch.Rows);
        foreach (var value in values)
            Assert.Equal(values.Count(other => other <= value) / (double)values.Length, sketch.Rank(value), 1e-12);
        Assert.Equal(values.Min(), sketch.Quantile(0));
        Assert.Equal(values.Max(), sketch.Quantile(1));
    });

    [Fact]
    public void Kll_empty_knows_nothing()
    {
        var sketch = new KllSketch();
        Assert.True(double.IsNaN(sketch.Rank(1)) && float.IsNaN(sketch.Quantile(0.5)) && float.IsNaN(sketch.Minimum));
        sketch.MergeFrom(new KllSketch());
        Assert.Equal(0, sketch.Rows);
        Assert.Throws<ArgumentOutOfRangeException>(() => new KllSketch(7));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(5_000)]
    [InlineData(1_000_000)]
    public void HyperLogLog_estimates_within_four_standard_errors(int distinct)
    {
        HyperLogLog texts = new(), numbers = new();
        for (var i = 0; i < distinct; i++)
        {
            texts.Add(Encoding.UTF8.GetBytes($"user-{i}"));
            numbers.Add(i);
            numbers.Add(i);
        }

        Assert.Equal(distinct, texts.Estimate(), 4 * 0.0162 * distinct + 1e-9);
        Assert.Equal(distinct, numbers.Estimate(), 4 * 0.0162 * distinct + 1e-9);
    }

    [Fact]
    public void HyperLogLog_shards_in_any_order_are_the_same_bits_and_state_restores()
    {
        HyperLogLog whole = new(), left = new(), right = new();
        for (var i = 0; i < 10_000; i++)
        {
            whole.Add(i);
            (i % 3 == 0 ? left : right).Add(i);
        }

        right.MergeFrom(left);
        Assert.Equal(whole.State, right.State);
        Assert.Equal(whole.Estimate(), HyperLogLog.TryRestore(right.State)!.Estimate());
        Assert.Null(HyperLogLog.TryRestore([1, 2, 3]));
        Assert.Null(HyperLogLog.TryRestore(Enumerable.Repeat((byte)200, 4096).ToArray()));
    }

    [Fact]
    public void SpaceSaving_finds_every_value_above_its_share_among_a_million()
    {
        var random = new Random(5);
        SpaceSaving whole = new(), left = new(), right = new();
        var truth = new Dictionary<string, long>();
        for (var i = 0; i < 1_000_000; i++)
        {
            // 30 frequent values hold 60 %, the rest are all different.
            var value = random.NextDouble() < 0.6 ? $"common-{random.Next(30)}" : $"rare-{i}";
            truth[value] = truth.GetValueOrDefault(value) + 1;
            var bytes = Encoding.UTF8.GetBytes(value);
            whole.Add(bytes);
            (i % 2 == 0 ? left : right).Add(bytes);
        }

        left.MergeFrom(right);
        foreach (var summary in (SpaceSaving[])[whole, left])
        {
            Assert.Equal(1_000_000, summary.Rows);
            var top = summary.Top().ToDictionary(hitter => Encoding.UTF8.GetString(hitter.Value.Span));
            foreach (var (value, count) in truth.Where(value => value.Value > 1_000_000 / SpaceSaving.Capacity))
            {
                Assert.InRange(top[value].Count, count, count + top[value].Error);
                Assert.InRange(top[value].Error, 0, 2 * 1_000_000 / SpaceSaving.Capacity);
            }
        }
    }
}
