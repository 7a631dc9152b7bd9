using System.Buffers;
using System.Threading.Channels;
using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Emit.Jsonl;

/// <summary>
/// Writes events to a rotating file of CloudEvents, one a line. Taking an event never waits: it goes into a bounded queue or is dropped and counted.
/// One writer task empties the queue and gives lines to the operating system at least every <see cref="JsonlOptions.FlushEvery"/>; a disk that
/// refuses them costs those events, which are counted, and one message until it recovers.
/// </summary>
/// <remarks>
/// Sequence numbers are given when an event is accepted, so they rise without gaps in the files unless an event was dropped, and a gap is
/// exactly as long as what was dropped there.
/// </remarks>
public sealed partial class JsonlSink : IEventSink, IAsyncDisposable
{
    // One write holds at most this much, or one larger line.
    private const int BatchBytes = 64 * 1024;

    private readonly JsonlOptions _options;
    private readonly IEventBook _book;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Channel<Numbered> _queue;
    private readonly Lock _acceptance = new();
    private readonly RotatingFile _file;
    private readonly ArrayBufferWriter<byte> _line = new(4096);
    private readonly ArrayBufferWriter<byte> _batch = new(BatchBytes);
    private readonly List<string> _batchTypes = [];
    private readonly Task _writer;
    private long _sequence;
    private long _pending;
    private bool _stopping;
    private bool _unwritable;

    /// <summary>Starts the writer; the file is opened with the first event.</summary>
    public JsonlSink(JsonlOptions options, IEventBook book, TimeProvider time, ILoggerFactory logs)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Files, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBytes, 1);
        _options = options;
        _book = book;
        _time = time;
        _log = logs.CreateLogger<JsonlSink>();
        _file = new RotatingFile(options.Path, options.MaxBytes, options.Files);
        // Wait + TryWrite: false means that the event was not taken. With the Drop modes TryWrite says true for an event that is gone.
        _queue = Channel.CreateBounded<Numbered>(new BoundedChannelOptions(options.Queue) { FullMode = BoundedChannelFullMode.Wait });
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Events taken and neither persisted nor dropped yet; counted on its own, so that the book can be balanced against it.</summary>
    public long Pending => Interlocked.Read(ref _pending);

    /// <summary>Takes an event, or drops it with its reason in the book. Never waits; from any thread.</summary>
    /// <returns>False when it was dropped at once.</returns>
    public bool TryEmit(in SidecarEvent item)
    {
        bool taken;
        bool stopping;
        // The lock makes the order in the queue the order of the numbers.
        lock (_acceptance)
        {
            _book.Accepted(item.Type);
            Interlocked.Increment(ref _pending);
            taken = _queue.Writer.TryWrite(new Numbered(item, ++_sequence));
            stopping = _stopping;
        }

        if (!taken)
            Drop(item.Type, stopping ? EventDropReason.Shutdown : EventDropReason.QueueFull);
        return taken;
    }

    /// <summary>Takes no more events, writes those that wait, and counts as dropped what still waits at the deadline.</summary>
    public async Task StopAsync(TimeSpan deadline)
    {
        lock (_acceptance)
            _stopping = true;
        _queue.Writer.TryComplete();
        try
        {
            await _writer.WaitAsync(deadline, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            while (_queue.Reader.TryRead(out var left))
                Drop(left.Event.Type, EventDropReason.Shutdown);
        }
    }

    /// <summary>As <see cref="StopAsync"/> with five seconds.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(false);

    private async Task WriteAsync()
    {
        using var timer = new PeriodicTimer(_options.FlushEvery, _time);
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
                while (reader.TryRead(out var next))
                    Append(next);
            }

            if (tick.IsCompleted)
            {
                Flush();
                tick = timer.WaitForNextTickAsync().AsTask();
            }
        }

        Flush();
        _file.Dispose();
    }

    private void Append(in Numbered next)
    {
        if (!CloudEventJson.TryWrite(_line, next.Event, _options.Source, next.Sequence))
        {
            Drop(next.Event.Type, EventDropReason.Serialization);
            return;
        }

        if (_line.WrittenCount > _options.MaxBytes)
        {
            Drop(next.Event.Type, EventDropReason.TooLarge);
            return;
        }

        var together = _batch.WrittenCount + _line.WrittenCount;
        if (_batch.WrittenCount > 0 && (together > BatchBytes || !_file.HasRoom(together)))
            Flush();
        _batch.Write(_line.WrittenSpan);
        _batchTypes.Add(next.Event.Type);
    }

    private void Flush()
    {
        if (_batchTypes.Count == 0)
            return;
        try
        {
            _file.Append(_batch.WrittenSpan);
            Persist();
            if (_unwritable)
            {
                _unwritable = false;
                Log.Recovered(_log, _options.Path);
            }
        }
        catch (Exception e)
        {
            // Whatever it is: the writer must live on, or the queue fills up for good.
            foreach (var type in _batchTypes)
                Drop(type, EventDropReason.IoError);
            if (!_unwritable)
            {
                _unwritable = true;
                Log.Unwritable(_log, _options.Path, e.Message);
            }
        }
        finally
        {
            _batch.ResetWrittenCount();
            _batchTypes.Clear();
        }
    }

    private void Persist()
    {
        foreach (var group in _batchTypes.CountBy(static type => type))
            _book.Persisted(group.Key, group.Value);
        Interlocked.Add(ref _pending, -_batchTypes.Count);
    }

    private void Drop(string type, EventDropReason reason)
    {
        _book.Dropped(type, reason);
        Interlocked.Decrement(ref _pending);
    }

    private readonly record struct Numbered(SidecarEvent Event, long Sequence);

    private static partial class Log
    {
        [LoggerMessage(EventIds.JsonlUnwritable, LogLevel.Error,
            "events can't be written to {Path}: {Error}; they are dropped and counted until it works again, and this is said once")]
        public static partial void Unwritable(ILogger logger, string path, string error);

        [LoggerMessage(EventIds.JsonlRecovered, LogLevel.Information, "events are written to {Path} again")]
        public static partial void Recovered(ILogger logger, string path);
    }
}
