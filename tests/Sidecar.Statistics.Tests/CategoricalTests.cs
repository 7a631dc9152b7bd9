using System.Text;
using CsCheck;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests;

public class CategoricalTests
{
    private static readonly Gen<string> Word = Gen.Char['a', 'h'].Array[0, 3].Select(letters => new string(letters));

    [Fact]
    public void Learn_UpTo62Values_EveryValueHasAnExactCell() =>
        Gen.Int[0, 61].Array[64, 500].Sample(numbers =>
        {
            string[] values = [.. numbers.Select(number => $"v{number}")];
            var reference = Samples.Categories(values);
            Assert.Equal(values.Length, reference.Rows);
            Assert.Equal(0, reference.Counts[reference.Other]);
            foreach (var group in values.GroupBy(value => value))
            {
                var cell = reference.Cell(Encoding.UTF8.GetBytes(group.Key));
                Assert.Equal(group.Key, reference.Label(cell));
                Assert.Equal(group.Count(), reference.Counts[cell]);
            }

            Assert.Equal(reference.Unseen, reference.Cell("v62"u8));
        });

    [Fact]
    public void Learn_MoreThan62Values_CountsAddUpAndSeenValuesAreNeverUnseen() => Word.Array[200, 1500].Sample(values =>
    {
        var reference = Samples.Categories(values);
        Assert.InRange(reference.TopValues, 1, CategoricalReference.MaximumTopValues);
        Assert.Equal(reference.Rows, reference.Counts.ToArray().Sum());
        Assert.Equal(0, reference.Counts[reference.Unseen]);
        Assert.All(reference.Counts.ToArray(), count => Assert.True(count >= 0));
        Assert.All(values, value => Assert.NotEqual(reference.Unseen, reference.Cell(Encoding.UTF8.GetBytes(value))));
        Assert.All(values.Select(value => value + "é"), value => Assert.Equal(reference.Unseen, reference.Cell(Encoding.UTF8.GetBytes(value))));
    });

    [Fact]
    public void Learn_ManyEqualValues_TheTopValuesAreNotOverstated()
    {
        // The 62 luckiest of 500 equal values hold .2 of the rows that they were picked on, and .124 of any others.
        var random = new Random(3);
        var reference = Samples.Categories(Enumerable.Range(0, 2000).Select(_ => $"v{random.Next(500)}"));
        var top = reference.Counts[..reference.TopValues].ToArray().Sum() / (double)reference.Rows;
        Assert.InRange(top, 0.124 - 0.05, 0.124 + 0.05); // five standard errors of 1,000 rows
    }

    [Fact]
    public void Distances_SameValues_AreZeroAndAnyValuesStayInRange() =>
        Gen.Select(Gen.Int[0, 30].Array[64, 300], Gen.Int[0, 60].Array[1, 300]).Sample((sample, stream) =>
        {
            var learner = new CategoricalLearner();
            foreach (var value in sample)
                learner.Add(value);
            var reference = CategoricalReference.Learn(learner)!;
            CategoricalCounts same = new(reference), other = new(reference);
            foreach (var value in sample)
                same.Add(value);
            foreach (var value in stream)
                other.Add(value);
            Assert.Equal(0, Distances.TotalVariation(same));
            Assert.Equal(0, Distances.LInfinity(same));
            Assert.Equal(0, Distances.JensenShannon(same));
            Assert.Equal(0, LowerBound.Categorical(same, 0.05, 1));
            double tv = Distances.TotalVariation(other), maximum = Distances.LInfinity(other);
            Assert.InRange(tv, maximum - 1e-12, 1);
            Assert.InRange(Distances.JensenShannon(other), 0, 1);
            Assert.InRange(LowerBound.Categorical(other, 0.05, 1), 0, maximum + 1e-12);
        });

    [Fact]
    public void MergeFrom_AnyShards_EqualsTheSingleStream() => Gen.Select(Word.Array[64, 300], Word.Array[0, 300]).Sample((sample, stream) =>
    {
        var reference = Samples.Categories(sample);
        var whole = Samples.Window(reference, stream);
        whole.AddMissing();
        var merged = Samples.Window(reference, stream.Where((_, i) => i % 2 == 1));
        var part = Samples.Window(reference, stream.Where((_, i) => i % 2 == 0));
        part.AddMissing();
        merged.MergeFrom(part);
        for (var cell = 0; cell < reference.Cells; cell++)
            Assert.Equal(whole.Count(cell), merged.Count(cell));
        Assert.Equal((whole.Rows, whole.Total, whole.Missing, whole.Unseen), (merged.Rows, merged.Total, merged.Missing, merged.Unseen));
    });

