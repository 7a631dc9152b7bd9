using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Sidecar.Emit.Spool;

/// <summary>
/// A bounded queue of records on disk that outlives the process. One thread appends, one reads and commits, and any may sync; all may do so at once.
/// What a disk refuses is an <see cref="IOException"/> that names the file, and the call can be made again; what the disk holds that can't be read is told,
/// counted and skipped. README.md says what is kept when.
/// </summary>
public sealed partial class Spool : IDisposable
{
    /// <summary>A longer record is refused.</summary>
    public const int MaxBodyBytes = RecordFormat.MaxBodyBytes;

    private const int BufferBytes = 64 * 1024;

    // Handles that wait for a sync; an owner that never syncs must not run out of them.
    private const int MaxUnsynced = 32;

    private readonly string _directory;
    private readonly long _limit;
    private readonly long _segmentBytes;
    private readonly SpoolFullPolicy _full;
    private readonly Action<string> _complain;
    private readonly SafeFileHandle _lockFile;

    // Taken in this order. Only the last guards memory and is never held while the disk is waited for, except at the rare MaxUnsynced.
    private readonly Lock _syncing = new();
    private readonly Lock _savingCursor = new();
    private readonly Lock _gate = new();

    private readonly List<Segment> _segments;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly ConcurrentQueue<string> _complaints = new();
    private Segment? _tail;
    private int _buffered;
    private long _next;
    private long _committed;
    private long _savedCursor = -1;
    private long _bytes;
    private long _lost;
    private readonly List<SpoolLoss> _lossesUntold = [];
    private bool _namesDirty = true;
    private bool _disposed;

    private Spool(SpoolOptions options, SafeFileHandle lockFile, SpoolRecovery found, Action<string> complain)
    {
        _directory = options.Directory;
        _limit = options.LimitBytes;
        _segmentBytes = Math.Min(options.SegmentBytes, options.LimitBytes / 4);
        _full = options.Full;
        _complain = complain;
        _lockFile = lockFile;
        _segments = found.Segments;
        _next = found.Next;
        _committed = found.Committed;
        _readIndex = found.Committed;
        _lost = found.Lost;
        for (var i = 0; i < _segments.Count; i++)
        {
            _bytes += _segments[i].FileBytes;
            // The last run may have been killed before a sync, but never with more than these unsynced.
            _segments[i].Dirty = i >= _segments.Count - MaxUnsynced;
        }

        if (found.Tail is { } tail)
            BeTail(tail);
    }

    /// <summary>
    /// Records that were accepted, were not known to be delivered, and are gone: once for each run of them. Called without a lock, on any thread that calls
    /// the spool. What <see cref="Open"/> finds lost is only in <see cref="LostRecords"/>.
    /// </summary>
    public event Action<SpoolLoss>? Lost;

    /// <summary>Records neither delivered nor lost.</summary>
    public long Records
    {
        get
        {
            lock (_gate)
            {
                var count = InFlight();
                foreach (var segment in _segments)
                    count += Math.Max(0, segment.Next - Math.Max(segment.First, _committed));
                return count;
            }
        }
    }

    /// <summary>What the segments take, with what is still in the process.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>The index that the next record will have.</summary>
    public long NextIndex
    {
        get
        {
            lock (_gate)
                return _next;
        }
    }

    /// <summary>Everything below this index is delivered or lost.</summary>
    public long Committed
    {
        get
        {
            lock (_gate)
                return _committed;
        }
    }

    /// <summary>Records lost in this run, with those that <see cref="Open"/> found lost.</summary>
    public long LostRecords
    {
        get
        {
            lock (_gate)
                return _lost;
        }
    }

