using CsCheck;
using Sidecar.Simulations;
using Sidecar.Statistics.Detection;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests.Detection;

public class MixtureDetectorTests
{
    private static readonly DetectorOptions Options = new() { Threshold = Delays.MonthOfSubWindows };

    /// <summary>References far from normal too: few values, atoms, heavy tails, constants.</summary>
    private static readonly Gen<CellModel> AnyModel = Gen.OneOf(
        Gen.Float[-2f, 2f].Array[64, 2000].Select(values => CellModel.Of(NumericReference.Learn(values, values.Length / 7)!)),
        Gen.Int[-3, 3].Select(i => Math.Max(0f, i)).Array[64, 500].Select(values => CellModel.Of(NumericReference.Learn(values)!)),
        Gen.Float[-9f, 9f].Select(MathF.Exp).Array[64, 500].Select(values => CellModel.Of(NumericReference.Learn([.. values, float.NaN])!)),
        Gen.Const(CellModel.Of(NumericReference.Learn(Enumerable.Repeat(3f, 500).ToArray())!)),
        Gen.Int[0, 90].Array[64, 1500].Select(values => CellModel.Of(Samples.Categories(values.Select(value => $"v{value * value / 90}")))));

    [Theory]
    [InlineData(0)]
    [InlineData(0.01)]
    [InlineData(0.05)]
    public void Fixed_experts_have_mean_at_most_one_under_every_law_of_the_null(double tolerance) =>
        Gen.Select(AnyModel, Gen.Int).Sample((model, seed) =>
        {
            // The premise of the guarantee, checked for each expert against the centre and the edge of the ball.
            var options = Options with { Tolerance = tolerance };
            var random = new Random(seed);
            double[] centre = Doubles(model);
            double[] onEdge = Perturbed(centre, tolerance, random);
            Assert.Equal(tolerance * tolerance, centre.Zip(onEdge, (p, q) => (q - p) * (q - p) / p).Sum(), 1e-9);
            foreach (var law in (double[][])[centre, onEdge])
            {
                foreach (var (name, logs) in Experts(model, options))
                {
                    var mean = law.Zip(logs, (share, log) => share * Math.Exp(log)).Sum();
                    Assert.True(mean <= 1 + 1e-6, $"{name}: {mean}");
                }
            }
        }, iter: 60);

    [Fact]
    public void Adaptive_experts_have_mean_at_most_one_under_every_law_of_the_null_whatever_the_past() =>
        Gen.Select(AnyModel.Where(model => model.Kind != FeatureKind.IdLike), Gen.Int, Gen.Int[1, 40]).Sample((model, seed, past) =>
        {
            var random = new Random(seed);
            var expert = new AdaptiveExpert(model.Cells, null, 128, 40, 400);
            expert.Rebase(model, 0.02);
            var counts = new long[model.Cells];
            for (var i = 0; i < past; i++)
            {
                Array.Clear(counts);
                counts[random.Next(counts.Length)] = random.Next(100);
                expert.Remember(counts);
            }

            double[] law = Perturbed(Doubles(model), 0.02, random);
            double mean = 0;
            for (var cell = 0; cell < counts.Length; cell++)
            {
                Array.Clear(counts);
                counts[cell] = 1;
                mean += law[cell] * Math.Exp(expert.LogRatio(model, counts, 1, 32));
            }

            Assert.True(mean <= 1 + 1e-5, $"{mean}");
        }, iter: 100);

    [Fact]
    public void Weights_of_all_experts_sum_to_one() => AnyModel.Sample(model =>
    {
        var table = new ExpertTable(model, Options, 0.88);
        double sum = 0;
        foreach (var weight in table.Layout.Weights)
            sum += weight * table.Scale;
        for (var row = 0; row < table.Layout.Rows.Length; row++)
        {
            var members = Enumerable.Range(0, model.ValueCells).Count(cell => table.RowGamma(row, cell, model) > -1e6);
            sum += table.RowWeights[row] * members;
        }

        // Losses exist for common categories only; where there are none their weight is unused.
        Assert.InRange(sum, 0.88 * 0.8, 0.88 + 1e-4);
    });

