namespace Sidecar.Emit.Spool;

public sealed partial class Spool
{
    private readonly RecordWindow _window = new(keepsBodies: true);

    // Read, not committed, and their segment dropped since: whether they are lost is known when they are committed or read again.
    private readonly List<(long First, long Next)> _inFlight = [];
    private long _readIndex;

    // Where the next record lies: of this segment, at this offset, with this index, which is below _readIndex only while a commit's place is looked for.
    private Segment? _readSegment;
    private long _readOffset;
    private long _readAt;

    /// <summary>Reads on, in order, up to the last record appended, whether that is flushed or not. Records that are lost are skipped.</summary>
    /// <returns>False when there is nothing to read now.</returns>
    /// <exception cref="IOException">The disk refused; reading goes on at the same place.</exception>
    public bool TryRead(out SpoolRecord record)
    {
        try
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                return TryReadHeld(out record);
            }
        }
        finally
        {
            if (_lossesUntold.Count > 0 || !_complaints.IsEmpty)
                Tell();
        }
    }

    /// <summary>Goes back to the first record that is not committed. Records that were read and dropped since are now lost.</summary>
    public void Rewind()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            LoseInFlight();
            LeaveSegment(_readSegment);
            _readIndex = _committed;
        }

        Tell();
    }

    /// <summary>
    /// Says that everything below an index is delivered. Segments that are delivered to their end are deleted, the one being written to excepted. The cursor is
    /// saved before that, and else at <see cref="Sync"/>.
    /// </summary>
    /// <exception cref="IOException">A file could not be written or deleted. The commit counts all the same; the files are tried again with the next.</exception>
    public void Commit(long nextIndex)
    {
        bool deletes;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(nextIndex, _next);
            if (nextIndex > _committed)
            {
                _committed = nextIndex;
                ForgetInFlight();
                SkipLost();
                if (_readIndex < _committed)
                {
                    LeaveSegment(_readSegment);
                    _readIndex = _committed;
                }
            }

            deletes = IsOldestDelivered();
        }

        if (deletes)
            DeleteDelivered();
    }

    private void DeleteDelivered()
    {
        try
        {
            // First the cursor: else a kill in between makes delivered records look lost.
            SaveCursor();
        }
        catch (IOException)
        {
            // The disk is full, maybe of this spool: then the segments must go, or it stays so.
            DeleteDeliveredFiles();
            SaveCursor();
            return;
        }

        DeleteDeliveredFiles();
    }

    private void DeleteDeliveredFiles()
    {
        lock (_gate)
        {
            while (IsOldestDelivered())
                Drop(_segments[0]);
        }
    }

    private bool IsOldestDelivered() => _segments.Count > 0 && _segments[0] != _tail && _segments[0].Next <= _committed;

    private bool TryReadHeld(out SpoolRecord record)
    {
        while (true)
        {
            if (_readSegment is null || _readAt >= _readSegment.Next)
            {
                if (!TryEnterSegment())
                {
                    record = default;
                    return false;
                }
            }

            var segment = _readSegment!;
            if (!_window.TryRead(segment, _readOffset, segment.End, _readAt, out record, out var size))
            {
                SkipDamage(segment);
                continue;
            }

            _readOffset += size;
            if (_readAt++ < _readIndex)
                continue;
            _readIndex = _readAt;
            return true;
        }
    }

    // The first segment with a record that was not read yet.
    private bool TryEnterSegment()
    {
        var (low, high) = (0, _segments.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_segments[middle].Next > _readIndex)
                high = middle;
            else
                low = middle + 1;
        }

        if (low == _segments.Count)
            return false;
        LeaveSegment(_readSegment);
        _readSegment = _segments[low];
        _readOffset = RecordFormat.SegmentHeaderBytes;
        _readAt = _readSegment.First;
        _readIndex = Math.Max(_readIndex, _readAt);
        return true;
    }

    private void LeaveSegment(Segment? segment)
    {
        if (segment is null || segment != _readSegment)
            return;
        _readSegment = null;
        _window.Clear();
        CloseIfIdle(segment);
    }

    // Sound when the spool was opened or when it was written, and not now.
    private void SkipDamage(Segment segment)
    {
        Complain($"the spool segment {segment.Path} is damaged at byte {_readOffset}, where record {_readAt} should be; the rest of the file is skipped");
        Lose(Math.Max(_readAt, _readIndex), segment.Next, byLimit: false);
        segment.Next = _readAt;
        segment.End = _readOffset;
        if (segment == _tail)
        {
            // Sealed without a flush: what is in the buffer lies behind the damage.
            _tail = null;
            _buffered = 0;
            segment.Pending = null;
        }

        LeaveSegment(segment);
        SkipLost();
    }

    private long InFlight()
    {
        var count = 0L;
        foreach (var (first, next) in _inFlight)
            count += next - first;
        return count;
    }

    private void HoldInFlight(long first, long next)
    {
        if (first == next)
            return;
        if (_inFlight.Count > 0 && _inFlight[^1].Next == first)
            _inFlight[^1] = (_inFlight[^1].First, next);
        else
            _inFlight.Add((first, next));
    }

    private void ForgetInFlight()
    {
        while (_inFlight.Count > 0 && _inFlight[0].Next <= _committed)
            _inFlight.RemoveAt(0);
        if (_inFlight.Count > 0 && _inFlight[0].First < _committed)
            _inFlight[0] = (_committed, _inFlight[0].Next);
    }

    private void LoseInFlight()
    {
        foreach (var (first, next) in _inFlight)
            Lose(first, next, byLimit: true);
        _inFlight.Clear();
        SkipLost();
    }

    // The place to rewind to moves past what is gone, unless that may still be committed.
    private void SkipLost()
    {
        if (_inFlight.Count == 0)
            _committed = Math.Max(_committed, _segments.Count > 0 ? _segments[0].First : _next);
    }
}