    [Fact]
    public void Add_IntegerAndItsBytes_AreDifferentValues()
    {
        var learner = new CategoricalLearner();
        for (var i = 0; i < 100; i++)
            learner.Add(65);
        var reference = CategoricalReference.Learn(learner)!;
        Assert.Equal(0, reference.Cell(65));
        Assert.Equal("65", reference.Label(0));
        Assert.Equal(reference.Unseen, reference.Cell("65"u8));
        Assert.Equal(reference.Unseen, reference.Cell(BitConverter.GetBytes(65L)));
        Assert.Equal(reference.Unseen, reference.Cell(66));
    }

    [Fact]
    public void Add_AMillionDistinctValues_MemoryStaysBoundedAndTheFeatureIsIdLike()
    {
        var learner = new CategoricalLearner();
        for (var i = 0; i < 1_000_000; i++)
            learner.Add(Encoding.UTF8.GetBytes($"request-{i}"));
        Assert.Equal(CategoricalLearner.DefaultCapacity, learner.Distinct);
        Assert.Equal(1_000_000 - learner.Distinct, learner.Overflow);
        Assert.True(learner.Footprint < 2 << 20, $"{learner.Footprint} bytes");
        var reference = CategoricalReference.Learn(learner)!;
        Assert.True(reference.IdLike);
        Assert.InRange(reference.New / (double)reference.NewRows, 0.99, 1);
        var live = new CategoricalCounts(reference);
        for (var i = 0; i < 1000; i++)
            live.Add(Encoding.UTF8.GetBytes($"other-{i}"));
        Assert.Equal(0, LowerBound.RateIncrease(live.Unseen, live.Rows, reference.New, reference.NewRows, 1e-3, 1));
    }

    [Fact]
    public void Add_ValuesLongerThanTheLimit_AreNotKept()
    {
        var learner = new CategoricalLearner();
        var huge = new byte[1 << 20];
        for (var i = 0; i < 100; i++)
            learner.Add(huge);
        Assert.Equal((0, 100L), (learner.Distinct, learner.Overflow));
        Assert.True(learner.Footprint < 10_000);
        var reference = CategoricalReference.Learn(learner)!;
        Assert.Equal(reference.Other, reference.Cell(huge));
        Assert.Equal(reference.Unseen, reference.Cell("short"u8));
    }

    [Fact]
    public void ValueTable_CollidingHashes_RefusesBeyondTheProbeLimitAndNeverConfuses()
    {
        // Integers whose hashes agree in the low 20 bits: every one of them starts at the same slot of any table this small.
        var table = new ValueTable(4096);
        var same = new List<long>();
        for (var i = 0L; same.Count < 40; i++)
        {
            if ((ValueHash.Of(i) & 0xFFFF) == 0)
                same.Add(i);
        }

        var numbers = same.Select(value => table.FindOrAdd(value)).ToArray();
        Assert.Equal(ValueTable.MaximumProbes, numbers.Count(number => number >= 0));
        Assert.Equal(ValueTable.MaximumProbes, numbers.Where(number => number >= 0).Distinct().Count());
        for (var i = 0; i < same.Count; i++)
            Assert.Equal(numbers[i], table.Find(same[i]));
        Assert.True(table.Footprint < 1 << 20);
    }

    [Fact]
    public void ValueHash_SimilarValues_SpreadWell()
    {
        var low = Enumerable.Range(0, 4096).Select(i => ValueHash.Of(Encoding.UTF8.GetBytes($"user_{i}")) & 4095).Distinct().Count();
        var integers = Enumerable.Range(0, 4096).Select(i => ValueHash.Of((long)i) & 4095).Distinct().Count();
        // 4096·(1 − 1/e) = 2589 slots are hit by chance.
        Assert.InRange(low, 2450, 2730);
        Assert.InRange(integers, 2450, 4096);
        Assert.Equal(4096, Enumerable.Range(0, 4096).Select(i => ValueHash.Of(Encoding.UTF8.GetBytes($"{i}"))).Distinct().Count());
        Assert.NotEqual(ValueHash.Of("a\0"u8), ValueHash.Of("a"u8));
    }

