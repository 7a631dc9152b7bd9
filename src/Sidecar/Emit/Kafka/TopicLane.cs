using Confluent.Kafka;
using Sidecar.Emit.Spool;
using Sidecar.Model;

namespace Sidecar.Emit.Kafka;

/// <summary>One topic: its log, and what of it is with the broker. Sent in order by one thread; answered on the client's.</summary>
internal sealed class TopicLane : IDisposable
{
    /// <summary>Records with the broker, at most.</summary>
    public const int MostInFlight = 4096;

    // Records sent in one go, so that other topics get their turn and the end is seen.
    private const int MostAtOnce = 1024;

    // Records of an earlier run that are followed one by one: more than a spool holds, and an end where a file claims an index from nowhere.
    private const long MostOld = 1 << 24;

    private readonly KafkaClient _client;
    private readonly IEventBook _book;
    private readonly TypesInOrder _types;
    private readonly DeliveryWindow _window = new();
    private readonly Action _settled;
    private readonly Action _wake;
    private readonly TimeProvider _time;
    private readonly long _oldBefore;
    private readonly long _followed;

    // An answer, and beginning again or ending, exclude each other: what is read again is settled before or not at all. Taken before the log's own locks.
    private readonly Lock _answering = new();
    private readonly Lock _appending = new();
    private SpoolRecord? _next;
    private bool _isAdmitted;
    private long _refusedAt;
    private TimeSpan _patience = TimeSpan.FromSeconds(1);
    private int _generation;
    private bool _saysDropped;
    private bool _isEnded;

    /// <param name="topic">Where its records go.</param>
    /// <param name="source">Who numbers them.</param>
    /// <param name="settled">Called for each event of this run that is persisted or dropped.</param>
    /// <param name="wake">Called when there is room for more with the broker.</param>
    public TopicLane(string topic, string source, IEventLog log, KafkaClient client, IEventBook book, TimeProvider time, Action settled, Action wake)
    {
        (Topic, Source, Events, _client, _book, _time, _settled, _wake) = (topic, source, log, client, book, time, settled, wake);
        _oldBefore = log.Next;
        _followed = Math.Max(log.First, log.Next - MostOld);
        _types = new TypesInOrder(_followed);
        for (var index = _followed; index < log.Next; index++)
            _types.Add(EventTypes.Recovered);
        for (var lost = Math.Min(log.FoundLost, MostOld); lost > 0; lost--)
        {
            _book.Accepted(EventTypes.Recovered);
            _book.Dropped(EventTypes.Recovered, EventDropReason.IoError);
        }

        log.Lost = Lose;
    }

    public string Topic { get; }

    /// <summary><c>/sidecar/namespace/pod/epoch/stream</c>.</summary>
    public string Source { get; }

    public IEventLog Events { get; }

    public int InFlight => _window.Waiting;

    /// <summary>All that was appended is answered for.</summary>
    public bool IsIdle => Events.Records == 0 && _window.Waiting == 0;

    /// <summary>Writes an event down; false when the log is full.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    public bool TryAppend(ReadOnlySpan<byte> envelope, string type, long unixNanos)
    {
        lock (_appending)
        {
            ObjectDisposedException.ThrowIf(_isEnded, this);
            // Before the log has it: it can be read, answered for and lost from then on.
            _types.Add(type);
            var appended = false;
            try
            {
                return appended = Events.TryAppend(envelope, unixNanos);
            }
            finally
            {
                if (!appended)
                    _types.RemoveLast();
            }
        }
    }

    /// <summary>Sends what may be sent.</summary>
    /// <param name="limiter">Bounds how fast a backlog is worked off.</param>
    /// <returns>True when something was sent.</returns>
    public bool Send(IProducer<byte[], byte[]> producer, DrainLimiter limiter)
    {
        if (_window.IsRefused && !TryBeginAgain())
            return false;
        for (var sent = 0; ; sent++)
        {
            if (sent == MostAtOnce || _window.Waiting >= MostInFlight || !TryPeek(out var record))
                return sent > 0;
            if (!_isAdmitted && !limiter.TryTake(record.UnixNanos))
                return sent > 0;
            _isAdmitted = true;
            if (!TryProduce(producer, record))
                return sent > 0;
            (_next, _isAdmitted) = (null, false);
        }
    }

    /// <summary>What was not answered for good is sent again.</summary>
    public void BeginAgain()
    {
        lock (_answering)
        {
            Volatile.Write(ref _generation, _generation + 1); // answers that still come find nobody
            _window.Clear();
            (_next, _isAdmitted) = (null, false);
            Events.Rewind();
        }
    }

    /// <summary>Ends: what is not kept beyond the process is lost, or possibly persisted where the broker may have it and did not answer.</summary>
    public void End()
    {
        lock (_appending)
            _isEnded = true;
        lock (_answering)
        {
            Volatile.Write(ref _generation, _generation + 1);
            var open = _window.Clear();
            if (Events.IsDurable)
                return;
            foreach (var flight in open)
            {
                if (flight.IsRefused || !_client.MayHaveSent || _types.Take(flight.Index) is not { } type)
                    continue;
                _book.PossiblyPersisted(type);
                _settled();
            }
        }

        Drop(0, long.MaxValue, EventDropReason.Shutdown);
    }