    [Fact]
    public void Update_ShardsInAnyOrder_GiveTheSameEvidenceToTheBit()
    {
        var reference = NumericReference.Learn(Samples.Normal(new Random(1), 5000))!;
        var model = CellModel.Of(reference);
        MixtureDetector whole = new(model, Options), merged = new(model, Options);
        var random = new Random(2);
        long[] counts = new long[model.Cells], of = new long[model.Cells];
        for (var window = 0; window < 200; window++)
        {
            var values = Samples.Normal(random, 40, mean: 0.3);
            var single = Samples.Window(reference, values);
            NumericCounts[] shards = [.. Enumerable.Range(0, 3).Select(shard => Samples.Window(reference, values.Where((_, i) => i % 3 == shard)))];
            random.Shuffle(shards);
            var sum = new NumericCounts(reference);
            foreach (var shard in shards)
                sum.MergeFrom(shard);
            single.CopyCells(counts);
            sum.CopyCells(of);
            Assert.Equal(whole.Update(counts), merged.Update(of));
            Assert.Equal(BitConverter.DoubleToInt64Bits(whole.Evidence), BitConverter.DoubleToInt64Bits(merged.Evidence));
        }

        Assert.True(whole.Alarmed);
    }

    [Fact]
    public void Update_AChangeThatLastsAndEnds_RaisesOnceHoldsAndClearsOnce()
    {
        var reference = Reference.ExactNormal();
        AliasTable quiet = reference.Sampler(Law.StandardNormal), shifted = reference.Sampler(Law.Gaussian(0.5, 1));
        var random = new Rng(5);
        var detector = new MixtureDetector(reference.Model, Options);
        var events = new List<(int Row, DetectorEvent What)>();
        var counts = new long[reference.Model.Cells];
        for (var row = 0; row < 100_000; row += 32)
        {
            Array.Clear(counts);
            (row is >= 6400 and < 56_400 ? shifted : quiet).Add(random, counts, 32);
            var what = detector.Update(counts);
            if (what != DetectorEvent.None)
                events.Add((row, what));
        }

        Assert.Equal([DetectorEvent.Raised, DetectorEvent.Cleared], events.Select(e => e.What));
        Assert.InRange(events[0].Row, 6400, 6400 + 600);
        Assert.InRange(events[1].Row, 56_400, 56_400 + 15_000);
        Assert.Equal(0, new MixtureDetector(reference.Model, Options).Evidence);
        Assert.True(detector.Evidence < 1e5);
    }

    [Theory]
    [InlineData("+0.5", ExpertKind.Location, 1)]
    [InlineData("-0.5", ExpertKind.Location, -1)]
    [InlineData("wider", ExpertKind.Scale, 1)]
    [InlineData("narrower", ExpertKind.Scale, -1)]
    [InlineData("missing", ExpertKind.Gain, 68)]
    [InlineData("stuck", ExpertKind.Gain, -1)]
    [InlineData("times 100", ExpertKind.Outside, 0)]
    public void Leading_AKnownChange_IsItsExpert(string change, ExpertKind kind, int sign)
    {
        var n = Law.StandardNormal;
        var law = change switch
        {
            "+0.5" => Law.Gaussian(0.5, 1),
            "-0.5" => Law.Gaussian(-0.5, 1),
            "wider" => Law.Gaussian(0, 1.4),
            "narrower" => Law.Gaussian(0, 0.7),
            "missing" => n.Lost(0.05),
            "stuck" => n.Stuck(0.1, 0.01),
            _ => n.Times(0.02, 100),
        };
        var reference = Reference.Drawn(random => random.Normal(), 20_000, new Rng(3));
        var detector = new MixtureDetector(reference.Model, Options);
        var sampler = reference.Sampler(law);
        var counts = new long[reference.Model.Cells];
        var random = new Rng(9);
        for (var window = 0; !detector.Alarmed && window < 1000; window++)
        {
            Array.Clear(counts);
            sampler.Add(random, counts, 32);
            detector.Update(counts);
        }

        Assert.True(detector.Alarmed);
        var leading = detector.Leading();
        Assert.Equal(kind, leading.Kind);
        if (kind is ExpertKind.Location or ExpertKind.Scale)
            Assert.Equal(sign, Math.Sign(leading.Size));
        if (change == "missing")
            Assert.Equal(reference.Model.ValueCells, leading.Cell);
        if (change == "stuck")
            Assert.Equal(reference.Learned!.Cell(0.01f), leading.Cell);
    }

