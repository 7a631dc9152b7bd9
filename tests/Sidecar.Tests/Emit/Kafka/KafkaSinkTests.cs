using System.Diagnostics;
using System.Text;
using Sidecar.Emit;
using Sidecar.Emit.Kafka;
using Sidecar.Emit.Spool;
using Sidecar.Model;
using Sidecar.Testing;

namespace Sidecar.Tests.Emit.Kafka;

/// <summary>The sink with the real client, against librdkafka's own mock cluster or brokers that aren't there.</summary>
public sealed class KafkaSinkTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sidecar-kafka");
    private readonly EventLedger _book = new();
    private readonly LogLines _logs = new();

    private string SpoolPath => Path.Combine(_folder.FullName, "spool");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Events_of_all_streams_are_delivered_and_the_book_balances(bool onDisk)
    {
        await using var sink = Sink(settings => Mock(settings) with { SpoolDirectory = onDisk ? SpoolPath : null });
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(sink.TryEmit(Event(ExchangeEvents.ExchangeType)));
            Assert.True(sink.TryEmit(Event(ExchangeEvents.DriftType)));
            Assert.True(sink.TryEmit(Event("io.sidecar.audit.configured.v1")));
        }

        await _book.UntilAsync("persisted", 3000);
        await sink.StopAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((3000, 3000, 0, 0), (_book["accepted"], _book["persisted"], _book.DroppedInAll, _book["possibly"]));
        Assert.Equal(0, sink.Pending);
        Assert.Null(sink.Trouble);
        Assert.Empty(_logs.Ids);
        Assert.All(sink.Waiting, lane => Assert.Equal((0, 0), (lane.Records, lane.InFlight)));
    }

    [Fact]
    public async Task What_one_run_leaves_in_the_spool_the_next_one_sends_with_its_source()
    {
        await using (var first = Sink(settings => settings with { SpoolDirectory = SpoolPath, Source = "/sidecar/ns/pod/1" }))
        {
            for (var i = 0; i < 500; i++)
                Assert.True(first.TryEmit(Event(i % 2 == 0 ? ExchangeEvents.ExchangeType : ExchangeEvents.DriftType)));
            await StopAsync(first);
            Assert.Equal(500, first.Pending);
            Assert.Equal((500, 0, 0, 0), (_book["accepted"], _book["persisted"], _book.DroppedInAll, _book["possibly"]));
        }

        Assert.Equal([.. Enumerable.Range(1, 250).Select(number => $"/sidecar/ns/pod/1/exchanges {number:D16}")], Records("sidecar.exchanges"));
        Assert.Equal([.. Enumerable.Range(1, 250).Select(number => $"/sidecar/ns/pod/1/reports {number:D16}")], Records("sidecar.reports"));

        var book = new EventLedger();
        await using var second = Sink(settings => Mock(settings) with { SpoolDirectory = SpoolPath, Source = "/sidecar/ns/pod/2" }, book);
        Assert.True(second.TryEmit(Event(ExchangeEvents.ExchangeType)));
        await book.UntilAsync("persisted", 501);
        await second.StopAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((501, 501, 251, 250), (book["accepted"], book["persisted"], book[$"persisted {ExchangeEvents.ExchangeType}"], book[$"persisted {ExchangeEvents.DriftType}"]));
        Assert.Equal((0, 0), (book.DroppedInAll, second.Pending));

        var third = new EventLedger();
        await using (Sink(settings => settings with { SpoolDirectory = SpoolPath }, third))
        {
        }

        Assert.Equal(0, third["accepted"]); // nothing is left
    }

    [Fact]
    public async Task Without_brokers_memory_is_bounded_the_oldest_give_way_and_the_rest_is_lost_at_the_end()
    {
        var sink = Sink(settings => settings with { Memory = 1 << 20 });
        for (var i = 0; i < 20_000; i++)
        {
            // Never waits, so the writer must be waited for, or the queue is what drops.
            while (sink.Pending - sink.Waiting.Sum(lane => lane.Records) > 1000 && _book.DroppedInAll == 0)
                await Task.Yield();
            sink.TryEmit(Event(ExchangeEvents.ExchangeType));
        }

        await _book.UntilAsync("dropped spool_full", 1);
        Assert.InRange(sink.Waiting.Sum(lane => lane.Bytes), 1, 1 << 20);
        await Waiting.UntilAsync(() => sink.Trouble is not null, "the client says what is wrong");
        var clock = Stopwatch.StartNew();
        await sink.StopAsync(TimeSpan.FromMilliseconds(200)).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.False(sink.TryEmit(Event(ExchangeEvents.ExchangeType)));
        Assert.Equal(0, sink.Pending);
        Assert.Equal((20_001, 0, 0), (_book["accepted"], _book["persisted"], _book["possibly"]));
        Assert.Equal(20_001, _book["dropped spool_full"] + _book["dropped queue_full"] + _book["dropped shutdown"]);
        Assert.True(_book["dropped shutdown"] > 100);
        Assert.Equal([1730], _logs.Ids);
        TestContext.Current.TestOutputHelper?.WriteLine($"stopped within {clock.ElapsedMilliseconds} ms");
        await sink.DisposeAsync();
    }

    [Fact]
    public async Task Without_brokers_a_full_spool_that_refuses_the_newest_keeps_the_oldest()
    {
        await using var sink = Sink(settings => settings with { SpoolDirectory = SpoolPath, SpoolLimit = 100_000, DropNewest = true });
        for (var i = 0; i < 1000; i++)
            sink.TryEmit(Event(ExchangeEvents.ExchangeType));
        await StopAsync(sink);
        Assert.Equal(1000, sink.Pending + _book["dropped spool_full"]);
        Assert.InRange(sink.Pending, 1, 999);
        Assert.Equal([.. Enumerable.Range(1, (int)sink.Pending).Select(number => $"/sidecar/ns/pod/1/exchanges {number:D16}")], Records("sidecar.exchanges"));
    }

    [Fact]
    public async Task Folder_that_can_t_be_used_is_said_and_memory_takes_its_place()
    {
        await File.WriteAllTextAsync(SpoolPath, "a file where a folder should be", TestContext.Current.CancellationToken);
        await using var sink = Sink(settings => Mock(settings) with { SpoolDirectory = SpoolPath });
        Assert.True(sink.TryEmit(Event(ExchangeEvents.ExchangeType)));
        await _book.UntilAsync("persisted", 1);
        Assert.Equal([1741, 1741, 1741], _logs.Ids); // once for each topic
    }

    [Fact]
    public async Task Disk_that_refuses_costs_those_events_and_is_said_once_and_once_when_it_works_again()
    {
        await using var sink = Sink(settings => settings with { SpoolDirectory = SpoolPath, SyncEvery = TimeSpan.FromMilliseconds(20) });
        var topic = Path.Combine(SpoolPath, "sidecar.exchanges");
        sink.TryEmit(Event(ExchangeEvents.ExchangeType));
        await Waiting.UntilAsync(() => Directory.EnumerateFiles(topic, "*.seg").Any(), "the first segment");
        await Waiting.UntilAsync(() => TakesThePlaceOf(topic), "a file is where the folder was");
        await EmitUntilAsync(() => _book["dropped io_error"] >= 5, "the disk refuses five");

        File.Delete(topic);
        await EmitUntilAsync(() => _logs.Ids.Contains(1743), "it is said that the disk works again");

        Assert.Single(_logs.Ids, 1742);
        Assert.Single(_logs.Ids, 1743);
        await StopAsync(sink);
        Assert.Equal(_book["accepted"], _book["dropped io_error"] + sink.Pending);

        Task EmitUntilAsync(Func<bool> condition, string what) => Waiting.UntilAsync(
            () =>
            {
                if (condition())
                    return true;
                sink.TryEmit(Event(ExchangeEvents.ExchangeType));
                return false;
            },
            what);
    }

    [Fact]
    public async Task Data_that_is_too_large_is_cut_down_or_dropped()
    {
        await using var sink = Sink(settings => settings with { SpoolDirectory = SpoolPath, MaxEvent = 1000 });
        sink.TryEmit(Event(ExchangeEvents.ExchangeType, $$"""{"a":1,"b":"{{new string('x', 2000)}}"}"""));
        sink.TryEmit(Event(ExchangeEvents.ExchangeType, $"\"{new string('x', 2000)}\""));
        await StopAsync(sink);
        var record = EventEnvelope.TryRead(Assert.Single(new SpoolReader(Path.Combine(SpoolPath, "sidecar.exchanges")).Read()).Body)!;
        Assert.Equal("""{"a":1,"truncated":["b"]}""", Encoding.UTF8.GetString(record.Value!));
        Assert.Equal("true", Encoding.UTF8.GetString(record.Headers.GetLastBytes("ce_truncated")));
        Assert.Equal((1, 1), (_book["dropped too_large"], sink.Pending));
    }

    [Fact]
    public async Task Events_beyond_the_queue_are_dropped_and_their_numbers_missing()
    {
        await using var sink = Sink(settings => settings with { SpoolDirectory = SpoolPath, Queue = 4 });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 5000; i++)
                sink.TryEmit(Event(ExchangeEvents.ExchangeType));
        })));
        await StopAsync(sink);
        var numbers = Records("sidecar.exchanges").Select(record => long.Parse(record.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(numbers.Order().Distinct(), numbers);
        Assert.InRange(numbers[^1], numbers.Count, 20_000);
        Assert.Equal((20_000, numbers.Count), (_book["dropped queue_full"] + numbers.Count, (int)sink.Pending));
    }

    [Fact]
    public async Task Stopping_twice_and_at_once_with_disposal_ends_once()
    {
        var sink = Sink(settings => Mock(settings));
        for (var i = 0; i < 100; i++)
            sink.TryEmit(Event(ExchangeEvents.ExchangeType));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(number => Task.Run(() => number == 0 ? sink.DisposeAsync().AsTask() : sink.StopAsync(TimeSpan.FromSeconds(60)))));
        Assert.Equal(0, sink.Pending);
        Assert.Equal(100, _book["accepted"]);
        Assert.Equal(100, _book["persisted"] + _book["possibly"] + _book.DroppedInAll);
    }

    /// <summary>Ends it once everything is where it waits for the brokers, which are not there to take it.</summary>
    private static async Task StopAsync(KafkaSink sink)
    {
        await Waiting.UntilAsync(() => sink.Pending == sink.Waiting.Sum(lane => lane.Records), "everything is written down");
        await sink.StopAsync(TimeSpan.FromMilliseconds(500));
    }

    // The sink goes on writing there while its folder is taken away.
    private static bool TakesThePlaceOf(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            File.WriteAllText(folder, "a file where a folder should be");
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static KafkaSettings Mock(KafkaSettings settings) => settings with { Client = new Dictionary<string, string> { ["test.mock.num.brokers"] = "1" } };

    private static SidecarEvent Event(string type, string payload = """{"a":1}""") => new(type, "m/1", Noon, 1, Encoding.UTF8.GetBytes(payload));

    /// <summary>Source and number of each record in a topic's spool.</summary>
    private List<string> Records(string topic) =>
    [
        .. new SpoolReader(Path.Combine(SpoolPath, topic)).Read().Select(record =>
        {
            var headers = EventEnvelope.TryRead(record.Body)!.Headers;
            return $"{Encoding.UTF8.GetString(headers.GetLastBytes("ce_source"))} {Encoding.UTF8.GetString(headers.GetLastBytes("ce_sequence"))}";
        }),
    ];

    private KafkaSink Sink(Func<KafkaSettings, KafkaSettings>? change = null, EventLedger? book = null)
    {
        var settings = new KafkaSettings { Brokers = "127.0.0.1:1", Source = "/sidecar/ns/pod/1" };
        return new KafkaSink(change?.Invoke(settings) ?? settings, book ?? _book, TimeProvider.System, _logs);
    }
}
