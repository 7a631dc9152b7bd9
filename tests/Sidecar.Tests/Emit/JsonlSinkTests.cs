using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Emit.Jsonl;
using Sidecar.Model;

namespace Sidecar.Tests.Emit;

public sealed class JsonlSinkTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, 123, TimeSpan.FromHours(2));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sidecar-jsonl");
    private readonly EventLedger _book = new();

    private string EventsPath => Path.Combine(_folder.FullName, "events.jsonl");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Emit_Event_BecomesOneCloudEvent()
    {
        await using (var sink = Sink())
            Assert.True(sink.TryEmit(new SidecarEvent("io.sidecar.exchange.v1", "m/1", Noon, 2.5, """{"a":"é"}"""u8.ToArray())));
        Assert.Equal(
            """{"specversion":"1.0","id":"0000000000000001","source":"/pod/1","type":"io.sidecar.exchange.v1","subject":"m/1","time":"2026-03-04T10:00:00.123Z","sequence":"0000000000000001","dataclassification":"public-aggregate","sampledrate":2,"weight":"2.5","datacontenttype":"application/json","dataschema":"urn:io:sidecar:exchange:v1","data":{"a":"é"}}""" + "\n",
            await File.ReadAllTextAsync(EventsPath, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Emit_WithoutSubjectThinningOrData_LeavesThemOut()
    {
        await using (var sink = Sink())
            sink.TryEmit(new SidecarEvent("t", "", Noon, 1, default));
        var item = Assert.Single(EventsFile.Read(EventsPath, out _));
        Assert.Equal(["specversion", "id", "source", "type", "time", "sequence", "dataclassification"], item.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Emit_PayloadOnSeveralLines_StaysOneLine()
    {
        await using (var sink = Sink())
            sink.TryEmit(Event("{\r\n  \"a\": \"x\\ny\"\n}"));
        Assert.Equal("x\ny", Assert.Single(EventsFile.Read(EventsPath, out _)).GetProperty("data").GetProperty("a").GetString());
        Assert.Single(await File.ReadAllLinesAsync(EventsPath, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("{\"a\":")]
    [InlineData("{} {}")]
    [InlineData("not json")]
    [InlineData("\n")]
    public async Task Emit_PayloadThatIsNotOneJsonValue_IsDroppedAndTheNextOneWritten(string payload)
    {
        await using (var sink = Sink())
        {
            sink.TryEmit(Event(payload));
            sink.TryEmit(Event("{}"));
        }

        Assert.Equal((2, 1, 1), (_book["accepted"], _book["persisted"], _book["dropped serialization"]));
        Assert.Equal([2], EventsFile.Sequences(EventsPath));
    }

    [Fact]
    public async Task Files_rotate_and_no_line_is_split_lost_or_out_of_order()
    {
        await using (var sink = Sink(options => options with { MaxBytes = 1000, Files = 100 }))
        {
            for (var i = 0; i < 200; i++)
                Assert.True(sink.TryEmit(Event($"{i}")));
        }

        var files = _folder.GetFiles().OrderByDescending(file => file.Name == "events.jsonl" ? 0 : int.Parse(file.Name.Split('.')[^1], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.True(files.Count > 10);
        Assert.All(files, file => Assert.InRange(file.Length, 1, 1000));
        Assert.Equal(Enumerable.Range(1, 200).Select(number => (long)number), files.SelectMany(file => EventsFile.Sequences(file.FullName)));
        Assert.Equal((200, 200, 0), (_book["accepted"], _book["persisted"], _book.DroppedInAll));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Rotation_keeps_the_newest_files_only(int files)
    {
        await using (var sink = Sink(options => options with { MaxBytes = 500, Files = files }))
        {
            for (var i = 0; i < 50; i++)
                sink.TryEmit(Event("{}"));
        }

        Assert.Equal(files, _folder.GetFiles().Length);
        Assert.Equal(50, EventsFile.Sequences(EventsPath)[^1]);
    }

    [Fact]
    public async Task Event_longer_than_a_file_is_dropped_as_too_large()
    {
        await using (var sink = Sink(options => options with { MaxBytes = 500 }))
        {
            sink.TryEmit(Event($"\"{new string('x', 600)}\""));
            sink.TryEmit(Event("{}"));
        }

        Assert.Equal((1, 1), (_book["dropped too_large"], _book["persisted"]));
    }

    [Fact]
    public async Task Events_beyond_the_queue_are_counted_and_leave_a_gap_of_their_number()
    {
        var gate = new GatedBook(_book);
        var sink = new JsonlSink(Options() with { Queue = 4, FlushEvery = TimeSpan.FromMilliseconds(1) }, gate, TimeProvider.System, NullLoggerFactory.Instance);
        sink.TryEmit(Event("0"));
        await gate.Held; // the writer is inside the book, having persisted the first
        var taken = Enumerable.Range(0, 10).Count(_ => sink.TryEmit(Event("1")));
        Assert.Equal(4, taken);
        Assert.Equal(6, _book["dropped queue_full"]);
        gate.Open();
        await sink.StopAsync(TimeSpan.FromSeconds(60));

        Assert.Equal([1, 2, 3, 4, 5], EventsFile.Sequences(EventsPath));
        Assert.Equal(11, _book["accepted"]);
        Assert.Equal(_book["accepted"], _book["persisted"] + _book.DroppedInAll + sink.Pending);
        Assert.Equal(0, sink.Pending);
    }

    [Fact]
    public async Task Stop_at_its_deadline_counts_what_still_waits_and_takes_no_more()
    {
        var gate = new GatedBook(_book);
        var sink = new JsonlSink(Options() with { FlushEvery = TimeSpan.FromMilliseconds(1) }, gate, TimeProvider.System, NullLoggerFactory.Instance);
        sink.TryEmit(Event("0"));
        await gate.Held;
        sink.TryEmit(Event("1"));
        await sink.StopAsync(TimeSpan.FromMilliseconds(20));
        Assert.Equal(1, _book["dropped shutdown"]);
        Assert.False(sink.TryEmit(Event("2")));
        Assert.Equal(2, _book["dropped shutdown"]);
        gate.Open();
    }

    [Fact]
    public async Task Events_are_written_within_the_flush_interval_without_a_stop()
    {
        await using var sink = Sink(options => options with { FlushEvery = TimeSpan.FromMilliseconds(10) });
        sink.TryEmit(Event("{}"));
        await _book.UntilAsync("persisted", 1);
        Assert.Equal([1], EventsFile.Sequences(EventsPath));
    }

    [Fact]
    public async Task Path_that_cannot_be_written_costs_those_events_and_is_said_once_until_it_works_again()
    {
        var parent = Path.Combine(_folder.FullName, "parent");
        await File.WriteAllTextAsync(parent, "a file where a folder should be", TestContext.Current.CancellationToken);
        var logs = new LogLines();
        await using var sink = Sink(options => options with { Path = Path.Combine(parent, "events.jsonl"), FlushEvery = TimeSpan.FromMilliseconds(5) }, logs);
        for (var i = 1; i <= 3; i++)
        {
            sink.TryEmit(Event("{}"));
            await _book.UntilAsync("dropped io_error", i);
        }

        File.Delete(parent);
        sink.TryEmit(Event("{}"));
        await _book.UntilAsync("persisted", 1);
        sink.TryEmit(Event("{}"));
        await _book.UntilAsync("persisted", 2);

        Assert.Equal([1700, 1701], logs.Ids);
        Assert.Equal([4, 5], EventsFile.Sequences(Path.Combine(parent, "events.jsonl")));
        Assert.Equal(5, _book["persisted"] + _book.DroppedInAll);
    }

    [Fact]
    public async Task File_that_is_taken_away_is_made_anew()
    {
        await using var sink = Sink(options => options with { FlushEvery = TimeSpan.FromMilliseconds(5) });
        sink.TryEmit(Event("{}"));
        await _book.UntilAsync("persisted", 1);
        File.Delete(EventsPath);
        sink.TryEmit(Event("{}"));
        await _book.UntilAsync("persisted", 2);
        Assert.Equal([2], EventsFile.Sequences(EventsPath));
    }

    [Fact]
    public async Task Half_a_line_of_an_earlier_run_does_not_swallow_the_next_event()
    {
        await File.WriteAllTextAsync(EventsPath, "{\"specversion\":\"1.0\"}\n{\"specver", TestContext.Current.CancellationToken);
        await using (var sink = Sink())
            sink.TryEmit(Event("{}"));
        Assert.Equal(2, EventsFile.Read(EventsPath, out var torn).Count);
        Assert.Equal(1, torn);
    }

    [Fact]
    public async Task Book_balances_with_many_producers()
    {
        await using (var sink = Sink(options => options with { Queue = 8, FlushEvery = TimeSpan.FromMilliseconds(1) }))
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(producer => Task.Run(() =>
            {
                for (var i = 0; i < 2000; i++)
                    sink.TryEmit(Event("{}") with { Type = $"t{producer}" });
            })));
        }

        Assert.Equal(8000, _book["accepted"]);
        Assert.Equal(8000, _book["persisted"] + _book["dropped queue_full"]);
        Assert.Equal(_book["persisted"], Enumerable.Range(0, 4).Sum(producer => _book[$"persisted t{producer}"]));
        var sequences = EventsFile.Sequences(EventsPath);
        Assert.Equal(_book["persisted"], sequences.Count);
        Assert.Equal(sequences.Order().Distinct(), sequences);
    }

    private static SidecarEvent Event(string payload) => new("t", "s", Noon, 1, Encoding.UTF8.GetBytes(payload));

    private JsonlOptions Options() => new() { Path = EventsPath, Source = "/pod/1" };

    private JsonlSink Sink(Func<JsonlOptions, JsonlOptions>? change = null, LogLines? logs = null) =>
        new(change?.Invoke(Options()) ?? Options(), _book, TimeProvider.System, (Microsoft.Extensions.Logging.ILoggerFactory?)logs ?? NullLoggerFactory.Instance);

    /// <summary>Holds the writer in its first call of Persisted until opened.</summary>
    private sealed class GatedBook(EventLedger inner) : IEventBook
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new();

        public Task Held => _held.Task;

        public void Open() => _open.TrySetResult();

        public void Accepted(string type) => inner.Accepted(type);

        public void Persisted(string type, int count)
        {
            inner.Persisted(type, count);
            _held.TrySetResult();
            _open.Task.GetAwaiter().GetResult();
        }

        public void PossiblyPersisted(string type) => inner.PossiblyPersisted(type);

        public void Dropped(string type, EventDropReason reason) => inner.Dropped(type, reason);
    }
}