    [Fact]
    public void Update_AbsurdInput_StaysANumberAndInBounds()
    {
        var model = CellModel.Of(NumericReference.Learn(Samples.Normal(new Random(1), 500))!);
        var detector = new MixtureDetector(model, Options);
        var counts = new long[model.Cells];
        Assert.Equal(DetectorEvent.None, detector.Update(counts, 1e300)); // no rows
        Assert.Equal(0, detector.Evidence);
        counts[10] = 1;
        foreach (var weight in (double[])[double.NaN, -5, double.NegativeInfinity, 0])
            Assert.Equal(DetectorEvent.None, detector.Update(counts, weight));
        Assert.Equal(0, detector.Evidence);
        detector.Update(counts, double.PositiveInfinity);
        Assert.True(double.IsFinite(detector.Evidence));
        detector.Reset();
        foreach (var cell in (int[])[0, 30, model.Cells - 1])
        {
            for (var i = 0; i < 50; i++)
            {
                Array.Clear(counts);
                counts[cell] = 1_000_000_000_000;
                detector.Update(counts);
                Assert.InRange(detector.Evidence, 0, 1e32);
            }
        }

        Assert.True(detector.Alarmed);
        counts.AsSpan().Fill(1);
        for (var i = 0; i < 100_000 && detector.Alarmed; i++)
        {
            for (var cell = 0; cell < counts.Length; cell++)
                counts[cell] = (long)Math.Round(3200 * model.Shares[cell]);
            detector.Update(counts);
        }

        Assert.False(detector.Alarmed);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(null)]
    public void Update_AFloodWithoutValues_IsAnAlarmThatNamesIt(float? flood)
    {
        var reference = NumericReference.Learn(Samples.Normal(new Random(1), 2000))!;
        var detector = new MixtureDetector(CellModel.Of(reference), Options);
        var window = new NumericCounts(reference);
        var counts = new long[detector.Model.Cells];
        for (var i = 0; i < 32; i++)
        {
            if (flood is { } value)
                window.Add(value);
            else
                window.AddMissing();
        }

        window.CopyCells(counts);
        Assert.Equal(DetectorEvent.Raised, detector.Update(counts));
        var expected = reference.Cells + (flood is null ? 0 : float.IsNaN(flood.Value) ? 1 : 2);
        Assert.Equal((ExpertKind.Gain, expected), (detector.Leading().Kind, detector.Leading().Cell));
    }

    [Fact]
    public void Update_AConstantFeature_AlarmsOnAnyOtherValueAndOnNothingElse()
    {
        var reference = NumericReference.Learn(Enumerable.Repeat(7f, 5000).ToArray())!;
        var detector = new MixtureDetector(CellModel.Of(reference), Options);
        var counts = new long[detector.Model.Cells];
        for (var i = 0; i < 10_000; i++)
        {
            Samples.Window(reference, Enumerable.Repeat(7f, 32)).CopyCells(counts);
            Assert.Equal(DetectorEvent.None, detector.Update(counts));
        }

        for (var i = 0; i < 10 && !detector.Alarmed; i++)
        {
            Samples.Window(reference, Enumerable.Repeat(7f, 28).Concat(Enumerable.Repeat(8f, 4))).CopyCells(counts);
            detector.Update(counts);
        }

        Assert.True(detector.Alarmed);
    }

    [Fact]
    public void Update_TimeAsWeight_MakesTheBudgetIndependentOfTheRate()
    {
        // The same rows with 1 s or 10 s a sub-window, and a threshold in the same unit: the same alarms.
        var reference = Reference.ExactNormal();
        var sampler = reference.Sampler(Law.Gaussian(0.3, 1));
        MixtureDetector fast = new(reference.Model, Options), slow = new(reference.Model, Options with { Threshold = Options.Threshold * 10, MeanWeight = 10 });
        var random = new Rng(4);
        var counts = new long[reference.Model.Cells];
        for (var window = 0; window < 60; window++)
        {
            Array.Clear(counts);
            sampler.Add(random, counts, 32);
            Assert.Equal(fast.Update(counts, 1), slow.Update(counts, 10));
            Assert.Equal(1, 10 * fast.Evidence / slow.Evidence, 1e-4);
        }
    }

