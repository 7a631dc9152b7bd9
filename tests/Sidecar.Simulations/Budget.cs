using Sidecar.Statistics.Detection;

namespace Sidecar.Simulations;

/// <summary>
/// False alarms at a budget that no simulation can wait for, by importance sampling. The evidence M is a sum, over experts and starts, of likelihood ratios, and each
/// of them turns the law from its start on into its expert's own: so P(raised at n) = Σ E[exp(Σℓ)/M; raised at n]. Simulated: a quiet stream, an expert drawn by its weight, its
/// law from there on, and at the alarm the value Π E[exp ℓ]/M, because the drawn law's true likelihood ratio is exp(ℓ) over its mean. The mean of that times A
/// is the measured rate over the nominal one. Fixed experts only.
/// </summary>
internal static class Budget
{
    private const int Quiet = 200;
    private const int Longest = 100_000;

    /// <param name="Ratio">Measured over nominal, at most 1.</param>
    /// <param name="Error">Its standard error.</param>
    public readonly record struct Result(double Ratio, double Error);

    /// <summary>The ratio for one reference under a law.</summary>
    public static Result Run(Reference reference, Law law, DetectorOptions options, int subWindow, int runs, ulong seed)
    {
        var fixedOnly = options with { Adaptive = false };
        var truth = law.Cells(reference.Boundaries);
        var quiet = new AliasTable(truth);
        var bets = Bets(reference.Model, fixedOnly, truth);
        var chooser = new AliasTable([.. bets.Select(bet => bet.Weight)]);
        var values = new double[runs];
        Parallel.For(0, runs, run =>
        {
            var random = Rng.Of(seed, run);
            var detector = new MixtureDetector(reference.Model, fixedOnly);
            var counts = new long[truth.Length];
            for (var window = 0; window < Quiet; window++)
                Step(quiet);
            var bet = bets[chooser.Draw(random)];
            for (var window = 1; window <= Longest; window++)
            {
                if (Step(bet.Sampler) != DetectorEvent.Raised)
                    continue;
                values[run] = Math.Exp(bet.LogMean * subWindow * window) * options.Threshold / detector.Evidence;
                break;
            }

            DetectorEvent Step(AliasTable from)
            {
                Array.Clear(counts);
                from.Add(random, counts, subWindow);
                return detector.Update(counts);
            }
        });
        var mean = values.Average();
        return new(mean, Math.Sqrt(values.Sum(value => (value - mean) * (value - mean))) / runs);
    }

    private static List<Bet> Bets(CellModel model, DetectorOptions options, double[] truth)
    {
        var table = new ExpertTable(model, options, 1);
        var bets = new List<Bet>();
        void Add(double weight, Func<int, double> logRatio)
        {
            double[] tilted = [.. truth.Select((share, cell) => share * Math.Exp(logRatio(cell)))];
            var sum = tilted.Sum();
            if (sum > 1e-9) // an expert that is switched off bets on nothing
                bets.Add(new(weight, Math.Log(sum), new AliasTable(tilted)));
        }

        for (var i = 0; i < table.Layout.Singles.Length; i++)
        {
            var single = table.Layout.Singles[i];
            double alpha = table.Alpha[i], beta = i < table.Beta.Length ? table.Beta[i] : 0, gamma = table.Gamma[i];
            var statistic = single.Statistic(model);
            Add(single.Weight * table.Scale, cell => gamma + (single.Place switch
            {
                ExpertLayout.Place.Score => cell < model.ValueCells ? beta + alpha * model.Score(single.Index)[cell] : 0,
                ExpertLayout.Place.Outside => cell is 0 or 1 || cell == model.ValueCells - 1 || cell == model.ValueCells - 2 ? alpha : 0,
                _ => cell == statistic ? alpha : 0,
            }));
        }

        for (var row = 0; row < table.Layout.Rows.Length; row++)
        {
            for (var cell = 0; cell < model.ValueCells; cell++)
            {
                double alpha = table.RowAlpha[row * model.Padded + cell], gamma = table.RowGamma(row, cell, model);
                var of = cell;
                Add(table.RowWeights[row], other => gamma + (other == of ? alpha : 0));
            }
        }

        return bets;
    }

    private sealed record Bet(double Weight, double LogMean, AliasTable Sampler);
}
