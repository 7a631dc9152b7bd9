namespace Sidecar.Emit.Spool;

/// <summary>Bytes of a segment by their offset.</summary>
internal interface ISegmentBytes
{
    /// <summary>Reads up to as many bytes as fit.</summary>
    /// <returns>How many; 0 when there are none at the offset.</returns>
    int Read(long offset, Span<byte> into);
}

/// <summary>Parses records out of a stretch of a segment that it keeps in memory: 64 KiB, or one larger record.</summary>
/// <param name="keepsBodies">True when records are handed on: then each stretch gets memory of its own, which records share without a copy.</param>
internal sealed class RecordWindow(bool keepsBodies)
{
    private const int Bytes = 64 * 1024;

    private ISegmentBytes? _source;
    private byte[] _bytes = [];
    private long _start;
    private int _count;

    /// <summary>Reads the record that begins at an offset.</summary>
    /// <param name="end">Where the segment's bytes end.</param>
    /// <param name="index">The index it must have.</param>
    /// <param name="size">Its size with its header.</param>
    /// <returns>False when no intact record of this index is there.</returns>
    public bool TryRead(ISegmentBytes source, long offset, long end, long index, out SpoolRecord record, out int size)
    {
        record = default;
        size = 0;
        if (!TryPeek(source, offset, end, out var found, out size) || found != index || !TryGet(source, offset, end, size, out var bytes)
            || !RecordFormat.IsIntact(bytes.Span))
            return false;
        record = new SpoolRecord(index, RecordFormat.UnixNanos(bytes.Span), bytes[RecordFormat.HeaderBytes..]);
        return true;
    }

    /// <summary>Reads the index and the size that a header at an offset claims; false when they can't be a record's.</summary>
    public bool TryPeek(ISegmentBytes source, long offset, long end, out long index, out int size)
    {
        index = 0;
        size = 0;
        if (!TryGet(source, offset, end, RecordFormat.HeaderBytes, out var header))
            return false;
        index = RecordFormat.Index(header.Span);
        var length = RecordFormat.Length(header.Span);
        if (length > RecordFormat.MaxBodyBytes || length > end - offset - RecordFormat.HeaderBytes)
            return false;
        size = RecordFormat.HeaderBytes + (int)length;
        return true;
    }

    /// <summary>Forgets the stretch, as when its file has been deleted.</summary>
    public void Clear()
    {
        _source = null;
        _count = 0;
        if (keepsBodies)
            _bytes = [];
    }

    private bool TryGet(ISegmentBytes source, long offset, long end, int wanted, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (wanted > end - offset)
            return false;
        if (source != _source || offset < _start || offset + wanted > _start + _count)
            Fill(source, offset, end, wanted);
        if (_count < offset - _start + wanted)
            return false;
        bytes = _bytes.AsMemory((int)(offset - _start), wanted);
        return true;
    }

    private void Fill(ISegmentBytes source, long offset, long end, int wanted)
    {
        var size = (int)Math.Min(end - offset, Math.Max(wanted, Bytes));
        if (keepsBodies || _bytes.Length < size)
            _bytes = GC.AllocateUninitializedArray<byte>(keepsBodies ? size : Math.Max(size, Bytes));
        _source = source;
        _start = offset;
        _count = 0;
        while (_count < size)
        {
            var read = source.Read(offset + _count, _bytes.AsSpan(_count, size - _count));
            if (read == 0)
                break;
            _count += read;
        }
    }
}
