using Sidecar.Configuration;

namespace Sidecar.Tests.Configuration;

public sealed class EnvironmentTests : IDisposable
{
    private const string File = """
        listeners:
          - { name: a, listen: "127.0.0.1:1", upstream: "http://m:1" }
          - { name: b, listen: "127.0.0.1:2", upstream: "http://m:2" }
        """;

    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("SIDECAR_PORT", "tcp://10.96.0.1:9180")]
    [InlineData("SIDECAR_SERVICE_HOST", "10.96.0.1")]
    [InlineData("SIDECAR_PORT_9180_TCP_ADDR", "10.96.0.1")]
    [InlineData("SIDECAR", "x")]
    [InlineData("SIDECAR_", "x")]
    [InlineData("SIDECAR_LISTEN", "127.0.0.1:1")]
    [InlineData("MY_SIDECAR__LISTEN", "127.0.0.1:1")]
    public void Variable_of_others_is_ignored(string name, string value)
    {
        var result = _folder.Load("", (name, value));
        Assert.Equal("", result.Report());
        Assert.Equal(SidecarConfiguration.Show(new SidecarOptions()), SidecarConfiguration.Show(result.Options!));
    }

    [Theory]
    [InlineData("SIDECAR__", "", "names no key", "SIDECAR__LISTEN")]
    [InlineData("SIDECAR__FOO", "FOO", "unknown key", "allowed keys: upstream, listen")]
    [InlineData("SIDECAR__LISTN", "LISTN", "unknown key", "did you mean listen?")]
    [InlineData("SIDECAR___LISTEN", "_LISTEN", "unknown key", "did you mean listen?")]
    [InlineData("SIDECAR__LISTEN__", "listen.", "unknown key", "listen has no keys below it")]
    [InlineData("SIDECAR__LISTEN__PORT", "listen.PORT", "unknown key", "listen has no keys below it")]
    [InlineData("SIDECAR__HEALTH", "health", "is a group of keys, not a single value", "SIDECAR__HEALTH__LISTEN")]
    [InlineData("SIDECAR__SHADOWS", "shadows", "is a list, not a single value", "SIDECAR__SHADOWS__0__NAME")]
    [InlineData("SIDECAR__SHADOWS__0", "shadows[0]", "is a group of keys, not a single value", "SIDECAR__SHADOWS__0__NAME")]
    [InlineData("SIDECAR__FEATURES__CRITICAL", "features.critical", "is a list, not a single value", "SIDECAR__FEATURES__CRITICAL__0")]
    [InlineData("SIDECAR__SHADOWS__NAME", "shadows", "\"NAME\" is not an index of this list", "SIDECAR__SHADOWS__0, __1")]
    [InlineData("SIDECAR__FEATURES__CRITICAL__00", "features.critical", "\"00\" is not an index of this list", "SIDECAR__FEATURES__CRITICAL__0")]
    [InlineData("SIDECAR__FEATURES__CRITICAL__-1", "features.critical", "\"-1\" is not an index of this list", "SIDECAR__FEATURES__CRITICAL__0")]
    [InlineData("SIDECAR__FEATURES__CRITICAL__99999999999", "features.critical", "\"99999999999\" is not an index of this list", "SIDECAR__FEATURES__CRITICAL__0")]
    [InlineData("SIDECAR__FEATURES__CRITICAL__1", "features.critical[1]", "leaves a gap in its list", "the next one")]
    [InlineData("SIDECAR__LISTENERS__3__NAME", "listeners[3].name", "leaves a gap in its list", "the next one")]
    public void Variable_that_is_ours_and_wrong_is_named(string name, string key, string problem, string allowed)
    {
        var error = Assert.Single(_folder.Load(File, (name, "x")).Errors);
        Assert.Equal((key, problem, $"environment {name}"), (error.Key, error.Problem, error.Source.ToString()));
        Assert.Contains(allowed, error.Allowed, StringComparison.Ordinal);
    }

    [Fact]
    public void Index_changes_an_item_of_the_file_or_adds_the_next()
    {
        var result = _folder.Load(
            File,
            ("SIDECAR__LISTENERS__1__UPSTREAM", "http://other:5"),
            ("SIDECAR__LISTENERS__2__NAME", "c"),
            ("SIDECAR__LISTENERS__2__LISTEN", "127.0.0.1:3"),
            ("SIDECAR__LISTENERS__2__UPSTREAM", "http://m:3"));
        Assert.Equal("", result.Report());
        Assert.Equal(
            ["a 127.0.0.1:1 http://m:1", "b 127.0.0.1:2 http://other:5", "c 127.0.0.1:3 http://m:3"],
            result.Options!.Listeners.Select(l => $"{l.Name} {l.Listen} {l.Upstream}"));
        Assert.Equal("SIDECAR__LISTENERS__1__UPSTREAM", result.SourceOf("listeners[1].upstream").Name);
        Assert.Equal(ConfigurationSourceKind.File, result.SourceOf("listeners[1].name").Kind);
    }

    [Fact]
    public void Eleven_items_come_in_the_order_of_their_numbers()
    {
        var names = Enumerable.Range(0, 11).Select(i => ($"SIDECAR__FEATURES__CRITICAL__{i}", $"f{i}")).Reverse().ToArray();
        var result = _folder.Load("", names);
        Assert.Equal("", result.Report());
        Assert.Equal(Enumerable.Range(0, 11).Select(i => $"f{i}"), result.Options!.Features.Critical);
    }

    [Fact]
    public void Item_that_variables_leave_incomplete_is_reported()
    {
        var errors = _folder.Load("", ("SIDECAR__SHADOWS__0__RATE", "0.5")).Errors;
        Assert.Equal(["shadows[0].name is required", "shadows[0].file is required"], errors.Select(e => $"{e.Key} {e.Problem}"));
        Assert.All(errors, e => Assert.Equal("SIDECAR__SHADOWS__0__RATE", e.Source.Name));
    }

    [Fact]
    public void Empty_variable_means_null_where_that_is_allowed()
    {
        Assert.Null(_folder.Load("model: { name: x }", ("SIDECAR__MODEL__NAME", "")).Options!.Model.Name);
        var error = Assert.Single(_folder.Load("", ("SIDECAR__LISTEN", "")).Errors);
        Assert.Equal(("listen", "has no value"), (error.Key, error.Problem));
    }

    [Fact]
    public void Same_key_in_two_spellings_is_reported()
    {
        var error = Assert.Single(_folder.Load("", ("SIDECAR__LISTEN", "127.0.0.1:1"), ("SIDECAR__Listen", "127.0.0.1:2")).Errors);
        Assert.Equal("is set by SIDECAR__LISTEN too, which differs in upper and lower case only", error.Problem);
    }
}
