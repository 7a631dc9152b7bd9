using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Accounting;
using Sidecar.Emit.Kafka;
using Sidecar.Emit.Spool;
using Sidecar.Model;

namespace Sidecar.Tests.Emit.Kafka;

/// <summary>One topic with its log, its book, and a producer that the test answers for.</summary>
internal sealed class LaneBench : IDisposable
{
    private readonly ArrayBufferWriter<byte> _envelope = new();
    private long _pending;
    private long _sequence;

    public LaneBench(IEventLog log, int drainRate = 1000)
    {
        Client = new KafkaClient(new KafkaSettings { Brokers = "nowhere:1", Source = "/s" }, Time, Logs);
        Limiter = new DrainLimiter(drainRate, Time);
        Lane = new TopicLane("t", "/s/t", log, Client, Book, Time, () => Interlocked.Decrement(ref _pending), static () => { });
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public LogLines Logs { get; } = new();

    public EventBook Book { get; } = new();

    public KafkaClient Client { get; }

    public DrainLimiter Limiter { get; }

    public TopicLane Lane { get; }

    public StandInProducer Producer { get; } = StandInProducer.Make();

    public long Pending => Interlocked.Read(ref _pending);

    public static SpoolLog Spool(string path, long limit = 1 << 20, bool dropNewest = false) =>
        new(new SpoolOptions { Directory = path, LimitBytes = limit, Full = dropNewest ? SpoolFullPolicy.DropNewest : SpoolFullPolicy.DropOldest }, static _ => { });

    /// <summary>As the sink does it.</summary>
    public void Emit(string type, TimeSpan age = default)
    {
        Book.Accepted(type);
        Interlocked.Increment(ref _pending);
        var item = new SidecarEvent(type, "", Time.GetUtcNow(), 1, "{}"u8.ToArray()) { Id = $"{type} {_sequence + 1}" };
        EventEnvelope.Write(_envelope, item, Lane.Source, ++_sequence, item.Payload.Span, truncated: false);
        if (Lane.TryAppend(_envelope.WrittenSpan, type, (Time.GetUtcNow() - age).ToUnixTimeMilliseconds() * 1_000_000))
            return;
        Book.Dropped(type, EventDropReason.SpoolFull);
        Interlocked.Decrement(ref _pending);
    }

    public void Emit(string type, int count)
    {
        for (var i = 0; i < count; i++)
            Emit(type);
    }

    public bool Send() => Lane.Send(Producer.Producer, Limiter);

    /// <summary>Sends and has everything acknowledged, until nothing is left.</summary>
    public void Deliver()
    {
        while (!Lane.IsIdle)
        {
            Send();
            Producer.AnswerAll();
            Time.Advance(TimeSpan.FromSeconds(31)); // whatever was refused may be tried again
        }
    }

    public long Count(string type, string stage, string reason = "") => Book.Terms().Where(term => term.Type == type && term.Stage == stage && term.Reason == reason).Sum(term => term.Count);

    /// <summary>Of each type everything that was accepted is settled, but for what waits.</summary>
    public void AssertBalanced(long pending = 0)
    {
        Assert.Equal(pending, Pending);
        Assert.Equal(0, Book.Imbalance(() => Pending));
        if (pending > 0)
            return;
        foreach (var type in Book.Terms().GroupBy(term => term.Type))
        {
            var accepted = type.Where(term => term.Stage == "accepted").Sum(term => term.Count);
            Assert.Equal((type.Key, accepted), (type.Key, type.Where(term => term.Stage != "accepted").Sum(term => term.Count)));
        }
    }

    public void Dispose()
    {
        Lane.End();
        Client.Dispose();
        Lane.Dispose();
    }
}
