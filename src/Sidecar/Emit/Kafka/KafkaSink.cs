using System.Buffers;
using System.Threading.Channels;
using Sidecar.Emit.Spool;
using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Emit.Kafka;

/// <summary>
/// Sends events to Kafka as CloudEvents. Taking an event never waits. One thread writes events down, to the spool or into bounded memory; one sends what is written down, in order, and
/// keeps it until the broker has acknowledged it: brokers may be away for as long as there is room.
/// </summary>
/// <remarks>
/// Each stream (exchanges, reports, audit) has its own source, and numbers in it that rise without gaps but for what was dropped. After a crash, or a producer that could not go on, records
/// may come twice: consumers drop what has a source and id that they have seen.
/// </remarks>
public sealed partial class KafkaSink : IEventSink, IAsyncDisposable
{
    private static readonly TimeSpan FlushEvery = TimeSpan.FromMilliseconds(200);
    private const int MostAtOnce = 1024;
    private static readonly TimeSpan IdleFor = TimeSpan.FromMilliseconds(200);
    private readonly KafkaSettings _settings;
    private readonly IEventBook _book;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<Numbered> _queue;
    private readonly Lock _acceptance = new();
    private readonly TopicLane[] _lanes;
    private readonly long[] _sequences = new long[3];
    private readonly KafkaClient _client;
    private readonly DrainLimiter _limiter;
    private readonly AutoResetEvent _work = new(initialState: false);
    private readonly ArrayBufferWriter<byte> _envelope = new(4096);
    private readonly Task _writer;
    private readonly Thread _sender;
    private readonly ITimer _sync;
    private long _pending;
    private bool _stopping;
    private Task? _stopped;
    private volatile bool _ended;
    private int _turn;
    private readonly Lock _disk = new();
    private bool _isUnwritable;
    private long _refusals;
    private volatile bool _hasWritten;
    private int _isSyncing;

    /// <summary>Opens the logs and starts the threads. A folder that can't be used is said, and memory takes its place.</summary>
    public KafkaSink(KafkaSettings settings, IEventBook book, TimeProvider time, ILoggerFactory logs)
    {
        (_settings, _book, _time) = (settings, book, time);
        _log = logs.CreateLogger<KafkaSink>();
        _client = new KafkaClient(settings, time, _log);
        _limiter = new DrainLimiter(settings.DrainRate, time);
        _lanes =
        [
            Lane(settings.ExchangesTopic, "exchanges", 8),
            Lane(settings.ReportsTopic, "reports", 1),
            Lane(settings.AuditTopic, "audit", 1),
        ];
        _queue = Channel.CreateBounded<Numbered>(new BoundedChannelOptions(settings.Queue) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        _writer = Task.Run(WriteAsync);
        _sender = new Thread(Send) { Name = "kafka", IsBackground = true };
        _sender.Start();
        _sync = time.CreateTimer(_ => Sync(), null, settings.SyncEvery, settings.SyncEvery);
    }

    /// <inheritdoc/>
    public long Pending => Interlocked.Read(ref _pending);

    /// <summary>Why nothing gets through; null when nothing is known to be wrong.</summary>
    public string? Trouble => _client.Trouble;

    /// <summary>What waits, by topic: records, bytes, and records with the broker.</summary>
    public IEnumerable<(string Topic, long Records, long Bytes, int InFlight)> Waiting => _lanes.Select(static lane => (lane.Topic, lane.Events.Records, lane.Events.Bytes, lane.InFlight));

    /// <inheritdoc/>
    public bool TryEmit(in SidecarEvent item)
    {
        bool taken;
        bool stopping;
        var stream = (int)EventTypes.StreamOf(item.Type);
        // The lock makes the order in the queue the order of the numbers.
        lock (_acceptance)
        {
            _book.Accepted(item.Type);
            Interlocked.Increment(ref _pending);
            taken = _queue.Writer.TryWrite(new Numbered(item, ++_sequences[stream]));
            stopping = _stopping;
        }

        if (!taken)
            Drop(item.Type, stopping ? EventDropReason.Shutdown : EventDropReason.QueueFull);
        else
            _limiter.CameIn();
        return taken;
    }

    /// <inheritdoc/>
    public Task StopAsync(TimeSpan deadline)
    {
        lock (_acceptance)
        {
            _stopping = true;
            _queue.Writer.TryComplete();
            return _stopped ??= EndAsync(deadline);
        }
    }

    /// <summary>As <see cref="StopAsync"/> with five seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        _work.Dispose();
    }

