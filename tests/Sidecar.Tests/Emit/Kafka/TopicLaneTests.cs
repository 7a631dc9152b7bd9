using Confluent.Kafka;
using Sidecar.Emit;
using Sidecar.Emit.Kafka;
using Sidecar.Emit.Spool;
using Sidecar.Testing;

namespace Sidecar.Tests.Emit.Kafka;

public sealed class TopicLaneTests : IDisposable
{
    private readonly SpoolFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Record_that_is_answered_for_before_the_append_returns_is_counted_once()
    {
        using var bench = new LaneBench(new Hooked(new MemoryLog(1 << 20, dropNewest: false)));
        ((Hooked)bench.Lane.Events).Appended = () =>
        {
            bench.Send();
            bench.Producer.AnswerAll();
        };
        bench.Emit("a", 3);
        Assert.Equal((3, 3), (bench.Count("a", "accepted"), bench.Count("a", "persisted")));
        bench.AssertBalanced();
    }

    [Fact]
    public void Memory_that_gives_way_under_records_with_the_broker_counts_each_once()
    {
        using var bench = new LaneBench(new MemoryLog(8 * 1024, dropNewest: false));
        bench.Emit("a", 10);
        bench.Send();
        bench.Emit("b", 1000); // the ten give way, and many behind them
        Assert.Equal(0, bench.Count("a", "dropped", "spool_full"));
        var dropped = bench.Count("b", "dropped", "spool_full");
        Assert.InRange(dropped, 900, 999);
        bench.Deliver();
        Assert.Equal((10, 1000 - dropped), (bench.Count("a", "persisted"), bench.Count("b", "persisted")));
        bench.AssertBalanced();
    }

    [Fact]
    public void Memory_that_gave_way_under_records_that_must_be_sent_again_loses_them_and_only_them()
    {
        using var bench = new LaneBench(new MemoryLog(8 * 1024, dropNewest: false));
        bench.Emit("a", 10);
        bench.Send();
        bench.Producer.Answer(4);
        bench.Emit("b", 1000);
        bench.Lane.BeginAgain();
        Assert.Equal((1, 9), (bench.Count("a", "persisted"), bench.Count("a", "dropped", "spool_full")));
        bench.Producer.AnswerAll(); // too late, for another producer
        bench.Deliver();
        Assert.Equal((1, 9), (bench.Count("a", "persisted"), bench.Count("a", "dropped", "spool_full")));
        bench.AssertBalanced();
    }

    [Fact]
    public void Records_of_an_earlier_run_that_give_way_are_not_counted_as_those_of_this_one()
    {
        using (var earlier = new LaneBench(LaneBench.Spool(_folder.Path, 64 * 1024)))
        {
            earlier.Emit("a", 120);
            earlier.AssertBalanced(pending: 120);
        }

        using var bench = new LaneBench(LaneBench.Spool(_folder.Path, 64 * 1024));
        bench.Emit("b", 150);
        var lost = bench.Count(EventTypes.Recovered, "dropped", "spool_full");
        Assert.InRange(lost, 1, 120);
        Assert.Equal(0, bench.Count("b", "dropped", "spool_full"));
        bench.AssertBalanced(pending: 150);
        bench.Deliver();
        Assert.Equal((120 - lost, 150), (bench.Count("a", "persisted"), bench.Count("b", "persisted")));
        bench.AssertBalanced();
    }

    [Fact]
    public void Records_of_an_earlier_run_in_flight_whose_segment_gives_way_are_lost_when_they_must_be_sent_again()
    {
        using (var earlier = new LaneBench(LaneBench.Spool(_folder.Path, 64 * 1024)))
            earlier.Emit("a", 100);
        using var bench = new LaneBench(LaneBench.Spool(_folder.Path, 64 * 1024));
        bench.Send();
        Assert.Equal(100, bench.Producer.Waiting);
        bench.Producer.Answer(7); // persisted ahead of the others
        bench.Emit("b", 220);
        bench.Lane.BeginAgain();
        var lost = bench.Count(EventTypes.Recovered, "dropped", "spool_full");
        Assert.InRange(lost, 1, 99);
        bench.Deliver();
        Assert.Equal(100, lost + bench.Count("a", "persisted"));
        Assert.Equal(220, bench.Count("b", "persisted") + bench.Count("b", "dropped", "spool_full"));
        bench.AssertBalanced();
    }

