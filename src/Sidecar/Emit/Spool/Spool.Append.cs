namespace Sidecar.Emit.Spool;

public sealed partial class Spool
{
    private long _bufferedFirst;

    /// <summary>
    /// Adds a record, in the process first: <see cref="Flush"/> and <see cref="Sync"/> make it safe. At the limit it makes room by
    /// <see cref="SpoolFullPolicy.DropOldest"/> or refuses.
    /// </summary>
    /// <param name="index">The record's number; -1 when refused.</param>
    /// <returns>False when it is refused, because the spool is full or the record larger than the whole spool may be.</returns>
    /// <exception cref="IOException">The disk refused. This record is not in the spool, all earlier ones still are.</exception>
    public bool Append(ReadOnlySpan<byte> body, long unixNanos, out long index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, MaxBodyBytes, nameof(body));
        try
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return AppendHeld(body, unixNanos, out index);
            }
        }
        finally
        {
            // Looked at without the lock: what this call found is seen, unless another thread has told it already.
            if (_lossesUntold.Count > 0 || !_complaints.IsEmpty)
                Tell();
        }
    }

    private bool AppendHeld(ReadOnlySpan<byte> body, long unixNanos, out long index)
    {
        index = -1;
        var size = RecordFormat.HeaderBytes + body.Length;
        if (_tail is { } full && full.Next > full.First && full.End + size > _segmentBytes)
            Seal();
        if (!MakeRoom(size))
            return false;
        if (_buffered + size > BufferBytes)
            FlushBuffer();
        // Behind the flush, which may find that the file was taken away.
        var tail = _tail ?? Begin();
        if (size > BufferBytes)
        {
            Span<byte> header = stackalloc byte[RecordFormat.HeaderBytes];
            RecordFormat.WriteHeader(header, _next, unixNanos, body);
            tail.Write(header, body);
        }
        else
        {
            if (_buffered == 0)
                _bufferedFirst = _next;
            var target = _buffer.AsSpan(_buffered, size);
            RecordFormat.WriteHeader(target, _next, unixNanos, body);
            body.CopyTo(target[RecordFormat.HeaderBytes..]);
            _buffered += size;
        }

        index = _next++;
        tail.Next = _next;
        tail.End += size;
        tail.FileBytes += size;
        _bytes += size;
        return true;
    }

    private bool MakeRoom(int size)
    {
        if (size + RecordFormat.SegmentHeaderBytes > _limit)
            return false;
        while (_bytes + size + (_tail is null ? RecordFormat.SegmentHeaderBytes : 0) > _limit)
        {
            var oldest = _segments[0];
            if (oldest.Next > _committed && _full == SpoolFullPolicy.DropNewest)
                return false;
            Drop(oldest);
        }

        return true;
    }

    private void Drop(Segment oldest)
    {
        var size = oldest.FileBytes;
        oldest.Delete();
        _segments.RemoveAt(0);
        _bytes -= size;
        _namesDirty = true;
        if (oldest == _tail)
        {
            _tail = null;
            _buffered = 0;
        }

        var undelivered = Math.Max(oldest.First, _committed);
        if (oldest.Next > undelivered)
        {
            var read = Math.Clamp(_readIndex, undelivered, oldest.Next);
            HoldInFlight(undelivered, read);
            Lose(read, oldest.Next, byLimit: true);
        }

        LeaveSegment(oldest);
        _readIndex = Math.Max(_readIndex, oldest.Next);
        SkipLost();
    }

    private void FlushBuffer()
    {
        if (_buffered == 0 || _tail is not { } tail)
            return;
        // When it throws, everything stays in the buffer for the next attempt.
        tail.Write(_buffer.AsSpan(0, _buffered));
        _buffered = 0;
        if (File.Exists(tail.Path))
            return;
        Complain($"the spool segment {tail.Path} was taken away by someone; its records can still be delivered, but not after a restart");
        tail.Orphan = true;
        Seal();
    }

    private void Seal()
    {
        if (_tail is not { } tail)
            return;
        FlushBuffer();
        // The flush seals by itself when the file was taken away.
        if (_tail is null)
            return;
        _tail = null;
        tail.Pending = null;
        if (_segments.Count(static segment => segment.IsOpen) <= MaxUnsynced)
            return;
        foreach (var segment in _segments)
        {
            if (!segment.IsOpen)
                continue;
            segment.FlushToDisk();
            segment.Dirty = false;
            CloseIfIdle(segment);
        }
    }

    private Segment Begin()
    {
        var segment = Segment.Create(_directory, _next);
        _segments.Add(segment);
        _bytes += segment.FileBytes;
        _namesDirty = true;
        BeTail(segment);
        return segment;
    }

    private void BeTail(Segment segment)
    {
        _tail = segment;
        segment.Pending = () => _buffer.AsMemory(0, _buffered);
    }
}