    private async Task EndAsync(TimeSpan deadline)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // not under the lock
        var started = _time.GetTimestamp();
        try
        {
            await _writer.WaitAsync(deadline, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            while (_queue.Reader.TryRead(out var left))
                Drop(left.Event.Type, EventDropReason.Shutdown);
        }

        while (!Array.TrueForAll(_lanes, static lane => lane.IsIdle) && _time.GetElapsedTime(started) < deadline)
        {
            _work.Set();
            await Task.Delay(TimeSpan.FromMilliseconds(10), _time, CancellationToken.None).ConfigureAwait(false);
        }

        _ended = true;
        _work.Set();
        await Task.Run(_sender.Join).ConfigureAwait(false);
        await _sync.DisposeAsync().ConfigureAwait(false);
        foreach (var lane in _lanes)
            lane.End();
        _client.Dispose();
        foreach (var lane in _lanes)
            lane.Dispose();
    }

    private TopicLane Lane(string topic, string stream, int share) =>
        new(topic, $"{_settings.Source}/{stream}", Open(topic, share), _client, _book, _time, () => Interlocked.Decrement(ref _pending), () => _work.Set());

    private IEventLog Open(string topic, int share)
    {
        if (_settings.SpoolDirectory is { } folder)
        {
            try
            {
                return new SpoolLog(
                    new SpoolOptions
                    {
                        Directory = Path.Combine(folder, topic),
                        LimitBytes = _settings.SpoolLimit * share / 10,
                        Full = _settings.DropNewest ? SpoolFullPolicy.DropNewest : SpoolFullPolicy.DropOldest,
                    },
                    complaint => Log.Spool(_log, complaint));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                Log.NoSpool(_log, topic, e.Message);
            }
        }

        return new MemoryLog(_settings.Memory * share / 10, _settings.DropNewest);
    }

    private async Task WriteAsync()
    {
        using var timer = new PeriodicTimer(FlushEvery, _time);
        var reader = _queue.Reader;
        var tick = timer.WaitForNextTickAsync().AsTask();
        Task<bool>? more = null;
        while (true)
        {
            more ??= reader.WaitToReadAsync().AsTask();
            await Task.WhenAny(more, tick).ConfigureAwait(false);
            if (more.IsCompleted)
            {
                if (!await more.ConfigureAwait(false))
                    break;
                more = null;
                // Bounded, so that quiet topics are flushed in time when the queue never empties.
                for (var written = 0; written < MostAtOnce && reader.TryRead(out var next); written++)
                    Append(next);
                _work.Set();
            }

            if (tick.IsCompleted)
            {
                Flush(static log => log.Flush());
                tick = timer.WaitForNextTickAsync().AsTask();
            }
        }

        Flush(static log => log.Flush());
    }

    private void Append(in Numbered next)
    {
        var item = next.Event;
        var lane = _lanes[(int)EventTypes.StreamOf(item.Type)];
        var payload = item.Payload;
        if (payload.Length > _settings.MaxEvent)
            payload = PayloadLimit.Cut(payload, _settings.MaxEvent);
        if (payload.Length == 0 && item.Payload.Length > 0)
        {
            Drop(item.Type, EventDropReason.TooLarge);
            return;
        }

        try
        {
            EventEnvelope.Write(_envelope, item, lane.Source, next.Sequence, payload.Span, payload.Length != item.Payload.Length);
            if (lane.TryAppend(_envelope.WrittenSpan, item.Type, _time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000))
                _hasWritten = true;
            else
                Drop(item.Type, EventDropReason.SpoolFull);
        }
        catch (IOException e)
        {
            Drop(item.Type, EventDropReason.IoError);
            Refused(e);
        }
        catch (ArgumentException)
        {
            Drop(item.Type, EventDropReason.TooLarge);
        }
        catch (ObjectDisposedException)
        {
            Drop(item.Type, EventDropReason.Shutdown); // the deadline came while it waited for the disk
        }
    }

