using System.Globalization;

namespace Sidecar.Emit.Spool;

/// <summary>
/// Looks into a spool's folder without taking it, also while a process uses it: nothing is locked, written or repaired. It sees what was flushed, and a segment
/// that goes away meanwhile is left out.
/// </summary>
public sealed class SpoolReader(string directory)
{
    /// <summary>The index up to which everything is delivered or lost, as last saved; null without a cursor that can be trusted.</summary>
    public long? Cursor => CursorFile.Read(directory, out _);

    /// <summary>The segments by rising index, read through one by one.</summary>
    /// <exception cref="IOException">The folder or a file can't be read.</exception>
    public IEnumerable<SpoolSegmentInfo> List()
    {
        var cursor = Cursor ?? 0;
        foreach (var (path, scan) in Scans())
        {
            var records = scan.Next - scan.First;
            yield return new SpoolSegmentInfo
            {
                File = Path.GetFileName(path),
                FirstIndex = scan.First,
                Records = records,
                Delivered = Math.Clamp(cursor - scan.First, 0, records),
                Bytes = scan.FileBytes,
                OldestUnixNanos = records > 0 ? scan.OldestNanos : null,
                NewestUnixNanos = records > 0 ? scan.NewestNanos : null,
                Problem = Problem(scan),
            };
        }
    }

    /// <summary>All intact records from an index on, delivered or not; damage is skipped up to the next segment.</summary>
    /// <exception cref="IOException">The folder or a file can't be read.</exception>
    public IEnumerable<SpoolRecord> Read(long from = 0)
    {
        var files = Files();
        for (var i = 0; i < files.Count; i++)
        {
            if (i + 1 < files.Count && files[i + 1].First <= from)
                continue;
            using var source = SegmentFile.TryOpen(files[i].Path);
            if (source is null || source.Header != RecordFormat.Header.Sound)
                continue;
            var limit = Limit(files, i);
            var window = new RecordWindow(keepsBodies: true);
            var offset = (long)RecordFormat.SegmentHeaderBytes;
            for (var next = files[i].First; next < limit && window.TryRead(source, offset, source.Bytes, next, out var record, out var size); next++)
            {
                offset += size;
                if (next >= from)
                    yield return record;
            }
        }
    }

    private static string? Problem(in SegmentScan scan) => scan.Header switch
    {
        RecordFormat.Header.Missing => "has no whole header",
        RecordFormat.Header.OtherVersion => "of a version that this program can't read",
        RecordFormat.Header.Foreign => "damaged at byte 0: does not begin as a spool segment",
        _ when scan.IsSound => null,
        _ => string.Create(CultureInfo.InvariantCulture, $"damaged at byte {scan.End}, where record {scan.Next} should be"),
    };

    private static long Limit(List<(string Path, long First)> files, int i) => i + 1 < files.Count ? files[i + 1].First : long.MaxValue;

    private IEnumerable<(string Path, SegmentScan Scan)> Scans()
    {
        var files = Files();
        for (var i = 0; i < files.Count; i++)
        {
            using var source = SegmentFile.TryOpen(files[i].Path);
            if (source is not null)
                yield return (files[i].Path, SegmentScan.Read(source, files[i].First, Limit(files, i), looksBehindDamage: false));
        }
    }

    private List<(string Path, long First)> Files()
    {
        try
        {
            return SpoolFiles.Segments(directory);
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw new IOException($"the spool folder {directory} can't be read: {e.Message}", e);
        }
    }
}
