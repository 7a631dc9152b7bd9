using Sidecar.Configuration;
using Sidecar.Tensors;

namespace Sidecar.Tests.Configuration;

/// <summary>The routes: what they mean, and mistakes in them.</summary>
public sealed class RouteTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Features_keep_the_order_and_the_names_that_they_were_given()
    {
        var options = Load("""
            routes:
              - match: POST /score
                inputs: { zeta: /z, "null": /n, "a.b": "/a as FP32", "ünï code": "$['x y'][0]" }
                outputs: {}
            """);
        var route = Assert.Single(options.Routes);
        Assert.Equal(InferenceProtocol.Json, route.Protocol);
        Assert.Equal(["zeta=/z", "null=/n", "a.b=/a as FP32", "ünï code=$['x y'][0]"], route.Inputs.Select(pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal(DataType.Fp32, route.Inputs["a.b"].DataType);
        Assert.Empty(route.Outputs);

        var again = Load(SidecarConfiguration.Show(options));
        Assert.Equal(route.Inputs.Select(pair => $"{pair.Key}={pair.Value}"), again.Routes[0].Inputs.Select(pair => $"{pair.Key}={pair.Value}"));
    }

    [Fact]
    public void All_mistakes_are_reported_at_once()
    {
        var result = _folder.Load("""
            routes:
              - { match: /score, inputs: { age: age } }
              - { match: POST score, protocol: v3, inputs: { age: /a~2, b: "$..x", c: "/x as FP33", d: "/a as ", e: null, f: [], "": /x } }
              - { protocol: none }
              - { match: POST /a, protocol: v1_http, inputs: { x: /x } }
              - { match: POST /b }
              - { match: POST /b* , protocol: none }
              - { match: POST /bc, protocol: v1_http }
              - { match: POST /c, inputs: [] , outputs: 3 }
              - match: POST /d
                inputs:
                outputs: { x: /x, x: /y }
              - match: GET /x?y=1
                protocol: none
              - match: POST /e
                inputs: { x: /1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17 }
            """);
        Assert.Null(result.Options);
        Assert.Equal(
            [
                "routes[0].match \"/score\" is not a method and a path",
                "routes[0].inputs.age \"age\" begins with neither \"/\" (JSON Pointer) nor \"$\" (JSONPath)",
                "routes[1].match \"POST score\" is not a method and a path",
                "routes[1].protocol \"v3\" is not one of the choices",
                "routes[1].inputs.age \"/a~2\" has a \"~\" that is neither \"~0\" nor \"~1\"",
                "routes[1].inputs.b \"$..x\" has a \".\" without a name behind it",
                "routes[1].inputs.c \"/x as FP33\" ends with \"FP33\", which is no datatype",
                "routes[1].inputs.d \"/a as \" ends with \"\", which is no datatype",
                "routes[1].inputs.e \"\" has no value",
                "routes[1].inputs.f \"\" must be a single value, not a list",
                "routes[1].inputs. \"\" is not a name",
                "routes[2].match \"\" is required",
                "routes[3].inputs \"v1_http\" has features of its own, so they can't be given",
                "routes[4].protocol \"json\" (the default) needs a description",
                "routes[6].match \"POST /bc\" is never reached: routes[5] (POST /b*) matches first",
                "routes[7].inputs \"\" is not a group of keys",
                "routes[7].outputs \"3\" is not a group of keys",
                "routes[8].outputs.x \"\" given twice, first on line 12",
                "routes[9].match \"GET /x?y=1\" is not a method and a path",
                "routes[10].inputs.x \"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17\" has more than 16 steps",
            ],
            result.Errors.Select(error => $"{error.Key} \"{error.Value}\" {error.Problem}").Order(new ByRoute()));
    }

    [Theory]
    [InlineData("SIDECAR__ROUTES__0__INPUTS__AGE", "age", "/other")] // the file's name is found in any case
    [InlineData("SIDECAR__ROUTES__0__INPUTS__age", "age", "/other")]
    [InlineData("SIDECAR__ROUTES__0__INPUTS__Income", "Income", "/other")] // a new one is as it is spelled
    public void Environment_sets_a_feature(string variable, string name, string path)
    {
        var result = _folder.Load("routes: [{ match: POST /score, inputs: { age: /age } }]", (variable, path));
        Assert.Equal("", result.Report());
        Assert.Equal(path, result.Options!.Routes[0].Inputs[name].Text);
        Assert.Equal($"environment {variable}", result.SourceOf($"routes[0].inputs.{name}").ToString());
        Assert.Equal(name == "age" ? 1 : 2, result.Options.Routes[0].Inputs.Count);
    }

    [Theory]
    [InlineData("SIDECAR__ROUTES__0__INPUTS", "routes[0].inputs", "is a group of keys, not a single value", "SIDECAR__ROUTES__0__INPUTS__name")]
    [InlineData("SIDECAR__ROUTES__0__INPUTS__age__x", "routes[0].inputs.age.x", "unknown key", "routes[0].inputs.age has no keys below it")]
    [InlineData("SIDECAR__ROUTES__0__INPUTS__", "routes[0].inputs.", "is not a name", "1 to 256 printable characters")]
    public void Environment_that_sets_no_feature_is_named(string variable, string key, string problem, string allowed)
    {
        var error = Assert.Single(_folder.Load("routes: [{ match: POST /score, inputs: { age: /age } }]", (variable, "/x")).Errors);
        Assert.Equal((key, problem, $"environment {variable}"), (error.Key, error.Problem, error.Source.ToString()));
        Assert.Contains(allowed, error.Allowed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST /score", "POST", "/score", false)]
    [InlineData("PUT   /a%20b/*", "PUT", "/a%20b/", true)]
    [InlineData("GET /*", "GET", "/", true)]
    public void Match_is_method_and_path(string text, string method, string path, bool isPrefix)
    {
        Assert.True(RouteMatch.TryParse(text, out var match));
        Assert.Equal(new RouteMatch(method, path, isPrefix), match);
        Assert.True(RouteMatch.TryParse(match!.ToString(), out var again));
        Assert.Equal(match, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("POST")]
    [InlineData("POST ")]
    [InlineData(" /score")]
    [InlineData("post /score")]
    [InlineData("POST score")]
    [InlineData("POST /a*b")]
    [InlineData("POST /a b")]
    [InlineData("POST /a?b=c")]
    [InlineData("POST /a#b")]
    [InlineData("POST /ä")]
    [InlineData("PROPFINDANDSOMEMORE /a")]
    public void Match_of_another_form_is_none(string text) => Assert.False(RouteMatch.TryParse(text, out _));

    private SidecarOptions Load(string yaml)
    {
        var result = _folder.Load(yaml);
        Assert.Equal("", result.Report());
        return result.Options!;
    }

    /// <summary>By the route's number: errors of the same line come in the order in which they were found.</summary>
    private sealed class ByRoute : IComparer<string>
    {
        public int Compare(string? x, string? y) => Number(x!).CompareTo(Number(y!));

        private static int Number(string text) => int.Parse(text.AsSpan(7, text.IndexOf(']', StringComparison.Ordinal) - 7), System.Globalization.CultureInfo.InvariantCulture);
    }
}
