namespace Sidecar.Emit.Spool;

/// <summary>What a segment file holds, found by reading it from its beginning to the first record that is not intact.</summary>
internal readonly record struct SegmentScan
{
    // Checksums tried while looking for records behind damage. Bytes that look like headers by chance are rare; made on purpose, they must not take minutes.
    private const long SearchBudget = 256L * 1024 * 1024;

    public RecordFormat.Header Header { get; init; }

    public long First { get; init; }

    /// <summary>One more than the last intact index before the end or the damage.</summary>
    public long Next { get; init; }

    /// <summary>Offset behind the last intact record; the damage, if any, begins here.</summary>
    public long End { get; init; }

    public long FileBytes { get; init; }

    public long OldestNanos { get; init; }

    public long NewestNanos { get; init; }

    /// <summary>One more than the last index found behind the damage; <see cref="Next"/> when none was, or was not looked for.</summary>
    public long NextBehindDamage { get; init; }

    public bool IsSound => Header == RecordFormat.Header.Sound && End == FileBytes;

    /// <summary>Reads a file.</summary>
    /// <param name="first">The first index by its name.</param>
    /// <param name="limit">The index at which the next file begins: a record from there on doesn't belong here.</param>
    /// <param name="looksBehindDamage">Whether to search for records behind damage; only the last file needs it, the others' counts follow from the next name.</param>
    public static SegmentScan Read(SegmentFile source, long first, long limit, bool looksBehindDamage)
    {
        var bytes = source.Bytes;
        var scan = new SegmentScan
        {
            Header = source.Header,
            First = first,
            Next = first,
            FileBytes = bytes,
            NextBehindDamage = first,
        };
        var window = new RecordWindow(keepsBodies: false);
        if (scan.Header != RecordFormat.Header.Sound)
        {
            return looksBehindDamage && scan.Header != RecordFormat.Header.Missing
                ? scan with { NextBehindDamage = Search(source, window, RecordFormat.SegmentHeaderBytes, bytes, first) ?? first }
                : scan;
        }

        var offset = (long)RecordFormat.SegmentHeaderBytes;
        var next = first;
        var (oldest, newest) = (long.MaxValue, long.MinValue);
        while (offset < bytes && next < limit && window.TryRead(source, offset, bytes, next, out var record, out var size))
        {
            offset += size;
            next++;
            oldest = Math.Min(oldest, record.UnixNanos);
            newest = Math.Max(newest, record.UnixNanos);
        }

        return scan with
        {
            Next = next,
            End = offset,
            OldestNanos = oldest,
            NewestNanos = newest,
            NextBehindDamage = looksBehindDamage && offset < bytes ? Search(source, window, offset + 1, bytes, next + 1) ?? next : next,
        };
    }

    // At any byte: a damaged length field takes the boundaries away.
    private static long? Search(SegmentFile source, RecordWindow window, long from, long end, long lowest)
    {
        var budget = SearchBudget;
        long? next = null;
        for (var offset = from; offset <= end - RecordFormat.HeaderBytes && budget > 0;)
        {
            var highest = (next ?? lowest) + (offset - from) / RecordFormat.HeaderBytes;
            if (window.TryPeek(source, offset, end, out var index, out var size) && index >= (next ?? lowest) && index <= highest)
            {
                budget -= size;
                if (window.TryRead(source, offset, end, index, out _, out _))
                {
                    next = index + 1;
                    offset += size;
                    continue;
                }
            }

            offset++;
        }

        return next;
    }
}
