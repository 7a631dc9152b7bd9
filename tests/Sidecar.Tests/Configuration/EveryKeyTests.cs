using System.Globalization;
using System.Text;
using Sidecar.Configuration;
using Sidecar.Configuration.Sources;

namespace Sidecar.Tests.Configuration;

/// <summary>Each key on its own: its default, and its value from each source. A key without a row here fails the first test.</summary>
public sealed class EveryKeyTests : IDisposable
{
    private readonly Folder _folder = new();

    /// <summary>Path; the default (null where the list is empty); two values that differ from it and from each other.</summary>
    public static TheoryData<string, string?, string, string> Rows { get; } = new()
    {
        { "upstream", "http://127.0.0.1:8080", "https://model:81", "http://[::1]:82" },
        { "listen", "0.0.0.0:9180", "127.0.0.1:0", "[::]:9280" },
        { "tls.certificate", "null", "{folder}/a.crt", "{folder}/b.crt" },
        { "tls.key", "null", "{folder}/a.key", "{folder}/b.key" },
        { "tls.clientCertificates", "none", "required", "optional" },
        { "tls.clientCa", "null", "{folder}/a.crt", "{folder}/b.crt" },
        { "tls.alpn[0]", null, "h2", "http/1.1" },
        { "upstreamTls.ca", "null", "{folder}/a.crt", "{folder}/b.crt" },
        { "upstreamTls.serverName", "null", "model.test", "10.0.0.1" },
        { "upstreamTls.certificate", "null", "{folder}/a.crt", "{folder}/b.crt" },
        { "upstreamTls.key", "null", "{folder}/a.key", "{folder}/b.key" },
        { "upstreamTls.verify", "true", "false", "false" },
        { "listeners[0].name", null, "grpc", "rest.v2" },
        { "listeners[0].listen", null, "0.0.0.0:9190", "127.0.0.1:0" },
        { "listeners[0].upstream", null, "https://127.0.0.1:8081", "http://localhost:8082" },
        { "listeners[0].tls.certificate", null, "{folder}/a.crt", "{folder}/b.crt" },
        { "listeners[0].tls.key", null, "{folder}/a.key", "{folder}/b.key" },
        { "listeners[0].tls.clientCertificates", null, "required", "optional" },
        { "listeners[0].tls.clientCa", null, "{folder}/a.crt", "{folder}/b.crt" },
        { "listeners[0].tls.alpn[0]", null, "h2", "http/1.1" },
        { "listeners[0].upstreamTls.ca", null, "{folder}/a.crt", "{folder}/b.crt" },
        { "listeners[0].upstreamTls.serverName", null, "model.test", "10.0.0.1" },
        { "listeners[0].upstreamTls.certificate", null, "{folder}/a.crt", "{folder}/b.crt" },
        { "listeners[0].upstreamTls.key", null, "{folder}/a.key", "{folder}/b.key" },
        { "listeners[0].upstreamTls.verify", null, "false", "false" },
        { "health.listen", "0.0.0.0:9181", "127.0.0.1:0", "[::1]:9281" },
        { "model.name", "null", "fraud", "credit risk" },
        { "model.version", "null", "1.10", "2024-01-01" },
        { "model.owner", "null", "team-a", "no" },
        { "model.runId", "null", "f00", "0x1F" },
        { "routes[0].match", null, "POST /score", "PUT /models/*" },
        { "routes[0].protocol", null, "v1_http", "none" },
        { "routes[0].model", null, "scorer", "credit risk" },
        { "routes[0].version", null, "1.10", "2024-01-01" },
        { "routes[0].inputs.age", null, "/age", "$.rows[*].age as FP32" },
        { "routes[0].outputs.age", null, "/0/p", "$.p" },
        { "capture.budget", "64MiB", "1GiB", "100MiB" },
        { "capture.maxBody", "4MiB", "64KiB", "123456" },
        { "capture.decodeRate", "1", "0.25", "0" },
        { "contract.fetchMetadata", "true", "false", "false" },
        { "features.critical[0]", null, "age", "null-able: yes" },
        { "features.maxExported", "32", "1", "1024" },
        { "drift.reference", "null", "{folder}/a.onnx", "{folder}/b.onnx" },
        { "drift.calibration", "null", "{folder}/a.onnx", "{folder}/b.onnx" },
        { "drift.burnIn", "1000", "500", "20000" },
        { "drift.delta", "0.1", "0.05", "1" },
        { "drift.replicas", "1", "20", "3" },
        { "drift.window.minRows", "200", "50", "1000" },
        { "drift.window.every", "60s", "5m", "1500ms" },
        { "shadows[0].name", null, "candidate", "b" },
        { "shadows[0].file", null, "{folder}/a.onnx", "{folder}/b.onnx" },
        { "shadows[0].rate", null, "0.5", "1" },
        { "events.sink", "none", "jsonl", "jsonl" },
        { "events.rate", "0.01", "1", "0.001" },
        { "events.capture", "none", "failed", "all" },
        { "events.maxValues", "256", "1", "1000" },
        { "events.jsonl.path", "./sidecar-events.jsonl", "{folder}/e.jsonl", "/var/log/e f.jsonl" },
        { "events.jsonl.maxBytes", "64MiB", "1MiB", "2GiB" },
        { "events.jsonl.files", "4", "1", "10" },
        { "events.kafka.brokers", "null", "k:9092", "a:1,b:2" },
        { "events.kafka.mode", "default", "kserve-compat", "kserve-compat" },
        { "events.kafka.inferenceService", "null", "fraud", "credit risk" },
        { "events.kafka.topics.exchanges", "sidecar.exchanges", "e", "a-b_c.d" },
        { "events.kafka.topics.reports", "sidecar.reports", "r", "x" },
        { "events.kafka.topics.audit", "sidecar.audit", "a", "y" },
        { "events.kafka.maxEvent", "900KiB", "1MiB", "64KiB" },
        { "events.kafka.compression", "lz4", "gzip", "none" },
        { "events.kafka.memory", "16MiB", "1MiB", "1GiB" },
        { "events.kafka.drainRate", "1000", "1", "50000" },
        { "events.kafka.tls.enabled", "false", "true", "true" },
        { "events.kafka.tls.ca", "null", "{folder}/a.crt", "{folder}/b.crt" },
        { "events.kafka.tls.certificate", "null", "{folder}/a.crt", "{folder}/b.crt" },
        { "events.kafka.tls.key", "null", "{folder}/a.key", "{folder}/b.key" },
        { "events.kafka.sasl.mechanism", "none", "plain", "scram-sha-512" },
        { "events.kafka.sasl.username", "null", "sidecar", "s" },
        { "events.kafka.sasl.passwordFile", "null", "{folder}/a.key", "{folder}/b.key" },
        { "events.kafka.client.age", null, "1000", "2000" },
        { "state.directory", "null", "{folder}/state", "/var/lib/sidecar" },
        { "state.spoolLimit", "256MiB", "1MiB", "10GiB" },
        { "state.whenFull", "drop-oldest", "drop-newest", "drop-newest" },
        { "redaction.rules[0].name", null, "income", "/user/ssn" },
        { "redaction.rules[0].action", null, "drop", "mask" },
        { "redaction.allow[0]", null, "age", "*" },
        { "redaction.patterns", "mask", "drop", "none" },
        { "redaction.except[0]", null, "ipv4", "phone" },
        { "redaction.keyFile", "null", "{folder}/a.key", "{folder}/b.key" },
        { "redaction.classification", "null", "confidential", "pii" },
        { "traces.rate", "0.01", "1", "0.001" },
        { "otlpReceiver.grpc", "null", "127.0.0.1:4317", "[::1]:0" },
        { "otlpReceiver.http", "null", "127.0.0.1:4318", "[::1]:0" },
        { "otlpReceiver.forwardTo", "null", "http://collector:4318", "https://otlp.example.com/v2" },
        { "relay.threads", "0", "2", "16" },
        { "relay.maxConnections", "16384", "100", "1000000" },
        { "relay.backlog", "1024", "16", "65535" },
        { "relay.idleTimeout", "0s", "90s", "1h" },
        { "relay.socketBuffers", "0", "64KiB", "1MiB" },
        { "shutdown.keepAccepting", "15s", "5s", "0s" },
        { "shutdown.deadline", "30s", "45s", "1h" },
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_rows_cover_every_key_of_the_schema() =>
        Assert.Equal(SchemaWalk.Scalars(), Rows.Select(row => row.Data.Item1));

    [Theory]
    [MemberData(nameof(Rows))]
    public void Default_is_what_the_options_hold(string path, string? expected, string first, string second)
    {
        Assert.NotEqual(expected, first);
        Assert.NotEqual(expected, second);
        var result = SidecarConfiguration.Load(new ConfigurationSources());
        Assert.Empty(result.Errors);
        var shown = Shown(result);
        Assert.Equal(expected, shown.GetValueOrDefault(path).Value);
        Assert.Equal(ConfigurationSource.Default, result.SourceOf(path));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void File_overrides_the_default(string path, string? unset, string first, string second)
    {
        Assert.NotEqual(unset, first);
        foreach (var value in (string[])[first, second])
        {
            var result = Load(path, value);
            Assert.Equal("", result.Report());
            Assert.Equal((Expand(value), "sidecar.yaml"), Shown(result)[path]);
            Assert.Equal(ConfigurationSourceKind.File, result.SourceOf(path).Kind);
            Assert.True(result.SourceOf(path).Line > 0);
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Environment_overrides_the_file(string path, string? unset, string first, string second)
    {
        Assert.NotEqual(unset, second);
        var name = EnvironmentReader.NameOf(path);
        foreach (var spelling in (string[])[name, name.ToLowerInvariant()])
        {
            var result = Load(path, first, environment: [(spelling, Expand(second))]);
            Assert.Equal("", result.Report());
            Assert.Equal((Expand(second), $"environment {spelling}"), Shown(result)[path]);
        }
    }

    [Theory]
    [InlineData("upstream", "http://e:1", "http://f:2")]
    [InlineData("listen", "127.0.0.1:1", "127.0.0.1:2")]
    [InlineData("model.name", "environment", "flag")]
    public void Flag_overrides_the_environment(string path, string fromEnvironment, string fromFlag)
    {
        var sources = new ConfigurationSources
        {
            Environment = new Dictionary<string, string> { [EnvironmentReader.NameOf(path)] = fromEnvironment },
        };
        var flags = path switch
        {
            "upstream" => sources with { Upstream = fromFlag },
            "listen" => sources with { Listen = fromFlag },
            _ => sources with { Model = fromFlag },
        };
        Assert.Equal(fromEnvironment, Shown(SidecarConfiguration.Load(sources))[path].Value);
        Assert.Equal((fromFlag, $"flag --{path.Split('.')[0]}"), Shown(SidecarConfiguration.Load(flags))[path]);
    }

    [Theory]
    [InlineData("fraud", "fraud", null)]
    [InlineData("fraud:3", "fraud", "3")]
    [InlineData("registry:5000/fraud:1.10", "registry:5000/fraud", "1.10")]
    public void Model_flag_sets_name_and_version(string flag, string name, string? version)
    {
        var model = SidecarConfiguration.Load(new ConfigurationSources { Model = flag }).Options!.Model;
        Assert.Equal((name, version), (model.Name, model.Version));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":3")]
    [InlineData("fraud:")]
    public void Model_flag_without_name_or_version_is_refused(string flag)
    {
        var error = Assert.Single(SidecarConfiguration.Load(new ConfigurationSources { Model = flag }).Errors);
        Assert.Equal(("model.name", flag, "--model"), (error.Key, error.Value, error.Source.Name));
    }

    [Fact]
    public void Values_read_and_show_alike_in_any_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            // Made by hand, so that it differs where no culture data is installed, too.
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = ",";
            culture.NumberFormat.NegativeSign = "~";
            culture.NumberFormat.NumberGroupSeparator = ".";
            CultureInfo.CurrentCulture = culture;
            var result = _folder.Load("capture: { decodeRate: 0.25, maxBody: 1MiB }\ndrift: { delta: 5e-2 }\nevents: { rate: -1 }");
            Assert.Equal(["events.rate"], result.Errors.Select(e => e.Key));
            Assert.EndsWith("a number from 0 to 1", result.Errors[0].Allowed, StringComparison.Ordinal);
            result = _folder.Load("capture: { decodeRate: 0.25 }\ndrift: { delta: 5e-2 }");
            Assert.Equal((0.25, 0.05), (result.Options!.Capture.DecodeRate, result.Options.Drift.Delta));
            Assert.Contains("delta: 0.05", SidecarConfiguration.Show(result.Options), StringComparison.Ordinal);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Show_reads_back_as_the_same_options()
    {
        var tree = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var row in Rows)
            tree[row.Data.Item1] = Expand(row.Data.Item3);
        tree["routes[0].protocol"] = "json"; // the only one that has features of its own
        File.WriteAllText(Path.Combine(_folder.Path, "a.onnx"), "");
        PemFiles.Write(_folder);
        var environment = tree.Select(pair => (EnvironmentReader.NameOf(pair.Key), pair.Value)).ToArray();
        var result = _folder.Load("", environment);
        Assert.Equal("", result.Report());
        var shown = SidecarConfiguration.Show(result.Options!);
        var again = _folder.Load(shown);
        Assert.Equal("", again.Report());
        Assert.Equal(shown, SidecarConfiguration.Show(again.Options!));
        Assert.Equal(tree.Values.Order(StringComparer.Ordinal), Shown(again).Values.Select(v => v.Value).Order(StringComparer.Ordinal));
        Assert.Equal("1.10", again.Options!.Model.Version);
    }

    private string Expand(string value) => value.Replace("{folder}", _folder.Path, StringComparison.Ordinal);

    /// <summary>A file in which one key is set, beside what its list item can't do without.</summary>
    private ConfigurationResult Load(string path, string value, params (string, string)[] environment)
    {
        foreach (var model in (string[])["a.onnx", "b.onnx"])
            _folder.Write(model, "");
        PemFiles.Write(_folder);
        environment = [.. environment, .. Companions(path)];
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        if (path.StartsWith("listeners", StringComparison.Ordinal))
        {
            settings["listeners[0].name"] = "x";
            settings["listeners[0].listen"] = "127.0.0.1:7001";
            settings["listeners[0].upstream"] = "http://127.0.0.1:7002";
        }
        else if (path.StartsWith("shadows", StringComparison.Ordinal))
        {
            settings["shadows[0].name"] = "x";
            settings["shadows[0].file"] = Expand("{folder}/a.onnx");
        }

        else if (path.StartsWith("redaction.rules", StringComparison.Ordinal))
        {
            settings["redaction.rules[0].name"] = "x";
        }

        else if (path.StartsWith("routes", StringComparison.Ordinal))
        {
            settings["routes[0].match"] = "POST /score";
        }

        settings[path] = Expand(value);
        return _folder.Load(YamlOf(settings), environment);
    }

    /// <summary>A file in YAML's flow style, every value quoted; of a list there is item 0 only.</summary>
    private static string YamlOf(IEnumerable<KeyValuePair<string, string>> settings)
    {
        var yaml = new StringBuilder("{");
        foreach (var group in settings.GroupBy(pair => pair.Key.Split('.', '[')[0]))
        {
            yaml.Append(yaml.Length > 1 ? "," : "").Append(group.Key).Append(": ");
            var rest = group.Select(pair => KeyValuePair.Create(pair.Key[group.Key.Length..], pair.Value)).ToArray();
            var isList = rest[0].Key.StartsWith("[0]", StringComparison.Ordinal);
            if (isList)
                rest = [.. rest.Select(pair => KeyValuePair.Create(pair.Key[3..], pair.Value))];
            var value = rest[0].Key.Length == 0 ? $"\"{rest[0].Value}\"" : YamlOf(rest.Select(pair => KeyValuePair.Create(pair.Key[1..], pair.Value)));
            yaml.Append(isList ? $"[{value}]" : value);
        }

        return yaml.Append('}').ToString();
    }

    /// <summary>Keys without which one would be a contradiction, as environment variables.</summary>
    private IEnumerable<(string, string)> Companions(string path)
    {
        var prefix = path.StartsWith("listeners", StringComparison.Ordinal) ? "listeners[0]." : "";
        (string Key, string Value)[] companions = path[prefix.Length..] switch
        {
            "tls.certificate" => [("tls.key", "{folder}/a.key")],
            "tls.key" or "tls.clientCertificates" => [("tls.certificate", "{folder}/both.pem")],
            "tls.clientCa" => [("tls.certificate", "{folder}/both.pem"), ("tls.clientCertificates", "required")],
            "upstreamTls.certificate" => [("upstream", "https://model:81"), ("upstreamTls.key", "{folder}/a.key")],
            "upstreamTls.key" => [("upstream", "https://model:81"), ("upstreamTls.certificate", "{folder}/both.pem")],
            "routes[0].match" or "routes[0].model" or "routes[0].version" => [("routes[0].protocol", "v1_http")],
            "otlpReceiver.grpc" or "otlpReceiver.http" => [("otlpReceiver.forwardTo", "http://collector:4318")],
            "otlpReceiver.forwardTo" => [("otlpReceiver.http", "127.0.0.1:4318")],
            "upstreamTls.ca" or "upstreamTls.serverName" => [("upstream", "https://model:81")],
            _ => [],
        };
        return companions.Select(pair => (EnvironmentReader.NameOf(prefix + pair.Key), Expand(pair.Value)));
    }

    /// <summary>What <c>config show --show-sources</c> says, by path: the value, and the source without folder and line.</summary>
    private static Dictionary<string, (string? Value, string Source)> Shown(ConfigurationResult result)
    {
        Assert.Equal("", result.Report());
        var plain = YamlFlattener.Flatten(SidecarConfiguration.Show(result.Options!));
        return plain.ToDictionary(
            pair => pair.Key,
            pair => ((string?)pair.Value, result.SourceOf(pair.Key) is { Kind: ConfigurationSourceKind.File } file ? Path.GetFileName(file.Name) : result.SourceOf(pair.Key).ToString()),
            StringComparer.Ordinal);
    }
}