    private bool Flush(Action<IEventLog> flush)
    {
        var isDone = true;
        foreach (var lane in _lanes)
        {
            try
            {
                flush(lane.Events);
            }
            catch (IOException e)
            {
                Refused(e); // nothing is lost by it yet: it is tried again
                isDone = false;
            }
            catch (ObjectDisposedException)
            {
                // The end has come.
                return false;
            }
        }

        return isDone;
    }

    private void Sync()
    {
        // A disk that hangs must not hold a thread of the pool for each tick.
        if (Interlocked.Exchange(ref _isSyncing, 1) != 0)
            return;
        try
        {
            // An event that was only taken into the buffer shows nothing: what was refused must have reached the disk.
            long refusals;
            bool hasWritten;
            lock (_disk)
                (refusals, hasWritten) = (_refusals, _hasWritten);
            if (Flush(static log => log.Sync()) && hasWritten)
                Recovered(refusals);
        }
        finally
        {
            Volatile.Write(ref _isSyncing, 0);
        }
    }

    private void Send()
    {
        while (!_ended)
        {
            var sent = false;
            try
            {
                if (_client.IsSpent)
                {
                    foreach (var lane in _lanes)
                        lane.BeginAgain();
                    _client.Renew();
                }

                if (Array.Exists(_lanes, static lane => !lane.IsIdle) && _client.Producer is { } producer)
                {
                    // Another begins each time: a long backlog of one topic must not use up what all may send.
                    _turn = (_turn + 1) % _lanes.Length;
                    for (var i = 0; i < _lanes.Length; i++)
                        sent |= _lanes[(_turn + i) % _lanes.Length].Send(producer, _limiter);
                }
            }
            catch (Exception e)
            {
                // Whatever it is: the thread must live on, or nothing is sent any more. What was read and not sent comes again.
                _client.Complain(nameof(KafkaSink), e.Message);
                foreach (var lane in _lanes)
                    lane.BeginAgain();
                sent = false;
                _work.WaitOne(TimeSpan.FromSeconds(1));
            }

            if (!sent)
                _work.WaitOne(IdleFor);
        }
    }

    private void Refused(IOException e)
    {
        bool isNew;
        lock (_disk)
        {
            _hasWritten = false;
            _refusals++;
            (isNew, _isUnwritable) = (!_isUnwritable, true);
        }

        if (isNew)
            Log.Unwritable(_log, e.Message);
    }

    /// <summary>The disk works again, unless it has refused something since.</summary>
    private void Recovered(long refusals)
    {
        bool isNew;
        lock (_disk)
        {
            isNew = _isUnwritable && _refusals == refusals;
            _isUnwritable &= !isNew;
        }

        if (isNew)
            Log.Writable(_log);
    }

    private void Drop(string type, EventDropReason reason)
    {
        _book.Dropped(type, reason);
        Interlocked.Decrement(ref _pending);
    }

    private readonly record struct Numbered(SidecarEvent Event, long Sequence);

    private static partial class Log
    {
        [LoggerMessage(EventIds.SpoolDamaged, LogLevel.Warning, "{Complaint}")]
        public static partial void Spool(ILogger logger, string complaint);

        [LoggerMessage(EventIds.SpoolUnusable, LogLevel.Error, "events for {Topic} are kept in memory only, and are lost with the process: {Error}")]
        public static partial void NoSpool(ILogger logger, string topic, string error);

        [LoggerMessage(EventIds.SpoolUnwritable, LogLevel.Error, "events can't be written down: {Error} They are dropped and counted until it works again, and this is said once")]
        public static partial void Unwritable(ILogger logger, string error);

        [LoggerMessage(EventIds.SpoolWritable, LogLevel.Information, "events are written down again")]
        public static partial void Writable(ILogger logger);
    }
}