    /// <summary>Takes the folder for this process and reads through all that is undelivered in it.</summary>
    /// <param name="complain">Is told, once each, of what is damaged, lost or taken away; from any thread that calls the spool, without a lock.</param>
    /// <exception cref="IOException">The folder can't be used, or another process does.</exception>
    public static Spool Open(SpoolOptions options, Action<string> complain)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Directory);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LimitBytes, 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, 1);
        options = options with { Directory = Path.GetFullPath(options.Directory) };
        var lockFile = TakeLock(options.Directory);
        try
        {
            return new Spool(options, lockFile, SpoolRecovery.Run(options.Directory, complain), complain);
        }
        catch (UnauthorizedAccessException e)
        {
            lockFile.Dispose();
            throw new IOException($"the spool folder {options.Directory} can't be used: {e.Message}", e);
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    /// <summary>Gives everything appended to the operating system: from then on killing the process doesn't lose it.</summary>
    public void Flush()
    {
        try
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                FlushBuffer();
            }
        }
        finally
        {
            Tell();
        }
    }

    /// <summary>Flushes, and waits until the disk has everything appended and the cursor: from then on a power loss doesn't lose it.</summary>
    public void Sync()
    {
        try
        {
            lock (_gate)
                ObjectDisposedException.ThrowIf(_disposed, this);
            SyncAll();
        }
        finally
        {
            Tell();
        }
    }

    /// <summary>Syncs and gives the folder free. What the disk refuses now is told, and counted as lost.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            LoseInFlight();
        }

        try
        {
            SyncAll();
        }
        catch (IOException e)
        {
            _complaints.Enqueue(e.Message);
        }

        // Not while another thread writes the cursor: the folder is given free here.
        lock (_savingCursor)
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (_buffered > 0 && _tail is { } tail)
            {
                Complain($"records {_bufferedFirst} to {tail.Next - 1} could not be written to {tail.Path} before the end");
                Lose(Math.Max(_bufferedFirst, _committed), tail.Next, byLimit: false);
            }

            Close();
        }

        Tell();
    }

    /// <summary>Lets go of everything as a killed process does: what was not flushed is gone.</summary>
    internal void Abandon()
    {
        lock (_gate)
        {
            _disposed = true;
            Close();
        }
    }

    private static SafeFileHandle TakeLock(string directory)
    {
        var path = Path.Combine(directory, SpoolFiles.Lock);
        try
        {
            Directory.CreateDirectory(directory);
            return File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or DirectoryNotFoundException or PathTooLongException || !File.Exists(path))
        {
            throw new IOException($"the spool folder {directory} can't be used: {e.Message} Make it a folder that this user can write to, or name another.", e);
        }
        catch (IOException e)
        {
            throw new IOException($"the spool folder {directory} is in use by another process (its file {SpoolFiles.Lock} is locked). "
                + "Stop that process, or give this one a folder of its own; deleting the file does not help.", e);
        }
    }

    private void Close()
    {
        foreach (var segment in _segments)
            segment.Dispose();
        _lockFile.Dispose();
    }

    private void SyncAll()
    {
        lock (_syncing)
        {
            // The cursor is saved even if a segment can't be: it is what allows delivered segments to go, and a full disk to recover.
            try
            {
                SyncSegments();
            }
            finally
            {
                SaveCursor();
            }
        }
    }

    private void SyncSegments()
    {
        var dirty = new List<(Segment Segment, long Written)>();
        bool names;
        lock (_gate)
        {
            // Disposed since the caller looked: the folder may be another process's by now.
            if (_disposed)
                return;
            FlushBuffer();
            foreach (var segment in _segments)
            {
                if (segment.Dirty && segment.TryOpen())
                    dirty.Add((segment, segment.Written));
            }

            names = _namesDirty;
            _namesDirty = false;
        }

        try
        {
            foreach (var (segment, _) in dirty)
                segment.FlushToDisk();
            if (names)
                DirectorySync.Flush(_directory);
        }
        catch
        {
            lock (_gate)
                _namesDirty = true;
            throw;
        }

        lock (_gate)
        {
            foreach (var (segment, written) in dirty)
            {
                if (segment.Written == written)
                    segment.Dirty = false;
                CloseIfIdle(segment);
            }
        }
    }

    private void SaveCursor()
    {
        lock (_savingCursor)
        {
            long cursor;
            lock (_gate)
            {
                cursor = _committed;
                if (_disposed || cursor == _savedCursor)
                    return;
            }

            CursorFile.Write(_directory, cursor);
            _savedCursor = cursor;
        }
    }

    private void CloseIfIdle(Segment segment)
    {
        if (segment != _tail && segment != _readSegment && segment is { Dirty: false, Orphan: false })
            segment.Dispose();
    }

    private void Lose(long first, long next, bool byLimit)
    {
        if (first >= next)
            return;
        _lost += next - first;
        _lossesUntold.Add(new SpoolLoss(first, next, byLimit));
    }

    private void Complain(FormattableString text) => _complaints.Enqueue(text.ToString(CultureInfo.InvariantCulture));

    // Outside of the lock: what is told may call back.
    private void Tell()
    {
        SpoolLoss[] losses;
        lock (_gate)
        {
            losses = [.. _lossesUntold]; // mostly none, which allocates nothing
            _lossesUntold.Clear();
        }

        while (_complaints.TryDequeue(out var complaint))
            _complain(complaint);
        foreach (var loss in losses)
            Lost?.Invoke(loss);
    }
}