    public void Dispose() => Events.Dispose();

    private bool TryPeek(out SpoolRecord record)
    {
        record = default;
        try
        {
            if (_next is null && Events.TryRead(out var read))
                _next = read;
        }
        catch (IOException e)
        {
            _client.Complain(Topic, e.Message); // reading goes on at the same place
        }

        record = _next.GetValueOrDefault();
        return _next is not null;
    }

    private bool TryProduce(IProducer<byte[], byte[]> producer, SpoolRecord record)
    {
        var flight = _window.Depart(record.Index);
        if (record.Index >= _followed && !_types.Contains(record.Index))
        {
            // It was answered for before the window was cleared.
            Land(flight, null, "");
            return true;
        }

        if (EventEnvelope.TryRead(record.Body) is not { } envelope)
        {
            // Written by a later version, or damaged beyond what the checksum sees.
            Land(flight, EventDropReason.Serialization, EventTypes.Recovered);
            return true;
        }

        var generation = _generation;
        try
        {
            producer.Produce(Topic, new Message<byte[], byte[]> { Key = envelope.Key, Headers = envelope.Headers, Value = envelope.Value! },
                report => Answered(flight, report, generation, envelope.Type));
            return true;
        }
        catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
        {
            _window.Cancel(flight);
            return false;
        }
        catch (ProduceException<byte[], byte[]> e)
        {
            lock (_answering)
                Refused(flight, e.Error, isPossible: false, envelope.Type);
            return true;
        }
    }

    private void Answered(DeliveryWindow.Flight flight, DeliveryReport<byte[], byte[]> report, int generation, string type)
    {
        lock (_answering)
        {
            if (generation != _generation)
                return;
            if (report.Error.IsError)
            {
                Refused(flight, report.Error, report.Status == PersistenceStatus.PossiblyPersisted, type);
            }
            else
            {
                _client.Recovered(Topic);
                _patience = TimeSpan.FromSeconds(1);
                Land(flight, null, type);
            }
        }

        if (_window.Waiting is 0 or MostInFlight / 2)
            _wake();
    }

    private void Refused(DeliveryWindow.Flight flight, Error error, bool isPossible, string type)
    {
        switch (error.Code)
        {
            case ErrorCode.MsgSizeTooLarge:
                SayDropped("a record is larger than the topic takes (max.message.bytes); set events.kafka.maxEvent below it");
                Land(flight, EventDropReason.TooLarge, type);
                break;
            case ErrorCode.InvalidRecord or ErrorCode.PolicyViolation or ErrorCode.InvalidMsg:
                SayDropped(error.Reason);
                Land(flight, EventDropReason.Rejected, type);
                break;
            default:
                // A topic that isn't there yet, or that we may not write to: somebody must act, and until then records wait.
                _client.Complain(Topic, error.Reason);
                _refusedAt = _time.GetTimestamp();
                _window.Refuse(flight, isPossible);
                break;
        }
    }

    // Once only: the next record may be delivered, and the one behind it not.
    private void SayDropped(string problem)
    {
        if (!_saysDropped)
            _client.SayDropped(Topic, problem);
        _saysDropped = true;
    }

    private bool TryBeginAgain()
    {
        lock (_answering)
        {
            if (_window.Waiting > 0 || _time.GetElapsedTime(_refusedAt) < _patience)
                return false;
            _patience = TimeSpan.FromSeconds(Math.Min(30, _patience.TotalSeconds * 2));
            BeginAgain();
            return true;
        }
    }

    /// <param name="type">As its envelope says, which for a record of an earlier run nobody else knows.</param>
    private void Land(DeliveryWindow.Flight flight, EventDropReason? dropped, string type)
    {
        lock (_answering)
        {
            if ((flight.Index < _followed ? EventTypes.Recovered : _types.Take(flight.Index)) is { } known)
            {
                var isOld = flight.Index < _oldBefore;
                if (!isOld)
                    type = known;
                // What an earlier run wrote down was not accepted by this one yet: its book begins with what it finds.
                if (isOld)
                    _book.Accepted(type);
                if (dropped is { } reason)
                    _book.Dropped(type, reason);
                else
                    _book.Persisted(type, 1);
                if (!isOld)
                    _settled();
            }

            var next = _window.Land(flight);
            if (next < 0)
                return;
            _types.RemoveBelow(Math.Min(next, _oldBefore)); // gaps that the start found
            try
            {
                Events.Commit(next);
            }
            catch (IOException e)
            {
                _client.Complain(Topic, e.Message); // it counts all the same, and its files are tried again with the next
            }
        }
    }

    private void Lose(SpoolLoss loss) => Drop(loss.First, loss.Next, loss.ByLimit ? EventDropReason.SpoolFull : EventDropReason.IoError);

    private void Drop(long first, long next, EventDropReason reason)
    {
        foreach (var run in _types.Take(first, next))
        {
            for (var index = run.First; index < run.Next; index++)
            {
                if (index < _oldBefore)
                    _book.Accepted(run.Type);
                _book.Dropped(run.Type, reason);
                if (index >= _oldBefore)
                    _settled();
            }
        }
    }
}
