using System.Globalization;
using Sidecar.Configuration.Schema;
using Sidecar.Tensors;

namespace Sidecar.Configuration;

/// <summary>What no key of a route can say alone.</summary>
internal static class RouteRules
{
    public static void Check(SidecarOptions options, BindContext context)
    {
        for (var i = 0; i < options.Routes.Count; i++)
        {
            var path = PathOf(i);
            if (context.IsSound(path))
                Check(options.Routes, i, path, context);
        }
    }

    private static void Check(IReadOnlyList<InferenceRouteOptions> routes, int i, string path, BindContext context)
    {
        var route = routes[i];
        var match = $"{path}.match";
        if (context.IsSound(match))
        {
            var earlier = Enumerable.Range(0, i).FirstOrDefault(other => context.IsSound($"{PathOf(other)}.match") && routes[other].Match.Covers(route.Match), -1);
            if (earlier >= 0)
                CrossFieldRules.Fail(context, match, route.Match.ToString(), $"is never reached: {PathOf(earlier)} ({routes[earlier].Match}) matches first", "move it up, or take it out");
        }

        if (!context.IsSound($"{path}.protocol"))
            return;
        if (route.Protocol == InferenceProtocol.Json)
        {
            if (route.Inputs.Count + route.Outputs.Count == 0 && context.IsSound($"{path}.inputs") && context.IsSound($"{path}.outputs"))
                CrossFieldRules.Fail(context, $"{path}.protocol", "json", "needs a description", $"set {path}.inputs, {path}.outputs, or another protocol", match);
            return;
        }

        foreach (var (key, features) in ((string, IReadOnlyDictionary<string, JsonPath>)[])[("inputs", route.Inputs), ("outputs", route.Outputs)])
        {
            if (features.Count > 0)
                CrossFieldRules.Fail(context, $"{path}.{key}", Protocols.Format(route.Protocol), "has features of its own, so they can't be given", $"take {key} out, or set {path}.protocol to json");
        }
    }

    private static ScalarSchema<InferenceProtocol> Protocols => Kinds.Protocol;

    private static string PathOf(int route) => string.Create(CultureInfo.InvariantCulture, $"routes[{route}]");
}