    [Fact]
    public void Records_found_lost_at_the_start_are_counted()
    {
        using (var earlier = new LaneBench(LaneBench.Spool(_folder.Path, 64 * 1024)))
            earlier.Emit("a", 150);
        var records = new SpoolReader(_folder.Path).Read().Count();
        File.Delete(_folder.Segments[1]);
        var left = new SpoolReader(_folder.Path).Read().Count();
        using var bench = new LaneBench(LaneBench.Spool(_folder.Path, 64 * 1024));
        Assert.Equal(records - left, bench.Count(EventTypes.Recovered, "dropped", "io_error"));
        bench.Emit("b", 5);
        bench.Deliver();
        Assert.Equal((left, 5), (bench.Count("a", "persisted"), bench.Count("b", "persisted")));
        bench.AssertBalanced();
    }

    [Fact]
    public void Segment_from_nowhere_costs_neither_time_nor_memory()
    {
        using (var earlier = new LaneBench(LaneBench.Spool(_folder.Path)))
            earlier.Emit("a", 3);
        File.WriteAllBytes(Path.Combine(_folder.Path, "07000000000000000000.seg"), [.. "SCSP"u8, 1, 0, 0, 0]);
        using var bench = new LaneBench(LaneBench.Spool(_folder.Path));
        bench.Emit("b", 3);
        bench.Deliver();
        Assert.Equal((3, 3), (bench.Count("a", "persisted"), bench.Count("b", "persisted")));
        bench.AssertBalanced();
    }

    [Fact]
    public void Record_that_the_limit_holds_back_at_the_end_is_counted()
    {
        using var bench = new LaneBench(new MemoryLog(1 << 20, dropNewest: false), drainRate: 2);
        for (var i = 0; i < 5; i++)
            bench.Emit("a", TimeSpan.FromMinutes(1));
        Assert.True(bench.Send());
        Assert.False(bench.Send());
        Assert.Equal(2, bench.Producer.Waiting);
        bench.Lane.End();
        Assert.Equal((2, 3), (bench.Count("a", "possibly_persisted"), bench.Count("a", "dropped", "shutdown")));
        bench.AssertBalanced();
        Assert.Throws<ObjectDisposedException>(() => bench.Emit("late", 1));
    }

    [Fact]
    public void Full_client_costs_a_held_back_record_no_second_turn()
    {
        using var bench = new LaneBench(new MemoryLog(1 << 20, dropNewest: false), drainRate: 2);
        for (var i = 0; i < 2; i++)
            bench.Emit("a", TimeSpan.FromMinutes(1));
        bench.Producer.IsFull = true;
        for (var i = 0; i < 10; i++)
            Assert.False(bench.Send());
        bench.Producer.IsFull = false;
        bench.Send();
        Assert.Equal(2, bench.Producer.Waiting);
    }

    [Fact]
    public void What_no_broker_can_have_is_lost_at_the_end_and_not_possibly_there()
    {
        using var bench = new LaneBench(new MemoryLog(1 << 20, dropNewest: false));
        bench.Emit("a", 5);
        bench.Send();
        bench.Client.Hear(new Error(ErrorCode.Local_AllBrokersDown));
        bench.Lane.End();
        Assert.Equal((0, 5), (bench.Count("a", "possibly_persisted"), bench.Count("a", "dropped", "shutdown")));
    }

    [Fact]
    public void What_was_refused_is_lost_at_the_end_and_what_had_no_answer_possibly_there()
    {
        using var bench = new LaneBench(new MemoryLog(1 << 20, dropNewest: false));
        bench.Emit("a", 5);
        bench.Send();
        bench.Producer.Answer(0, ErrorCode.TopicAuthorizationFailed);
        bench.Producer.Answer(0, ErrorCode.Local_MsgTimedOut, PersistenceStatus.PossiblyPersisted);
        bench.Producer.Answer(2);
        bench.Lane.End();
        Assert.Equal((1, 3, 1), (bench.Count("a", "persisted"), bench.Count("a", "possibly_persisted"), bench.Count("a", "dropped", "shutdown")));
        bench.AssertBalanced();
    }

