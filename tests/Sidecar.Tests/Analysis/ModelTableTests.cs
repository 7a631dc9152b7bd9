using System.Text;
using Sidecar.Analysis;
using Sidecar.Configuration;
using Sidecar.Model;

namespace Sidecar.Tests.Analysis;

public sealed class ModelTableTests
{
    private static readonly DriftSettings Drift = new(100, 0.1, 1, 200, TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData("m", "2", "p", "3", "m/2", IdentitySource.Response)]
    [InlineData("m", "", "p", "3", "m/3", IdentitySource.Path)]
    [InlineData("", "", "p", "3", "p/3", IdentitySource.Path)]
    [InlineData("", "", "p%2Fq", "", "p/q/_unknown", IdentitySource.Unknown)]
    [InlineData("m", "", "p", "", "m/_unknown", IdentitySource.Unknown)]
    [InlineData("", "", "", "", "_unknown/_unknown", IdentitySource.Unknown)]
    public void Resolve_NothingConfigured_TakesResponseThenPath(string name, string version, string pathName, string pathVersion, string identity, IdentitySource source)
    {
        var found = Resolve(Table(new()), name, version, pathName, pathVersion).Identity;
        Assert.Equal((identity, source), (found.ToString(), found.Source));
    }

    [Theory]
    [InlineData("m", "", "m/7", IdentitySource.Configuration)]
    [InlineData("", "", "configured/7", IdentitySource.Configuration)]
    [InlineData("configured", "7", "configured/7", IdentitySource.Configuration)]
    [InlineData("m", "1", "m/1", IdentitySource.Response)]
    public void Resolve_Configured_FillsWhatIsNotSaid(string name, string version, string identity, IdentitySource source)
    {
        var found = Resolve(Table(new() { Name = "configured", Version = "7" }), name, version).Identity;
        Assert.Equal((identity, source), (found.ToString(), found.Source));
    }

    [Theory]
    [InlineData(null, "_unknown", "_unknown")]
    [InlineData(null, "_other", "_other")]
    [InlineData("configured", "configured", "7")]
    public void Resolve_ALabelOfOurs_IsThatStateAndNoSecondOne(string? configured, string name, string version)
    {
        var table = Table(new() { Name = configured, Version = configured is null ? null : "7" });
        table.Unknown.CountSeen();
        Resolve(table, name, version).CountSeen();
        Resolve(table, "m", "1").CountSeen();

        Assert.Distinct(table.Seen.Select(state => state.Identity.ToString()));
    }

    [Fact]
    public void Resolve_SameNames_IsTheSameState()
    {
        var table = Table(new());
        Assert.Same(Resolve(table, "m", "1"), Resolve(table, "m", "1"));
        Assert.NotSame(Resolve(table, "m", "1"), Resolve(table, "m", "2"));
    }

    [Fact]
    public void Resolve_TenThousandNames_StaysAtTheBound()
    {
        var table = Table(new());
        for (var i = 0; i < 10_000; i++)
            Resolve(table, $"m{i}", "1").CountSeen();

        Assert.Equal(ModelTable.MaxModels + 1, table.Seen.Count());
        Assert.Equal(10_000 - ModelTable.MaxModels, table.Seen.Single(state => state.Identity.Name == ModelIdentity.OtherLabel).Seen);
        Assert.Equal("m0/1", Resolve(table, "m0", "1").Identity.ToString());
    }

    [Fact]
    public void Resolve_ALongName_IsCut()
    {
        var table = Table(new());
        Assert.Equal(128, Resolve(table, new string('x', 10_000), new string('y', 10_000)).Identity.Version.Length);
        Assert.Same(Resolve(table, new string('x', 10_000), "1"), Resolve(table, new string('x', 20_000), "1"));
    }

    [Fact]
    public void OnlyVersion_ThatOfTheMetadata_AnswersForExchangesThatNameNone()
    {
        var table = Table(new());
        var before = Resolve(table, "m", "");
        table.OnlyVersion("m", "4");

        var after = Resolve(table, "m", "");
        Assert.NotSame(before, after);
        Assert.Equal(("m/4", IdentitySource.Metadata), (after.Identity.ToString(), after.Identity.Source));
        Assert.Same(after, Resolve(table, "m", "4"));
    }

    [Theory]
    [InlineData(0, "", "", "churn/2", IdentitySource.Configuration)]
    [InlineData(1, "", "", "churn/7", IdentitySource.Configuration)] // the route's name, the version of all
    [InlineData(2, "", "", "configured/3", IdentitySource.Configuration)]
    [InlineData(3, "", "", "configured/7", IdentitySource.Configuration)]
    [InlineData(-1, "", "", "configured/7", IdentitySource.Configuration)]
    [InlineData(0, "m", "", "m/2", IdentitySource.Configuration)] // the traffic's name comes first
    [InlineData(1, "m", "", "m/7", IdentitySource.Configuration)]
    [InlineData(0, "m", "1", "m/1", IdentitySource.Response)]
    public void Resolve_OfARoute_FillsWhatIsNotSaidFromItFirst(int route, string name, string version, string identity, IdentitySource source)
    {
        var table = Routed(new() { Name = "configured", Version = "7" });
        var found = table.Resolve(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(version), default, default, answered: true, route).Identity;
        Assert.Equal((identity, source), (found.ToString(), found.Source));
    }

    [Fact]
    public void Resolve_OfRoutesOfOneModel_IsOneState()
    {
        var table = Routed(new() { Name = "churn", Version = "2" });
        ModelState[] states =
        [
            table.Unknown,
            .. ((int[])[0, 1, 4]).Select(route => table.Resolve(default, default, default, default, answered: false, route)),
            Resolve(table, "churn", ""), Resolve(table, "churn", "2"),
        ];
        Assert.All(states, state => Assert.Same(table.Unknown, state));
    }

    [Fact]
    public void Resolve_TenThousandNamesBesideRoutes_StaysAtTheBound()
    {
        var table = Routed(new());
        for (var i = 0; i < 10_000; i++)
            Resolve(table, $"m{i}", "1").CountSeen();
        table.Resolve(default, default, default, default, answered: false, route: 0).CountSeen();

        Assert.Equal(ModelTable.MaxModels + 2, table.Seen.Count());
    }

    private static ModelTable Routed(ModelOptions fallback)
    {
        InferenceRouteOptions Route(string? model, string? version) => new() { Match = new("POST", "/", IsPrefix: false), Model = model, Version = version };
        return new(fallback, [Route("churn", "2"), Route("churn", null), Route(null, "3"), Route(null, null), Route("churn", "2")], identity => new ModelState(identity, Drift));
    }

    private static ModelTable Table(ModelOptions fallback) => new(fallback, [], identity => new ModelState(identity, Drift));

    [Fact]
    public void Resolve_NamesThatTheServerNeverAnsweredFor_TakeNoPlace()
    {
        var table = Table(new());
        for (var i = 0; i < 1_000; i++)
            Assert.Same(table.Unknown, Resolve(table, "", "", $"invented{i}", "", answered: false));

        Assert.Equal("real/1", Resolve(table, "real", "1").Identity.ToString());
        Assert.Equal("real", Resolve(table, "", "", "real", "", answered: false).Identity.Name);
    }

    private static ModelState Resolve(ModelTable table, string name, string version, string pathName = "", string pathVersion = "", bool answered = true) =>
        table.Resolve(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(version), Encoding.UTF8.GetBytes(pathName), Encoding.UTF8.GetBytes(pathVersion), answered);
}