    [Fact]
    public void Rebase_ToAnotherHour_KeepsTheEvidence()
    {
        var reference = Reference.ExactNormal();
        var detector = new MixtureDetector(reference.Model, Options);
        var counts = new long[reference.Model.Cells];
        reference.Sampler(Law.Gaussian(1, 1)).Add(new Rng(1), counts, 32);
        detector.Update(counts);
        var before = detector.Evidence;
        var shifted = reference.Sampler(Law.Gaussian(1, 1));
        detector.Rebase(CellModel.FromShares(Shares(reference, Law.Gaussian(1, 1)), double.PositiveInfinity, FeatureKind.Numeric));
        Assert.Equal(before, detector.Evidence);
        var random = new Rng(2);
        for (var window = 0; window < 2000; window++)
        {
            Array.Clear(counts);
            shifted.Add(random, counts, 32);
            Assert.Equal(DetectorEvent.None, detector.Update(counts));
        }

        Assert.Throws<ArgumentException>(() => detector.Rebase(CellModel.Of(NumericReference.Learn(Enumerable.Repeat(1f, 64).ToArray())!)));
    }

    [Fact]
    public void Update_ManySubWindows_AllocatesNothing()
    {
        var reference = Reference.Drawn(random => random.Normal(), 5000, new Rng(1));
        var detector = new MixtureDetector(reference.Model, Options);
        var checkpoints = new Checkpoints(reference.Model.Cells, 0);
        var counts = new long[reference.Model.Cells];
        reference.Sampler(Law.StandardNormal).Add(new Rng(1), counts, 32);
        detector.Update(counts);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                detector.Update(counts);
                checkpoints.Add(counts, i);
            }
        }));
    }

    private static double[] Doubles(CellModel model)
    {
        double[] shares = [.. model.Shares.ToArray().Select(share => (double)share)];
        var sum = shares.Sum();
        return [.. shares.Select(share => share / sum)];
    }

    private static double[] Shares(Reference reference, Law law)
    {
        double[] shares = [.. law.Cells(reference.Boundaries).Select(share => Math.Max(1e-7, share))];
        return [.. shares.Select(share => share / shares.Sum())];
    }

    /// <summary>A random law at χ-distance τ.</summary>
    private static double[] Perturbed(double[] centre, double tolerance, Random random)
    {
        while (true)
        {
            // A direction with Σd = 0 and Σd²/p = 1; halved in the cells that it would empty.
            double[] direction = [.. centre.Select(share => Math.Sqrt(share) * (random.NextDouble() - 0.5) * (share > tolerance ? 1 : 0))];
            var mean = direction.Sum();
            direction = [.. direction.Zip(centre, (d, share) => d - mean * share)];
            var length = Math.Sqrt(direction.Zip(centre, (d, share) => d * d / share).Sum());
            double[] law = length == 0 ? centre : [.. direction.Zip(centre, (d, share) => share + tolerance * d / length)];
            if (length == 0)
            {
                // One cell has nearly all the mass: move the most that a second cell can take.
                var small = Array.IndexOf(centre, centre.Min());
                var large = Array.IndexOf(centre, centre.Max());
                var move = tolerance / Math.Sqrt(1 / centre[small] + 1 / centre[large]);
                law = [.. centre];
                law[small] += move;
                law[large] -= move;
            }

            if (law.All(share => share > 0))
                return law;
        }
    }

    private static IEnumerable<(string Name, double[] Logs)> Experts(CellModel model, DetectorOptions options)
    {
        var table = new ExpertTable(model, options, 0.88);
        for (var i = 0; i < table.Layout.Singles.Length; i++)
        {
            var single = table.Layout.Singles[i];
            var statistic = single.Statistic(model);
            double alpha = table.Alpha[i], beta = i < table.Beta.Length ? table.Beta[i] : 0, gamma = table.Gamma[i];
            double Log(int cell) => gamma + (single.Place switch
            {
                ExpertLayout.Place.Score => cell < model.ValueCells ? beta + alpha * model.Score(single.Index)[cell] : 0,
                ExpertLayout.Place.Outside => cell is 0 or 1 || cell == model.ValueCells - 1 || cell == model.ValueCells - 2 ? alpha : 0,
                _ => cell == statistic ? alpha : 0,
            });
            yield return ($"{single}", [.. Enumerable.Range(0, model.Cells).Select(Log)]);
        }

        for (var row = 0; row < table.Layout.Rows.Length; row++)
        {
            for (var of = 0; of < model.ValueCells; of++)
            {
                double alpha = table.RowAlpha[row * model.Padded + of], gamma = table.RowGamma(row, of, model);
                yield return ($"{table.Layout.Rows[row]} {of}", [.. Enumerable.Range(0, model.Cells).Select(cell => gamma + (cell == of ? alpha : 0))]);
            }
        }
    }
}