    [Fact]
    public void Refused_topic_is_tried_again_with_patience_in_order_and_without_what_arrived()
    {
        using var bench = new LaneBench(LaneBench.Spool(_folder.Path));
        var delivered = new List<string>();
        bench.Producer.Delivered = message => delivered.Add(System.Text.Encoding.UTF8.GetString(message.Headers.GetLastBytes("ce_id")));
        bench.Emit("a", 4);
        bench.Send();
        bench.Producer.Answer(1); // another partition
        bench.Producer.Answer(0, ErrorCode.UnknownTopicOrPart);
        Assert.False(bench.Send()); // two have no answer
        bench.Producer.AnswerAll(ErrorCode.UnknownTopicOrPart);
        Assert.False(bench.Send()); // not yet
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(bench.Send());
        Assert.Equal(3, bench.Producer.Waiting);
        bench.Producer.AnswerAll(ErrorCode.UnknownTopicOrPart);
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(bench.Send()); // two seconds now
        bench.Time.Advance(TimeSpan.FromSeconds(1));
        bench.Deliver();
        Assert.Equal(["a 2", "a 1", "a 3", "a 4"], delivered);
        Assert.Equal([1730, 1731], bench.Logs.Ids);
        bench.AssertBalanced();
    }

    [Fact]
    public void Records_that_the_topic_does_not_take_are_dropped_and_said_once()
    {
        using var bench = new LaneBench(new MemoryLog(1 << 20, dropNewest: false));
        bench.Emit("a", 30);
        bench.Send();
        for (var i = 0; i < 10; i++)
        {
            bench.Producer.Answer(0, ErrorCode.MsgSizeTooLarge);
            bench.Producer.Answer(0, ErrorCode.InvalidRecord);
            bench.Producer.Answer();
        }

        Assert.Equal((10, 10, 10), (bench.Count("a", "persisted"), bench.Count("a", "dropped", "too_large"), bench.Count("a", "dropped", "rejected")));
        Assert.Equal([1732], bench.Logs.Ids);
        bench.AssertBalanced();
    }

    [Fact]
    public void Record_that_can_t_be_read_is_counted_as_the_type_that_was_accepted()
    {
        using var bench = new LaneBench(new MemoryLog(1 << 20, dropNewest: false));
        bench.Emit("a", 1);
        bench.Book.Accepted("a");
        bench.Lane.TryAppend("from nowhere"u8, "a", 0);
        bench.Send();
        bench.Producer.AnswerAll();
        Assert.Equal((1, 1), (bench.Count("a", "persisted"), bench.Count("a", "dropped", "serialization")));
    }

    [Fact]
    public void Disk_that_refuses_to_be_read_stops_the_topic_and_nothing_is_sent_twice()
    {
        using var bench = new LaneBench(new Hooked(new MemoryLog(1 << 20, dropNewest: false)));
        bench.Emit("a", 3);
        bench.Send();
        bench.Emit("a", 3);
        ((Hooked)bench.Lane.Events).ReadFault = new IOException("bad sector");
        Assert.False(bench.Send());
        Assert.Equal(3, bench.Producer.Waiting);
        ((Hooked)bench.Lane.Events).ReadFault = null;
        bench.Send();
        Assert.Equal(6, bench.Producer.Waiting);
        bench.Producer.AnswerAll();
        bench.AssertBalanced();
        Assert.Equal([1730, 1731], bench.Logs.Ids);
    }

