using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Emit.Jsonl;
using Sidecar.Model;

namespace Sidecar.Tests.Emit;

public sealed class JsonlCrashTests : IDisposable
{
    private const string PathVariable = "SIDECAR_TEST_EVENTS";
    private const string Payload = "\"0123456789012345678901234567890123456789012345678901234567890123456789\"";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sidecar-jsonl");

    private string EventsPath => Path.Combine(_folder.FullName, "events.jsonl");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Killed_writer_loses_at_most_a_torn_last_line_of_what_it_called_persisted()
    {
        using var child = ChildProcess.Start(nameof(JsonlCrashTests), "", (PathVariable, EventsPath));
        var persisted = 0L;
        while (persisted < 2000)
            persisted = long.Parse((await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!.Split(' ')[0], CultureInfo.InvariantCulture);
        child.Kill();
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        var events = EventsFile.Read(EventsPath, out var torn);
        Assert.InRange(torn, 0, 1);
        var sequences = events.Select(EventsFile.Sequence).ToList();
        Assert.True(sequences.Count >= persisted, $"{sequences.Count} in the file, {persisted} persisted");
        Assert.Equal(sequences.Order().Distinct(), sequences);
    }

    [Fact]
    public async Task Disk_that_fills_up_costs_whole_events_and_leaves_no_half_line()
    {
        // A file may grow to 20 blocks of 512 bytes: a write that crosses this is cut short and then fails, as on a full disk.
        // The runtime's own memory-mapped file for machine code would be cut as well, hence the second variable.
        using var child = ChildProcess.Start(nameof(JsonlCrashTests), "trap '' XFSZ; ulimit -f 20;", (PathVariable, EventsPath),
            ("DOTNET_EnableWriteXorExecute", "0"));
        var last = (await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).TrimEnd().Split('\n')[^1];
        var text = await File.ReadAllTextAsync(EventsPath, TestContext.Current.CancellationToken);
        var events = EventsFile.Read(EventsPath, out var torn);
        Assert.Equal(0, torn);
        Assert.InRange(text.Length, 1, 20 * 512);
        Assert.Equal('\n', text[^1]);
        Assert.StartsWith($"{events.Count} ", last, StringComparison.Ordinal);
    }

    /// <summary>Writes events until killed or until the disk has refused a thousand, saying after each how many were persisted.</summary>
    internal static async Task<int> WriteAsync()
    {
        var book = new EventLedger();
        // A queue that is shorter than the full disk's limit: then some events are in the file before a write fails.
        var options = new JsonlOptions
        {
            Path = Environment.GetEnvironmentVariable(PathVariable)!, Source = "child", Queue = 16, FlushEvery = TimeSpan.FromMilliseconds(1),
        };
        var sink = new JsonlSink(options, book, TimeProvider.System, NullLoggerFactory.Instance);
        while (book["dropped io_error"] < 1000)
        {
            sink.TryEmit(new SidecarEvent("t", "", DateTimeOffset.UnixEpoch, 1, System.Text.Encoding.UTF8.GetBytes(Payload)));
            Console.WriteLine($"{book["persisted"]} so far");
            if (sink.Pending > 8)
                await Task.Yield();
        }

        await sink.StopAsync(TimeSpan.FromSeconds(60));
        Console.WriteLine($"{book["persisted"]} in all");
        return 0;
    }
}
