using Sidecar.Configuration.Schema;

namespace Sidecar.Configuration.Sources;

/// <summary>The flags that set keys.</summary>
internal static class FlagReader
{
    public static IReadOnlyList<Override> Read(ConfigurationSources flags, BindContext context)
    {
        var overrides = new List<Override>();
        if (flags.Upstream is { } upstream)
            overrides.Add(Set("--upstream", upstream, "upstream"));
        if (flags.Listen is { } listen)
            overrides.Add(Set("--listen", listen, "listen"));
        if (flags.Model is { } model)
        {
            // From the right: a version has no colon, a name may ("registry:5000/fraud:3").
            var colon = model.LastIndexOf(':');
            if (colon == 0 || colon == model.Length - 1 || model.Length == 0)
            {
                var source = new ConfigurationSource(ConfigurationSourceKind.Flag, "--model");
                context.Fail("model.name", model, source, "is not a model", "allowed: name or name:version, such as fraud:3");
                return overrides;
            }

            overrides.Add(Set("--model", colon < 0 ? model : model[..colon], "model", "name"));
            if (colon > 0)
                overrides.Add(Set("--model", model[(colon + 1)..], "model", "version"));
        }

        return overrides;
    }

    private static Override Set(string flag, string text, params string[] keys) =>
        new([.. keys.Select(key => new Step(key, 0))], text, IsNull: false, new ConfigurationSource(ConfigurationSourceKind.Flag, flag));
}
