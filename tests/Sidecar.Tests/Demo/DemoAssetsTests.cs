using Sidecar.Demo;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Traffic;

namespace Sidecar.Tests.Demo;

/// <summary>What the demo promises about its candidates holds for the assets as they are.</summary>
public sealed class DemoAssetsTests
{
    private static readonly DemoRows Rows = DemoRows.Parse(DemoAssets.Rows());

    [Fact]
    public void RetrainedModel_OnTheDemosRows_DisagreesRarely() =>
        Assert.InRange(Disagreement(DemoAssets.RetrainedModel()), 0.001, 0.03);

    [Fact]
    public void SwappedModel_OnTheDemosRows_DisagreesOften() =>
        Assert.InRange(Disagreement(DemoAssets.SwappedModel()), 0.1, 0.9);

    [Fact]
    public void Rows_AreEnoughAndAllAccepted()
    {
        Assert.InRange(Rows.Count, 1000, 2000);
        Assert.Equal(Rows.Count, Probabilities(DemoAssets.PrimaryModel()).Count);
    }

    // Of the rows on which the primary is sure enough for a disagreement to be no near-tie.
    private static double Disagreement(byte[] candidate)
    {
        var primary = Probabilities(DemoAssets.PrimaryModel());
        var other = Probabilities(candidate);
        var disagreed = primary.Zip(other).Count(pair => Math.Abs(2 * pair.First - 1) >= 0.05 && pair.First > 0.5 != pair.Second > 0.5);
        return (double)disagreed / Rows.Count;
    }

    private static List<float> Probabilities(byte[] bytes)
    {
        using var model = new OnnxModel("m", "1", bytes);
        var probabilities = new List<float>();
        for (var row = 0; row < Rows.Count; row++)
        {
            using var answer = Answers.Of(model, Rows.Request(row, "r", InputFault.None));
            probabilities.Add(answer.RootElement.GetProperty("outputs").EnumerateArray()
                .Single(output => output.GetProperty("name").GetString() == "probabilities").GetProperty("data")[1].GetSingle());
        }

        return probabilities;
    }
}
