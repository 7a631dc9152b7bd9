using CsCheck;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests;

public class NumericCountsTests
{
    private static readonly Gen<float> Value = Gen.OneOf(
        Gen.Float[-3f, 3f], Gen.Int[-3, 3].Select(i => (float)i), OneOf(float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f));

    private static readonly Gen<float[]> Reference = Gen.OneOf(Gen.Float[-2f, 2f], Gen.Int[-2, 2].Select(i => (float)i)).Array[64, 300];

    [Fact]
    public void MergeFrom_AnyShardsInAnyOrder_CountsEqualTheSingleStream() =>
        Gen.Select(Reference, Value.Array[0, 500], Gen.Int[1, 5], Gen.Int[0, 1000]).Sample((sample, stream, shards, seed) =>
        {
            var reference = NumericReference.Learn(sample)!;
            var whole = Samples.Window(reference, stream);
            var parts = Enumerable.Range(0, shards).Select(i => Samples.Window(reference, stream.Where((_, at) => at % shards == i))).ToArray();
            new Random(seed).Shuffle(parts);
            var merged = new NumericCounts(reference);
            foreach (var part in parts)
                merged.MergeFrom(part);
            AssertSame(whole, merged);
        });

    [Fact]
    public void Add_AnyOrder_SameCountsAndDistances() => Gen.Select(Reference, Value.Array[1, 300], Gen.Int).Sample((sample, stream, seed) =>
    {
        var reference = NumericReference.Learn(sample)!;
        var shuffled = (float[])stream.Clone();
        new Random(seed).Shuffle(shuffled);
        AssertSame(Samples.Window(reference, stream), Samples.Window(reference, shuffled));
    });

    [Fact]
    public void Add_NonFinite_IsCountedApartAndChangesNoDistance()
    {
        var reference = NumericReference.Learn(Samples.Normal(new Random(1), 500))!;
        var live = Samples.Window(reference, Samples.Normal(new Random(2), 200));
        var before = Distances.Wasserstein(live);
        live.Add(float.NaN);
        live.Add(float.PositiveInfinity);
        live.Add(float.NegativeInfinity);
        live.AddMissing();
        Assert.Equal((200L, 204L, 1L, 1L, 1L, 1L),
            (live.Rows, live.Total, live.NotANumber, live.PositiveInfinity, live.NegativeInfinity, live.Missing));
        Assert.Equal(before, Distances.Wasserstein(live));
    }

    [Fact]
    public void Clear_FullWindow_IsEmptyAgain()
    {
        var reference = NumericReference.Learn(Samples.Normal(new Random(1), 500))!;
        var live = Samples.Window(reference, Samples.Normal(new Random(2), 200).Append(float.NaN));
        live.AddMissing();
        live.Clear();
        AssertSame(new NumericCounts(reference), live);
    }

    [Fact]
    public void MergeFrom_OtherReference_Throws()
    {
        var values = Samples.Normal(new Random(1), 500);
        var a = new NumericCounts(NumericReference.Learn(values)!);
        Assert.Throws<ArgumentException>(() => a.MergeFrom(new NumericCounts(NumericReference.Learn(values)!)));
    }

    [Fact]
    public void Add_ManyValues_AllocatesNothing()
    {
        var values = Samples.Normal(new Random(1), 500).Append(float.NaN).ToArray();
        var live = new NumericCounts(NumericReference.Learn(values)!);
        live.Add(0);
        Assert.Equal(0, Allocated.Least(() =>
        {
            foreach (var value in values)
                live.Add(value);
            live.AddMissing();
            live.Clear();
        }));
    }

    private static void AssertSame(NumericCounts expected, NumericCounts actual)
    {
        for (var cell = 0; cell < expected.Reference.Cells; cell++)
        {
            Assert.Equal(expected.Count(cell), actual.Count(cell));
            Assert.Equal(expected.Sum(cell), actual.Sum(cell), 1e-9);
        }

        Assert.Equal((expected.Rows, expected.Total, expected.Missing, expected.NotANumber, expected.PositiveInfinity, expected.NegativeInfinity),
            (actual.Rows, actual.Total, actual.Missing, actual.NotANumber, actual.PositiveInfinity, actual.NegativeInfinity));
        if (expected.Rows > 0)
        {
            Assert.Equal(Distances.KolmogorovSmirnov(expected), Distances.KolmogorovSmirnov(actual));
            Assert.Equal(Distances.PopulationStability(expected), Distances.PopulationStability(actual));
            Assert.Equal(Distances.JensenShannon(expected), Distances.JensenShannon(actual));
        }
    }

    private static Gen<float> OneOf(params float[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);
}