    [Theory]
    [InlineData(1, false, false)]
    [InlineData(2, false, true)]
    [InlineData(3, true, false)]
    [InlineData(4, true, true)]
    [InlineData(5, true, false)]
    [InlineData(6, false, false)]
    public void Book_balances_whatever_happens(int seed, bool onDisk, bool dropNewest)
    {
        var random = new Random(seed);
        IEventLog Log() => onDisk ? LaneBench.Spool(_folder.Path, 16 * 1024, dropNewest) : new MemoryLog(8 * 1024, dropNewest);
        var emitted = 0L;
        var delivered = new HashSet<string>();
        var waits = 0L;
        for (var run = 0; run < 6; run++)
        {
            using var bench = new LaneBench(Log(), drainRate: 50);
            bench.Producer.Delivered = message => delivered.Add($"{seed}{System.Text.Encoding.UTF8.GetString(message.Value)}{System.Text.Encoding.UTF8.GetString(message.Headers.GetLastBytes("ce_id"))}");
            var old = bench.Lane.Events.Records;
            Assert.Equal(waits, old + bench.Lane.Events.FoundLost);
            for (var step = 0; step < 3000; step++)
            {
                switch (random.Next(100))
                {
                    case < 40:
                        bench.Emit(random.Next(2) == 0 ? "a" : "b", TimeSpan.FromSeconds(random.Next(20)));
                        emitted++;
                        break;
                    case < 60:
                        bench.Send();
                        break;
                    case < 90:
                        bench.Producer.Answer(random.Next(1 + Math.Min(20, bench.Producer.Waiting)));
                        break;
                    case < 93:
                        bench.Producer.Answer(0, (ErrorCode[])[ErrorCode.UnknownTopicOrPart, ErrorCode.MsgSizeTooLarge, ErrorCode.InvalidRecord] is var codes ? codes[random.Next(3)] : default);
                        break;
                    case 93:
                        bench.Producer.IsFull = !bench.Producer.IsFull;
                        break;
                    case 94 when random.Next(4) == 0:
                        bench.Lane.BeginAgain();
                        break;
                    case 95 when onDisk:
                        bench.Lane.Events.Sync();
                        break;
                    default:
                        bench.Time.Advance(TimeSpan.FromMilliseconds(random.Next(2000)));
                        break;
                }

                Assert.Equal(0, bench.Book.Imbalance(() => bench.Pending));
                Assert.True(bench.Pending >= 0);
            }

            bench.Producer.IsFull = false;
            if (run == 5)
                bench.Deliver();
            bench.Lane.End();
            bench.Lane.Dispose();
            Assert.Equal(0, bench.Book.Imbalance(() => bench.Pending));
            if (!onDisk || run == 5)
                bench.AssertBalanced();
            waits = onDisk ? Math.Max(0, new SpoolReader(_folder.Path) is var reader ? reader.Read(reader.Cursor ?? 0).LongCount() : 0) : 0;
        }

        Assert.NotEmpty(delivered);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Book_balances_with_everything_at_once(bool onDisk)
    {
        const int Count = 30_000;
        using var bench = new LaneBench(onDisk ? LaneBench.Spool(_folder.Path, 64 * 1024) : new MemoryLog(64 * 1024, dropNewest: false));
        using var end = new CancellationTokenSource();
        Task Loop(Action<Random> step, int seed) => OnThread.Run(() =>
        {
            var random = new Random(seed);
            while (!end.IsCancellationRequested)
                step(random);
        });
        var sender = Loop(
            random =>
            {
                if (random.Next(200) == 0)
                    bench.Lane.BeginAgain();
                if (!bench.Send())
                    Thread.Yield();
            },
            1);
        var broker = Loop(
            random =>
            {
                if (!bench.Producer.Answer(random.Next(1 + Math.Min(30, bench.Producer.Waiting))))
                    Thread.Yield();
            },
            2);
        var sync = Loop(
            _ =>
            {
                bench.Lane.Events.Sync();
                Thread.Yield();
            },
            3);
        await Task.Run(() =>
        {
            for (var i = 0; i < Count; i++)
                bench.Emit(i % 3 == 0 ? "a" : "b", 1);
        });
        await Waiting.UntilAsync(() => bench.Lane.IsIdle, "all is answered for");
        await end.CancelAsync();
        await Task.WhenAll(sender, broker, sync);
        bench.Lane.BeginAgain(); // what gave way in flight
        bench.AssertBalanced();
        Assert.Equal(Count, bench.Count("a", "accepted") + bench.Count("b", "accepted"));
        Assert.True(bench.Count("a", "persisted") > 0);
    }

    /// <summary>A log with a hand in it.</summary>
    private sealed class Hooked(IEventLog inner) : IEventLog
    {
        public Action? Appended { get; set; }

        public IOException? ReadFault { get; set; }

        public Action<SpoolLoss>? Lost
        {
            get => inner.Lost;
            set => inner.Lost = value;
        }

        public long Records => inner.Records;

        public long Bytes => inner.Bytes;

        public long First => inner.First;

        public long Next => inner.Next;

        public long FoundLost => inner.FoundLost;

        public bool IsDurable => inner.IsDurable;

        public bool TryAppend(ReadOnlySpan<byte> body, long unixNanos)
        {
            var appended = inner.TryAppend(body, unixNanos);
            Appended?.Invoke();
            return appended;
        }

        public bool TryRead(out SpoolRecord record) => ReadFault is { } fault ? throw fault : inner.TryRead(out record);

        public void Rewind() => inner.Rewind();

        public void Commit(long next) => inner.Commit(next);

        public void Flush() => inner.Flush();

        public void Sync() => inner.Sync();

        public void Dispose() => inner.Dispose();
    }
}
