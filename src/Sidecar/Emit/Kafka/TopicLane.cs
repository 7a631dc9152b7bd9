using Confluent.Kafka;
using Sidecar.Model;

namespace Sidecar.Emit.Kafka;

/// <summary>One topic: its log, and what of it is with the broker. Sent in order by one thread; answered on the client's.</summary>
internal sealed class TopicLane : IDisposable
{
    /// <summary>Records with the broker, at most.</summary>
    public const int MostInFlight = 4096;

    private readonly KafkaClient _client;
    private readonly IEventBook _book;
    private readonly TypesInOrder _types = new();
    private readonly DeliveryWindow _window = new();
    private readonly Action _settled;
    private readonly TimeProvider _time;
    private Spool.SpoolRecord? _next;
    private long _oldBefore = -1;
    private long _unread;
    private long _refusedAt;
    private TimeSpan _patience = TimeSpan.FromSeconds(1);
    private int _generation;

    /// <param name="topic">Where its records go.</param>
    /// <param name="source">Who numbers them.</param>
    /// <param name="settled">Called for each event of this run that is persisted or dropped.</param>
    public TopicLane(string topic, string source, IEventLog log, KafkaClient client, IEventBook book, TimeProvider time, Action settled)
    {
        (Topic, Source, Events, _client, _book, _time, _settled) = (topic, source, log, client, book, time, settled);
        log.Lost = Lose;
    }

    public string Topic { get; }

    /// <summary><c>/sidecar/namespace/pod/epoch/stream</c>.</summary>
    public string Source { get; }

    public IEventLog Events { get; }

    public int InFlight => _window.Waiting;

    /// <summary>All that was appended is answered for.</summary>
    public bool IsIdle => Events.Records == 0;

    /// <summary>Writes an event down; false when the log is full.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public bool TryAppend(ReadOnlySpan<byte> envelope, string type, long unixNanos)
    {
        if (!Events.TryAppend(envelope, unixNanos, out var index))
            return false;
        Interlocked.CompareExchange(ref _oldBefore, index, -1);
        _types.Add(index, type);
        return true;
    }

    /// <summary>Sends what may be sent.</summary>
    /// <param name="limiter">Bounds how fast a backlog is worked off.</param>
    /// <returns>True when something was sent.</returns>
    public bool Send(IProducer<byte[], byte[]> producer, DrainLimiter limiter)
    {
        if (_window.IsRefused && !TryBeginAgain())
            return false;
        var sent = false;
        while (_window.Waiting < MostInFlight)
        {
            if (_next is null)
            {
                if (!Events.TryRead(out var read))
                    break;
                _next = read;
                _unread = read.Index + 1;
            }

            var record = _next.Value;
            if (!limiter.TryTake(record.UnixNanos))
                break;
            if (!TryProduce(producer, record))
                break;
            _next = null;
            sent = true;
        }

        return sent;
    }

    /// <summary>The producer is another: what the last one has not answered is sent again.</summary>
    public void BeginAgain()
    {
        Interlocked.Increment(ref _generation);
        _window.Clear();
        _next = null;
        _unread = 0; // what the log gave up meanwhile lies in front
        Events.Rewind();
    }

    /// <summary>Ends: what is not kept beyond the process is lost, or possibly persisted where the broker has it and did not answer.</summary>
    public void End()
    {
        Interlocked.Increment(ref _generation); // answers that still come find nobody
        var open = _window.Clear();
        if (Events.IsDurable)
            return;
        foreach (var flight in open)
        {
            _book.PossiblyPersisted(flight.Type);
            _settled();
        }

        Count(_types.Take(_unread, long.MaxValue), EventDropReason.Shutdown);
    }

    public void Dispose() => Events.Dispose();