    [Fact]
    public void Add_ManyValues_AllocatesNothing()
    {
        var live = new CategoricalCounts(Samples.Categories(Enumerable.Range(0, 500).Select(i => $"v{i % 90}")));
        live.Add("v1"u8);
        live.Add(1);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                live.Add("v17"u8);
                live.Add("a value never seen before"u8);
                live.Add(i);
                live.AddMissing();
            }
        }));
    }

    [Fact]
    public void Learn_TooFewRows_SaysSo()
    {
        var learner = new CategoricalLearner();
        for (var i = 0; i < 1000; i++)
            learner.AddMissing();
        learner.Add("one"u8);
        Assert.Null(CategoricalReference.Learn(learner, out var error));
        Assert.Equal(LearnError.TooFewRows, error);
    }

    [Fact]
    public void MergeFrom_OtherReference_Throws()
    {
        var values = Enumerable.Repeat("x", 100).ToArray();
        var counts = new CategoricalCounts(Samples.Categories(values));
        Assert.Throws<ArgumentException>(() => counts.MergeFrom(new CategoricalCounts(Samples.Categories(values))));
    }

    [Fact]
    public void TryRestore_ItsOwnProfile_FindsEveryValueInTheSameCell() => Gen.Int[0, 200].Array[64, 800].Sample(numbers =>
    {
        var learner = new CategoricalLearner();
        foreach (var number in numbers)
        {
            if (number % 2 == 0)
                learner.Add(number);
            else
                learner.Add(Encoding.UTF8.GetBytes($"v{number}"));
        }

        learner.AddMissing();
        var reference = CategoricalReference.Learn(learner)!;
        var restored = CategoricalReference.TryRestore(reference.ToProfile(), out var error)!;
        Assert.Equal(ProfileError.None, error);
        Assert.Equal(reference.Counts, restored.Counts);
        Assert.Equal(
            (reference.Rows, reference.SeenRows, reference.Missing, reference.Once, reference.New, reference.NewRows, reference.IdLike, reference.Distinct),
            (restored.Rows, restored.SeenRows, restored.Missing, restored.Once, restored.New, restored.NewRows, restored.IdLike, restored.Distinct));
        foreach (var number in Enumerable.Range(0, 210))
        {
            Assert.Equal(reference.Cell(number), restored.Cell(number));
            var text = Encoding.UTF8.GetBytes($"v{number}");
            Assert.Equal(reference.Cell(text), restored.Cell(text));
        }

        for (var cell = 0; cell < reference.Cells; cell++)
            Assert.Equal(reference.Label(cell), restored.Label(cell));
    });

    [Fact]
    public void TryRestore_BadData_SaysWhatIsWrong()
    {
        var good = Samples.Categories(Enumerable.Range(0, 300).Select(i => $"v{i % 9}")).ToProfile();
        (CategoricalProfile Bad, ProfileError Error)[] cases =
        [
            (good with { Counts = [] }, ProfileError.Shape),
            (good with { Values = null! }, ProfileError.Shape),
            (good with { Values = [.. good.Values.Take(3)] }, ProfileError.Shape),
            (good with { Values = [.. Enumerable.Range(0, 70_000).Select(i => new CategoryValue(null, i))] }, ProfileError.Shape),
            (good with { SeenRows = 10 }, ProfileError.Counts),
            (good with { Counts = [-1, .. good.Counts.Skip(1)] }, ProfileError.Counts),
            (good with { New = 100, NewRows = 50 }, ProfileError.Counts),
            (good with { Missing = long.MaxValue }, ProfileError.Counts),
            (good with { Values = [.. good.Values, good.Values[0]] }, ProfileError.Values),
            (good with { Values = [.. good.Values, new CategoryValue(new byte[500], 0)] }, ProfileError.Values),
        ];
        foreach (var (bad, expected) in cases)
        {
            Assert.Null(CategoricalReference.TryRestore(bad, out var error));
            Assert.Equal(expected, error);
        }
    }

    [Fact]
    public void UnseenRate_OpenVocabulary_IsGoodAndTurings()
    {
        // Every tenth row is a value of its own; the rest are ten common ones.
        var random = new Random(1);
        string Draw(int i) => random.Next(10) == 0 ? $"new-{i}" : $"v{random.Next(10)}";
        var reference = Samples.Categories(Enumerable.Range(0, 3000).Select(Draw));
        Assert.Equal(0.1, reference.UnseenRate, 0.02);
        var model = Sidecar.Statistics.Detection.CellModel.Of(reference);
        Assert.Equal(0.1, model.Shares[reference.Unseen], 0.02);
        var live = new CategoricalCounts(reference);
        for (var i = 0; i < 2000; i++)
            live.Add(Encoding.UTF8.GetBytes(Draw(10_000 + i)));
        Assert.Equal(model.Shares[reference.Unseen], live.Unseen / 2000.0, 0.03);
    }
}
