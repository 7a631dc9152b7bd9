using System.Text;
using Sidecar.Configuration;

namespace Sidecar.Tests.Configuration;

/// <summary>Mistakes of all kinds: all of them at once, none of them a crash.</summary>
public sealed class ErrorTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bad_file_is_reported_with_all_its_mistakes_at_once()
    {
        const string Bad = """
            upstream: grpc://model:8080
            tls: { key: nowhere.key, clientCertificates: sometimes, alpn: [h2, h3] }
            upstreamTls: { ca: /, verify: perhaps }
            listen: 0.0.0.0:99999
            listeners:
              - { name: grpc, listen: "127.0.0.1:9181", upstream: "http://127.0.0.1:9181" }
              - name: default
                listen: 127.0.0.1:0
              - name: "no spaces"
            helth: { listen: "0.0.0.0:1" }
            model:
              name: [a, b]
              version: ""
            capture:
              budget: 2MiB
              maxbody: 1MiB
              decodeRate: 1.5
            contract: { fetchMetadata: yes }
            features:
              critical: [age, income, age]
              maxExported: 1
            drift: 5
            shadows:
              - { name: c, file: missing.onnx }
              - { name: c, file: /, rate: half }
            events:
              sink: kafak
              jsonl: { path: /no/such/folder/e.jsonl, maxBytes: 1KiB, files: 0 }
            relay:
              threads: 2
              threads: 4
            shutdown:
              keepAccepting: 40s
              deadline: 30
              ? [complex]
              : key
            """;
        var result = _folder.Load(Bad, ("SIDECAR__RELAY__BACKLOG", "many"), ("SIDECAR__FOO", "1"), ("SIDECAR__HEALTH__LISTEN", "0.0.0.0:9181"));
        Assert.Null(result.Options);
        Baseline.Matches(
            result.Report().Replace(_folder.Path + "/", "", StringComparison.Ordinal), "tests", "Sidecar.Tests", "Configuration", "bad-file.expected.txt");
    }

    [Theory]
    [InlineData("tls: { key: a.key }", "tls.key", "is the key of no certificate")]
    [InlineData("tls: { certificate: nowhere.crt }", "tls.certificate", "does not exist")]
    [InlineData("tls: { certificate: / }", "tls.certificate", "is a folder")]
    [InlineData("tls: { certificate: a.crt, key: nowhere.key }", "tls.key", "does not exist")]
    [InlineData("tls: { certificate: a.crt }", "tls.certificate", "can't be used")]
    [InlineData("tls: { certificate: a.crt, key: other.key }", "tls.certificate", "can't be used, with tls.key")]
    [InlineData("tls: { certificate: a.key, key: a.key }", "tls.certificate", "can't be used, with tls.key")]
    [InlineData("tls: { clientCertificates: required }", "tls.clientCertificates", "means nothing in clear text")]
    [InlineData("tls: { clientCa: a.crt }", "tls.clientCa", "means nothing in clear text")]
    [InlineData("tls: { certificate: both.pem, clientCa: a.crt }", "tls.clientCa", "is never used: clients are not asked for a certificate")]
    [InlineData("tls: { certificate: both.pem, clientCertificates: required, clientCa: a.key }", "tls.clientCa", "holds no certificate")]
    [InlineData("upstreamTls: { ca: a.crt }", "upstreamTls.ca", "means nothing for an upstream in clear text")]
    [InlineData("upstreamTls: { serverName: x }", "upstreamTls.serverName", "means nothing for an upstream in clear text")]
    [InlineData("listeners: [{ name: a, listen: '127.0.0.1:0', upstream: 'https://a:1', upstreamTls: { certificate: a.crt } }]", "listeners[0].upstreamTls.certificate", "can't be used")]
    public void TLS_that_can_not_work_is_reported_once_with_a_place(string yaml, string key, string problem)
    {
        PemFiles.Write(_folder);
        foreach (var name in (string[])["a.crt", "a.key", "both.pem", "other.key", "nowhere.crt", "nowhere.key"])
            yaml = yaml.Replace($" {name}", $" {_folder.Path}/{name}", StringComparison.Ordinal);
        var error = Assert.Single(_folder.Load(yaml).Errors);
        Assert.Equal(key, error.Key);
        Assert.StartsWith(problem, error.Problem, StringComparison.Ordinal);
        Assert.Equal((ConfigurationSourceKind.File, 1), (error.Source.Kind, error.Source.Line));
    }

    [Theory]
    [InlineData("upstream: http://127.0.0.1:9180", "upstream", "leads back into the sidecar, to listen (0.0.0.0:9180)")]
    [InlineData("upstream: localhost:9181", "upstream", "leads back into the sidecar, to health.listen (0.0.0.0:9181)")]
    [InlineData("upstream: 'http://[::1]:9180'", "upstream", "leads back into the sidecar, to listen (0.0.0.0:9180)")]
    [InlineData("listen: 127.0.0.1:8080", "upstream", "(the default) leads back into the sidecar, to listen (127.0.0.1:8080)")]
    [InlineData("listen: 127.0.0.1:9181", "health.listen", "(the default) takes the same port as listen (127.0.0.1:9181)")]
    [InlineData("health: { listen: '[::]:9180' }", "health.listen", "takes the same port as listen (0.0.0.0:9180)")]
    [InlineData("listeners: [{ name: a, listen: '127.0.0.1:0', upstream: 'http://127.0.0.1:9180' }]", "listeners[0].upstream", "leads back into the sidecar, to listen (0.0.0.0:9180)")]
    [InlineData("listeners: [{ name: health, listen: '127.0.0.1:0', upstream: 'http://a:1' }]", "listeners[0].name", "is used already, by the sidecar's own")]
    [InlineData("capture: { maxBody: 128MiB }", "capture.maxBody", "is larger than the memory for all bodies")]
    [InlineData("capture: { budget: 1MiB }", "capture.maxBody", "(the default) is larger than the memory for all bodies")]
    [InlineData("features: { critical: [a, b], maxExported: 1 }", "features.maxExported", "leaves no room for the critical features")]
    [InlineData("features: { critical: [a, a] }", "features.critical[1]", "is used already, by features.critical[0]")]
    [InlineData("shutdown: { deadline: 5s }", "shutdown.keepAccepting", "(the default) ends after the deadline")]
    [InlineData("shadows: [{ name: a, file: nowhere.onnx }]", "shadows[0].file", "does not exist")]
    [InlineData("shadows: [{ name: a, file: / }]", "shadows[0].file", "is a folder")]
    [InlineData("events: { sink: jsonl, jsonl: { path: / } }", "events.jsonl.path", "is a folder")]
    [InlineData("events: { sink: jsonl, jsonl: { path: /no/such/e } }", "events.jsonl.path", "lies in a folder that does not exist")]
    [InlineData("otlpReceiver: { http: '127.0.0.1:4318' }", "otlpReceiver.forwardTo", "(the default) is needed, or what is received would be lost")]
    [InlineData("otlpReceiver: { grpc: '127.0.0.1:4317' }", "otlpReceiver.forwardTo", "(the default) is needed, or what is received would be lost")]
    [InlineData("otlpReceiver: { forwardTo: 'http://c:4318' }", "otlpReceiver.forwardTo", "has nothing to send on")]
    [InlineData("otlpReceiver: { http: '127.0.0.1:4318', forwardTo: 'http://localhost:4318' }", "otlpReceiver.forwardTo", "leads back into the sidecar, to otlpReceiver.http (127.0.0.1:4318)")]
    [InlineData("otlpReceiver: { grpc: '127.0.0.1:9180', forwardTo: 'http://c:4318' }", "otlpReceiver.grpc", "takes the same port as listen (0.0.0.0:9180)")]
    public void Contradiction_between_keys_is_reported_once_with_a_place(string yaml, string key, string problem)
    {
        var error = Assert.Single(_folder.Load(yaml).Errors);
        Assert.Equal((key, problem), (error.Key, error.Problem));
        Assert.Equal((ConfigurationSourceKind.File, 1), (error.Source.Kind, error.Source.Line));
    }

    [Theory]
    [InlineData("upstream: http://10.0.0.7:9180")]
    [InlineData("upstream: http://model:9180")]
    [InlineData("listen: 127.0.0.1:7000\nhealth: { listen: '127.0.0.2:7000' }")]
    [InlineData("listen: 127.0.0.1:0\nhealth: { listen: '127.0.0.1:0' }")]
    [InlineData("events: { jsonl: { path: /no/such/folder/e.jsonl } }")]
    [InlineData("health:\nlisteners:\nshadows: ~\nfeatures: { critical: null }")]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("---\n...\n")]
    [InlineData("{}")]
    [InlineData("\uFEFFlisten: 127.0.0.1:0")]
    public void Sound_file_is_accepted(string yaml) => Assert.Equal("", _folder.Load(yaml).Report());

    [Theory]
    [InlineData("listen: [\n", "not valid YAML", 2)]
    [InlineData("listen: 127.0.0.1:0\nmodel: @x", "not valid YAML", 2)]
    [InlineData("listen: 127.0.0.1:0\n... [", "not valid YAML", 2)]
    [InlineData("model:\n\tname: x", "not valid YAML", 1)]
    [InlineData("listen: \"\\UFFFFFFFF\"", "not valid YAML", 1)]
    [InlineData("model: { name: \"\\uD800\" }", "surrogate", 1)]
    [InlineData("- a", "must hold keys and values", 1)]
    [InlineData("just text", "must hold keys and values", 1)]
    [InlineData("listen: 127.0.0.1:0\n---\nlisten: 127.0.0.1:0", "second document", 2)]
    [InlineData("model: { name: *a }", "anchors and aliases", 1)]
    [InlineData("model: &a { name: x }", "anchors and aliases", 1)]
    [InlineData("model:\n  name: !!binary aGk=", "tags such as tag:yaml.org,2002:binary", 2)]
    [InlineData("listen: 127.0.0.1:0\nlisten: 127.0.0.1:0", "given twice, first on line 1", 2)]
    [InlineData("upstream:\n", "has no value", 1)]
    [InlineData("listen: 127.0.0.1:0\n\0upstream: x", "null character", 2)]
    [InlineData("model: text", "is not a group of keys", 1)]
    [InlineData("shadows: { name: x }", "is not a list", 1)]
    [InlineData("listen: {}", "must be a single value, not a group of keys", 1)]
    [InlineData("Listen: 127.0.0.1:0", "unknown key", 1)]
    [InlineData("? { a: b }\n: c", "a key must be a word", 1)]
    [InlineData("? *a\n: c", "anchors and aliases", 1)]
    public void Broken_file_is_one_clear_error(string yaml, string problem, int line)
    {
        var result = _folder.Load(yaml);
        var error = Assert.Single(result.Errors);
        Assert.Contains(problem, error.Problem, StringComparison.Ordinal);
        Assert.Equal(line, error.Source.Line);
        Assert.Null(result.Options);
    }

    [Fact]
    public void Alias_bomb_is_refused_without_being_expanded()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (var i = 1; i < 40; i++)
            bomb.Append(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n");
        var result = _folder.Load(bomb.ToString());
        Assert.Equal(40, result.Errors.Count(e => e.Problem == "unknown key"));
        Assert.Equal(40 + 2 * 39, result.Errors.Count(e => e.Problem.StartsWith("anchors", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Deep_nesting_is_an_error_and_no_stack_overflow(string opening)
    {
        var text = new StringBuilder("model: ").Append(opening == "- " || opening == "? " ? "\n  " : "");
        while (text.Length < 900_000)
            text.Append(opening);
        var error = Assert.Single(_folder.Load(text.ToString()).Errors);
        Assert.StartsWith("not valid YAML", error.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_no_configuration_is_refused_before_it_is_read_whole()
    {
        var huge = Path.Combine(_folder.Path, "huge.yaml");
        using (var file = File.Create(huge))
            file.SetLength(100L << 20);
        (string Path, string Problem)[] cases =
        [
            (huge, "is larger than 1 MiB, which no configuration is"),
            ("/dev/zero", "is larger than 1 MiB, which no configuration is"),
            (_folder.Path, "is a folder, not a file"),
            (Path.Combine(_folder.Path, "missing.yaml"), "does not exist"),
            (Path.Combine(_folder.Path, "missing", "sidecar.yaml"), "does not exist"),
            (_folder.Write("latin1.yaml", [0x61, 0x3A, 0x20, 0xE9]), "is not UTF-8 text"),
            (_folder.Write("utf16.yaml", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("a: b")).ToArray()), "is not UTF-8 text"),
        ];
        foreach (var (path, problem) in cases)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var error = Assert.Single(SidecarConfiguration.Load(new ConfigurationSources { File = path }).Errors);
            Assert.Equal((path, problem, "flag --config"), (error.Value, error.Problem, error.Source.ToString()));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        }

        var empty = Assert.Single(SidecarConfiguration.Load(new ConfigurationSources { File = "" }).Errors);
        Assert.StartsWith("cannot be read", empty.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_cannot_be_read_does_not_hide_the_mistakes_elsewhere()
    {
        var result = SidecarConfiguration.Load(new ConfigurationSources
        {
            File = "/no/such/file.yaml",
            Environment = new Dictionary<string, string> { ["SIDECAR__LISTEN"] = "x" },
            Upstream = "y",
        });
        Assert.Equal(["listen", "", "upstream"], result.Errors.Select(e => e.Key));
    }

    [Fact]
    public void Mistake_in_the_file_is_reported_though_a_variable_overrides_it()
    {
        var result = _folder.Load("listen: nonsense\nmodel: 5\n", ("SIDECAR__LISTEN", "127.0.0.1:0"), ("SIDECAR__MODEL__NAME", "m"));
        Assert.Equal(["listen", "model"], result.Errors.Select(e => e.Key));
        Assert.All(result.Errors, e => Assert.Equal(ConfigurationSourceKind.File, e.Source.Kind));
    }

    [Fact]
    public void Value_cannot_drive_the_terminal_or_flood_it()
    {
        var error = Assert.Single(_folder.Load($"listen: \"\\e[31m\\r\\nok{new string('x', 5000)}\"").Errors).ToString();
        Assert.DoesNotContain('\e', error);
        Assert.DoesNotContain('\r', error);
        Assert.InRange(error.Length, 1, 400);
        Assert.Equal(2, error.Split('\n').Length);
    }

    [Fact]
    public void List_longer_than_its_bound_is_refused()
    {
        var yaml = new StringBuilder("listeners:\n");
        for (var i = 0; i < 33; i++)
            yaml.Append(System.Globalization.CultureInfo.InvariantCulture, $"  - {{ name: l{i}, listen: \"127.0.0.1:0\", upstream: \"http://a:1\" }}\n");
        var error = Assert.Single(_folder.Load(yaml.ToString()).Errors);
        Assert.Equal(("listeners", "has 33 items", "allowed: a list of at most 32"), (error.Key, error.Problem, error.Allowed));
    }
}