    private bool TryProduce(IProducer<byte[], byte[]> producer, Spool.SpoolRecord record)
    {
        if (_window.HasLanded(record.Index))
        {
            Advance(_window.Land(_window.Depart(record.Index, "", isOld: true)));
            return true;
        }

        var isOld = Volatile.Read(ref _oldBefore) is var first && (first < 0 || record.Index < first);
        if (EventEnvelope.TryRead(record.Body) is not { } envelope)
        {
            // Written by a later version, or damaged beyond what the checksum sees.
            Land(_window.Depart(record.Index, EventTypes.Recovered, isOld), EventDropReason.Serialization);
            return true;
        }

        var flight = _window.Depart(record.Index, envelope.Type, isOld);
        var generation = _generation;
        try
        {
            producer.Produce(Topic, new Message<byte[], byte[]> { Key = envelope.Key, Headers = envelope.Headers, Value = envelope.Value },
                report => Answered(flight, report, generation));
            return true;
        }
        catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
        {
            _window.Cancel(flight);
            return false;
        }
        catch (ProduceException<byte[], byte[]> e)
        {
            Refused(flight, e.Error);
            return true;
        }
    }

    private void Answered(DeliveryWindow.Flight flight, DeliveryReport<byte[], byte[]> report, int generation)
    {
        if (generation != Volatile.Read(ref _generation))
            return;
        if (report.Error.IsError)
        {
            Refused(flight, report.Error);
            return;
        }

        _client.Recovered();
        _patience = TimeSpan.FromSeconds(1);
        Land(flight, null);
    }

    private void Refused(DeliveryWindow.Flight flight, Error error)
    {
        switch (error.Code)
        {
            case ErrorCode.MsgSizeTooLarge:
                _client.Complain($"{Topic}: a record is larger than the topic takes (max.message.bytes); set events.kafka.maxEvent below it");
                Land(flight, EventDropReason.TooLarge);
                break;
            case ErrorCode.InvalidRecord or ErrorCode.PolicyViolation or ErrorCode.InvalidMsg:
                _client.Complain($"{Topic}: {error.Reason}");
                Land(flight, EventDropReason.Rejected);
                break;
            default:
                // A topic that isn't there yet, or that we may not write to: somebody must act, and until then records wait.
                _client.Complain($"{Topic}: {error.Reason}");
                Interlocked.Exchange(ref _refusedAt, _time.GetTimestamp());
                _window.Refuse();
                break;
        }
    }

    private bool TryBeginAgain()
    {
        if (_window.Waiting > 0 || _time.GetElapsedTime(Interlocked.Read(ref _refusedAt)) < _patience)
            return false;
        _patience = TimeSpan.FromSeconds(Math.Min(30, _patience.TotalSeconds * 2));
        BeginAgain();
        return true;
    }

    private void Land(DeliveryWindow.Flight flight, EventDropReason? dropped)
    {
        // What an earlier run wrote down was not accepted by this one yet: its book begins with what it finds.
        if (flight.IsOld)
            _book.Accepted(flight.Type);
        if (dropped is { } reason)
            _book.Dropped(flight.Type, reason);
        else
            _book.Persisted(flight.Type, 1);
        if (!flight.IsOld)
            _settled();
        Advance(_window.Land(flight));
    }

    private void Advance(long next)
    {
        if (next < 0)
            return;
        _types.RemoveBelow(next);
        try
        {
            Events.Commit(next);
        }
        catch (IOException e)
        {
            _client.Complain(e.Message); // it counts all the same, and its files are tried again with the next
        }
    }

    /// <summary>Records gave way: those that were not read yet, or, when it begins again, those in front.</summary>
    private void Lose(long count)
    {
        var taken = _types.Take(_unread, count);
        for (var old = count - Count(taken, EventDropReason.SpoolFull); old > 0; old--)
        {
            _book.Accepted(EventTypes.Recovered);
            _book.Dropped(EventTypes.Recovered, EventDropReason.SpoolFull);
        }
    }

    private long Count(List<TypesInOrder.Run> lost, EventDropReason reason)
    {
        var count = 0L;
        foreach (var run in lost)
        {
            for (var index = run.First; index < run.Next; index++, count++)
            {
                if (_window.HasLanded(index))
                    continue;
                _book.Dropped(run.Type, reason);
                _settled();
            }
        }

        return count;
    }
}
