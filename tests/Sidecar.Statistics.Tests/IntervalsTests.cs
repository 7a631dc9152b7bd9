namespace Sidecar.Statistics.Tests;

public class IntervalsTests
{
    [Theory]
    [InlineData(10, 1000, 0.0054, 0.0183)]
    [InlineData(0, 20, 0, 0.1611)]
    [InlineData(20, 20, 0.8389, 1)]
    [InlineData(0, 0, 0, 1)]
    public void Wilson_KnownCases_MatchTheLiterature(long hits, long rows, double lower, double upper)
    {
        var interval = Intervals.Wilson(hits, rows);
        Assert.Equal(lower, interval.Lower, 1e-4);
        Assert.Equal(upper, interval.Upper, 1e-4);
    }

    [Theory]
    [InlineData(0, 20, 0, 0.16843347)] // 1 − .025^(1/20)
    [InlineData(20, 20, 0.83156653, 1)]
    [InlineData(4, 20, 0.05733400, 0.43661410)]
    [InlineData(0, 0, 0, 1)]
    public void ClopperPearson_KnownCases_MatchTheLiterature(long hits, long rows, double lower, double upper)
    {
        var interval = Intervals.ClopperPearson(hits, rows);
        Assert.Equal(lower, interval.Lower, 1e-6);
        Assert.Equal(upper, interval.Upper, 1e-6);
    }

    [Fact]
    public void Intervals_MoreHitsThanRows_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.Wilson(2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intervals.ClopperPearson(-1, 1));
    }

    [Theory]
    [InlineData(0.05, 1.358)]
    [InlineData(0.003, 1.803)]
    [InlineData(2.9e-8, 3.004)]
    public void Critical_KnownLevels_MatchTheTables(double alpha, double critical) =>
        Assert.Equal(critical, KolmogorovSmirnov.Critical(alpha), 1e-3);

    [Fact]
    public void AlarmBudget_AnyModel_SpendsItsBudgetExactly()
    {
        var budget = new AlarmBudget(inputs: 190, outputs: 10, evaluations: 43_200, replicas: 3, testsPerEvaluation: 2);
        Assert.Equal(1, (190 * budget.InputAlpha + 10 * budget.OutputAlpha) * 43_200 * 3 * 2, 1e-12);
        Assert.Equal(0.5, 10 * budget.OutputAlpha * 43_200 * 3 * 2, 1e-12);
    }

    [Fact]
    public void AlarmBudget_OneSideOnly_GetsItAll()
    {
        Assert.Equal(1, 5 * new AlarmBudget(5, 0, 1000).InputAlpha * 1000, 1e-12);
        Assert.Equal(1, 5 * new AlarmBudget(0, 5, 1000).OutputAlpha * 1000, 1e-12);
        Assert.Equal(0.05, new AlarmBudget(1, 1, 1).InputAlpha);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AlarmBudget(1, 1, 0));
    }
}
