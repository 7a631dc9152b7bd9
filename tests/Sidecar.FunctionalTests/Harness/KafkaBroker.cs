using System.Diagnostics;
using System.Text.Json;
using Sidecar.Testing;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>A real Kafka broker of the tools fixture, in a folder of its own; stopped and deleted in the end. Skips the test where the fixture is not here.</summary>
internal sealed class KafkaBroker : IAsyncDisposable
{
    private readonly string _tools;
    private readonly string _folder;
    private readonly string[] _arguments;

    private KafkaBroker(string tools, string folder, string[] arguments) => (_tools, _folder, _arguments) = (tools, folder, arguments);

    public string Folder => _folder;

    /// <summary>Where clients reach it; behind SASL and TLS where it was asked for.</summary>
    public string Bootstrap { get; private set; } = "";

    /// <summary>Where it is administered, in clear text.</summary>
    public string Admin { get; private set; } = "";

    public static async Task<KafkaBroker> StartAsync(bool secured = false, params string[] settings)
    {
        var tools = Path.Combine(Fixtures.Require("tools"), "kafka");
        Tool.Require("java");
        var folder = Directory.CreateTempSubdirectory("sidecar-kafka").FullName;
        var broker = new KafkaBroker(tools, folder, [.. secured ? ["--tls-sasl"] : Array.Empty<string>(), folder, "0", "auto.create.topics.enable=false", .. settings]);
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Starts it again, with its data and its port.</summary>
    public async Task StartAgainAsync()
    {
        await RunAsync("kafka-start.sh", Bootstrap.Length > 0 ? [.. _arguments.Where(argument => argument is "--tls-sasl"), _folder] : _arguments);
        Bootstrap = (await File.ReadAllTextAsync(Path.Combine(_folder, "bootstrap"))).Trim();
        var admin = Path.Combine(_folder, "bootstrap-admin");
        Admin = File.Exists(admin) ? (await File.ReadAllTextAsync(admin)).Trim() : Bootstrap;
    }

    public Task KillAsync() => RunAsync("kafka-stop.sh", ["--kill", _folder]);

    public Task CreateAsync(string topic, int partitions = 1, params string[] settings) =>
        ToolAsync(["topics", "create", topic, "--partitions", $"{partitions}", .. settings.SelectMany(setting => (string[])["--set", setting])]);

    public async Task CreateAllAsync(int partitions = 1)
    {
        foreach (var topic in (string[])["sidecar.exchanges", "sidecar.reports", "sidecar.audit"])
            await CreateAsync(topic, partitions);
    }

    public Task<string> ToolAsync(params string[] arguments) => RunAsync("kafka-tool.sh", ["--bootstrap", Admin, .. arguments]);

    /// <summary>Everything in a topic, once it is so many records, by kcat.</summary>
    public async Task<List<ReadRecord>> ReadAsync(string topic, int atLeast)
    {
        using var deadline = new CancellationTokenSource(RelayUnderTest.Patience);
        while (true)
        {
            // A broker that has just begun may not lead the partition yet, which is an error to kcat.
            var (code, output, errors) = await Tool.EndAsync("kcat", ["-b", Admin, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J"]);
            var records = (code == 0 ? output : "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ReadRecord.Parse).ToList();
            if (records.Count >= atLeast)
                return records;
            Assert.False(deadline.IsCancellationRequested, $"{topic} has {records.Count} records, not {atLeast}; kcat ended with {code}: {errors}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("kafka-stop.sh", ["--kill", _folder]);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> RunAsync(string script, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(_tools, script), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{script} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await errors}");
        return output;
    }
}

/// <summary>A record as kcat read it.</summary>
internal sealed record ReadRecord(int Partition, long Offset, string Key, IReadOnlyDictionary<string, string> Headers, string Value)
{
    public string Id => Headers["ce_id"];

    public string Source => Headers["ce_source"];

    public JsonElement Data => JsonDocument.Parse(Value).RootElement;

    public static ReadRecord Parse(string line)
    {
        // kcat writes bytes as they are; the harness reads a character a byte.
        using var document = JsonDocument.Parse(System.Text.Encoding.Latin1.GetBytes(line));
        var root = document.RootElement;
        var headers = root.GetProperty("headers").EnumerateArray().Select(item => item.GetString()!).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        return new ReadRecord(root.GetProperty("partition").GetInt32(), root.GetProperty("offset").GetInt64(), root.GetProperty("key").GetString()!, headers, root.GetProperty("payload").GetString()!);
    }
}
