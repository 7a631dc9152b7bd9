using CsCheck;
using Sidecar.Configuration;
using Sidecar.Configuration.Schema;
using Sidecar.Configuration.Sources;

namespace Sidecar.Tests.Configuration;

/// <summary>Whatever a person or a machine writes, loading it ends in options or in errors.</summary>
public class FuzzTests
{
    private static readonly string[] Tokens =
    [
        "listen", "upstream", "listeners", "shadows", "name", "file", "rate", "model", "health", "drift", "window", "every", "events", "features",
        "critical", "capture", "budget", ":", ": ", "\n", "\n  ", "\n    ", "- ", "? ", "[", "]", "{", "}", ", ", "&a ", "*a", "!!str ", "!x ", "|\n ", ">-\n ",
        "\"", "'", "\\u00", "\\UFFFFFFFF", "#", " #c", "---\n", "...\n", "%YAML 1.1\n", "%TAG ! x\n", "null", "~", "0.5", "127.0.0.1:0", "http://a:1", "[::1]:0",
        "64MiB", "5m", "\t", "\r\n", "\0", "\uFEFF", "\u0085", "\u2028", "é", "😀", "<<", "=", "@", "`",
    ];

    private static readonly Gen<string> Yaml = Gen.Frequency(
        (4, Gen.OneOf(Tokens).Array[0, 60].Select(parts => string.Concat(parts))),
        (1, Gen.String[0, 200]),
        (2, Gen.Select(Gen.OneOf(SchemaWalk.Scalars().ToArray()), Gen.String[0, 30], (path, value) => Nest(path, value))));

    [Fact]
    public void Yaml_of_any_kind_never_throws_and_errors_say_something() => Yaml.Sample(
        text =>
        {
            var (root, errors) = YamlReader.Read(text, "f.yaml");
            var context = new BindContext();
            if (root is not null)
            {
                var options = SidecarSchema.Root.Bind(root, new SidecarOptions(), "", context);
                CrossFieldRules.Check(options, context);
                if (errors.Count + context.Errors.Count == 0)
                    RoundTrips(options);
            }

            return (root is not null || errors.Count > 0)
                && errors.Concat(context.Errors).All(e => e.Problem.Length > 0 && !e.ToString().Any(c => char.IsControl(c) && c != '\n'));
        },
        iter: 20_000);

    [Fact]
    public void Environment_of_any_kind_never_throws() => Gen.Select(
        Gen.OneOf("LISTEN", "SHADOWS", "FEATURES", "CRITICAL", "0", "1", "-1", "x", "", "_", "NAME", "DRIFT", "WINDOW", "EVERY").Array[0, 5],
        Gen.String[0, 20]).Array[0, 5].Sample(
        pairs =>
        {
            var environment = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var (words, value) in pairs)
                environment["SIDECAR__" + string.Join("__", words)] = value;
            var result = SidecarConfiguration.Load(new ConfigurationSources { Environment = environment });
            return result.Options is null == result.Errors.Count > 0;
        },
        iter: 5_000);

    [Fact]
    public void Text_of_any_kind_shows_as_YAML_that_reads_back() => Gen.Frequency((3, Gen.Char[' ', '~']), (1, Gen.Char['\u00A0', '\uD7FF'])).Array[1, 40].Select(text => new string(text)).Sample(
        text =>
        {
            var options = new SidecarOptions { Model = new ModelOptions { Name = text }, Features = new FeatureOptions { Critical = [text] } };
            RoundTrips(options);
        },
        iter: 5_000);

    [Fact]
    public void Size_and_duration_read_back_from_their_text()
    {
        var size = Kinds.Size(0, long.MaxValue);
        Gen.Long[0, 1L << 50].Sample(value => size.TryParse(size.Format(value), out var again) == ParseOutcome.Ok && again == value);
        var duration = Kinds.Duration(TimeSpan.Zero, TimeSpan.FromDays(1000));
        Gen.Int[0, int.MaxValue].Sample(ms =>
            duration.TryParse(duration.Format(TimeSpan.FromMilliseconds(ms)), out var again) == ParseOutcome.Ok && again.TotalMilliseconds == ms);
    }

    [Fact]
    public void Addresses_of_any_text_never_throw_and_read_back() => Gen.OneOf("http://", "localhost", "[", "]", "::1", ":", "0", "80", "127.0.0.1", ".", "%", "a", "/", "-", "99999", "é")
        .Array[0, 8].Select(parts => string.Concat(parts)).Sample(
        text =>
        {
            if (EndPointSetting.TryParse(text, out var listen))
                Assert.True(EndPointSetting.TryParse(listen.ToString(), out var again) && again == listen && again.ToIPEndPoint().Port == listen.Port);
            if (UpstreamSetting.TryParse(text, out var upstream))
                Assert.True(UpstreamSetting.TryParse(upstream.ToString(), out var again) && again == upstream);
        },
        iter: 20_000);

    private static void RoundTrips(SidecarOptions options)
    {
        var shown = SidecarConfiguration.Show(options);
        var (root, errors) = YamlReader.Read(shown, "shown.yaml");
        Assert.Empty(errors);
        var context = new BindContext();
        var again = SidecarSchema.Root.Bind(root!, new SidecarOptions(), "", context);
        Assert.Empty(context.Errors);
        Assert.Equal(shown, SidecarConfiguration.Show(again));
        Assert.Equal(options.Model, again.Model);
        Assert.Equal(options.Features.Critical, again.Features.Critical);
    }

    private static string Nest(string path, string value)
    {
        var yaml = value;
        foreach (var step in path.Split('.').Reverse())
            yaml = step.EndsWith("[0]", StringComparison.Ordinal) ? $"{{{step[..^3]}: [{yaml}]}}" : $"{{{step}: {yaml}}}";
        return yaml;
    }
}
