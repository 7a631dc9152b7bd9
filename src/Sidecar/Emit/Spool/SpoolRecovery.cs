using System.Globalization;

namespace Sidecar.Emit.Spool;

/// <summary>
/// Finds out what a folder holds, whatever the last run or anyone else left there. Bad contents are never an exception: they are told and counted.
/// A disk that refuses to read, cut or rename is one.
/// </summary>
internal sealed class SpoolRecovery
{
    private readonly string _directory;
    private readonly Action<string> _complain;

    private SpoolRecovery(string directory, Action<string> complain) => (_directory, _complain) = (directory, complain);

    /// <summary>By rising index, with gaps where records are lost.</summary>
    public List<Segment> Segments { get; } = [];

    /// <summary>The one to append to, which is then the last; null when a new one must be made.</summary>
    public Segment? Tail { get; private set; }

    /// <summary>Everything below is delivered or lost.</summary>
    public long Committed { get; private set; }

    /// <summary>The index of the next record.</summary>
    public long Next { get; private set; }

    /// <summary>Records at or above the cursor that were there once and can't be read.</summary>
    public long Lost { get; private set; }

    public static SpoolRecovery Run(string directory, Action<string> complain)
    {
        var recovery = new SpoolRecovery(directory, complain);
        recovery.Find();
        return recovery;
    }

    private void Find()
    {
        var files = SpoolFiles.Segments(_directory);
        ReadCursor(files);
        Next = Committed;
        for (var i = 0; i < files.Count; i++)
        {
            var last = i == files.Count - 1;
            if (!last && files[i + 1].First <= Committed)
                Delete(files[i].Path);
            else
                Add(files[i].Path, files[i].First, last ? null : files[i + 1].First);
        }

        Count();
    }

    private void ReadCursor(List<(string Path, long First)> files)
    {
        var cursor = CursorFile.Read(_directory, out var problem);
        var oldest = files.Count > 0 ? files[0].First : 0;
        Committed = cursor ?? oldest;
        if (problem is not null)
            _complain(Text($"{problem}; starting from the oldest record, {oldest}: some may be delivered again"));
        else if (cursor is null && oldest > 0)
            _complain(Text($"the spool {_directory} has no cursor; starting from the oldest record, {oldest}: some may be delivered again"));
    }

    private void Add(string path, long first, long? nextFirst)
    {
        SegmentScan scan;
        using (var file = SegmentFile.TryOpen(path))
        {
            if (file is null)
                return;
            scan = SegmentScan.Read(file, first, nextFirst ?? long.MaxValue, looksBehindDamage: nextFirst is null);
        }

        Next = Math.Max(Next, Math.Max(scan.Next, scan.NextBehindDamage));
        switch (scan.Header)
        {
            case RecordFormat.Header.Missing:
                // Made by a run that was killed, or that the disk stopped, before it wrote anything.
                _complain(Text($"the spool segment {path} has no whole header; it holds nothing and is deleted"));
                Delete(path);
                break;
            case RecordFormat.Header.OtherVersion:
                SetAside(path, "is of a version that this program can't read");
                break;
            case RecordFormat.Header.Foreign:
                SetAside(path, "does not begin as a spool segment, at byte 0");
                break;
            default:
                Add(path, scan, nextFirst is null);
                break;
        }
    }

    private void Add(string path, in SegmentScan scan, bool last)
    {
        var segment = Segment.Found(path, scan);
        if (last && scan.Next < Committed && scan.NextBehindDamage <= Committed)
        {
            // Power was lost with the cursor on disk and records not. An index that was delivered is not given again.
            if (scan.IsSound)
                _complain(Text($"the spool {_directory} ends at record {scan.Next}, and its cursor at {Committed}; going on from there"));
            else
                ComplainOfDamage(path, scan, "nothing undelivered is behind it; the file is deleted");
            segment.Delete();
            return;
        }

        Segments.Add(segment);
        if (!last)
        {
            if (!scan.IsSound)
                ComplainOfDamage(path, scan, "the rest of the file is skipped");
        }
        else if (scan.NextBehindDamage > scan.Next)
        {
            // Not a torn end. The file stays as it is for whoever wants to look, and a new one is begun.
            ComplainOfDamage(path, scan, Text($"records up to {scan.NextBehindDamage - 1} were behind it; the rest of the file is skipped"));
        }
        else
        {
            if (!scan.IsSound)
            {
                ComplainOfDamage(path, scan, Text($"no record is behind it, so it is taken as a write that did not finish; {scan.FileBytes - scan.End} bytes are cut off"));
                segment.Cut();
            }

            if (segment.TryOpen())
                Tail = segment;
        }
    }

    // The indexes are contiguous, so what is missing is known without the records.
    private void Count()
    {
        var position = Committed;
        foreach (var segment in Segments)
        {
            Lost += Math.Max(0, segment.First - position);
            position = Math.Max(position, segment.Next);
        }

        Lost += Next - position;
        if (Lost > 0)
            _complain(Text($"{Lost} records of the spool {_directory} that were not known to be delivered are lost"));
        if (Segments.Count > 0)
            Committed = Math.Max(Committed, Segments[0].First);
        else
            Committed = Next;
    }

    private void ComplainOfDamage(string path, in SegmentScan scan, string consequence) =>
        _complain(Text($"the spool segment {path} is damaged at byte {scan.End}, where record {scan.Next} should be; {consequence}"));

    // Never deleted: a newer version may still want it.
    private void SetAside(string path, string problem)
    {
        var aside = path + ".unreadable";
        for (var i = 2; File.Exists(aside); i++)
            aside = Text($"{path}.unreadable.{i}");
        _complain(Text($"the spool segment {path} {problem}; it is skipped and kept as {aside}"));
        try
        {
            File.Move(path, aside);
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw new IOException($"the spool segment {path} can't be renamed to {aside}: {e.Message}", e);
        }
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw new IOException($"the spool segment {path} can't be deleted: {e.Message}", e);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
