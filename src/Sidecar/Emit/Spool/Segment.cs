using Microsoft.Win32.SafeHandles;

namespace Sidecar.Emit.Spool;

/// <summary>
/// One segment file of a spool that is open, with the intact records <see cref="First"/> to <see cref="Next"/> - 1. Used under the spool's lock, except
/// for <see cref="FlushToDisk"/>.
/// </summary>
internal sealed class Segment(string path, long first) : ISegmentBytes, IDisposable
{
    private SafeFileHandle? _file;
    private bool _torn;

    public string Path => path;

    public long First { get; } = first;

    /// <summary>One more than the last index that can be read from here.</summary>
    public long Next { get; set; } = first;

    /// <summary>Where the intact records end, those still in the process included.</summary>
    public long End { get; set; } = RecordFormat.SegmentHeaderBytes;

    /// <summary>Bytes that the operating system has been given.</summary>
    public long Written { get; private set; }

    /// <summary>What it takes of the limit.</summary>
    public long FileBytes { get; set; }

    /// <summary>Not known to have reached the disk.</summary>
    public bool Dirty { get; set; } = true;

    /// <summary>The file has lost its name; it lives only as long as it stays open.</summary>
    public bool Orphan { get; set; }

    public bool IsOpen => _file is not null;

    /// <summary>Records that the operating system doesn't have yet, behind <see cref="Written"/>.</summary>
    public Func<ReadOnlyMemory<byte>>? Pending { get; set; }

    /// <summary>Makes the file, with its header.</summary>
    public static Segment Create(string directory, long first)
    {
        var segment = new Segment(SpoolFiles.Segment(directory, first), first);
        try
        {
            Directory.CreateDirectory(directory);
            // Not CreateNew: a file of this name is what an earlier call left that the disk stopped halfway.
            segment._file = Open(segment.Path, FileMode.Create);
            Span<byte> header = stackalloc byte[RecordFormat.SegmentHeaderBytes];
            RecordFormat.WriteSegmentHeader(header);
            segment.Write(header);
            segment.FileBytes = header.Length;
            return segment;
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            segment.Dispose();
            throw new IOException($"the spool segment {segment.Path} can't be made: {e.Message}", e);
        }
    }

    /// <summary>One found on the disk.</summary>
    public static Segment Found(string path, in SegmentScan scan) => new(path, scan.First)
    {
        Next = scan.Next,
        End = scan.End,
        Written = scan.End,
        FileBytes = scan.FileBytes,
    };

    /// <summary>Appends whole records. What the disk took of them when it refused is cut off again, at once or before the next write.</summary>
    public void Write(ReadOnlySpan<byte> records, ReadOnlySpan<byte> more = default)
    {
        try
        {
            var file = _file ??= Open(path, FileMode.Open);
            if (_torn)
                RandomAccess.SetLength(file, Written);
            _torn = true;
            RandomAccess.Write(file, records, Written);
            if (!more.IsEmpty)
                RandomAccess.Write(file, more, Written + records.Length);
            _torn = false;
            Written += records.Length + more.Length;
            Dirty = true;
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            CutTorn();
            throw new IOException($"the spool segment {path} can't be written: {e.Message}", e);
        }
    }

    /// <summary>Cuts off everything behind the intact records.</summary>
    public void Cut()
    {
        try
        {
            RandomAccess.SetLength(_file ??= Open(path, FileMode.Open), End);
            FileBytes = End;
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw new IOException($"the torn end of the spool segment {path} can't be cut off: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> into)
    {
        if (offset >= Written && Pending is { } pending)
        {
            var rest = pending().Span;
            rest = rest[(int)Math.Min(offset - Written, rest.Length)..];
            rest = rest[..Math.Min(rest.Length, into.Length)];
            rest.CopyTo(into);
            return rest.Length;
        }

        try
        {
            // The file may be longer than what is sound in it, by what could not be cut off.
            into = into[..(int)Math.Min(into.Length, Math.Max(0, Written - offset))];
            return RandomAccess.Read(_file ??= Open(path, FileMode.Open), into, offset);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            // Taken away by someone: the same as a file cut to nothing.
            return 0;
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw new IOException($"the spool segment {path} can't be read: {e.Message}", e);
        }
    }

    /// <summary>Opens the file if it isn't, for <see cref="FlushToDisk"/>; false when someone took it away.</summary>
    public bool TryOpen()
    {
        try
        {
            _file ??= Open(path, FileMode.Open);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw new IOException($"the spool segment {path} can't be opened: {e.Message}", e);
        }
    }

    /// <summary>Waits until the disk has it. Without the lock, so it may be deleted meanwhile.</summary>
    public void FlushToDisk()
    {
        try
        {
            if (_file is { } file)
                RandomAccess.FlushToDisk(file);
        }
        catch (ObjectDisposedException)
        {
            // Dropped meanwhile: nothing is left to be safe.
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw new IOException($"the spool segment {path} can't be synced: {e.Message}", e);
        }
    }

    /// <summary>Closes it and takes the file away.</summary>
    public void Delete()
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw new IOException($"the spool segment {path} can't be deleted: {e.Message}", e);
        }

        Dispose();
    }

    /// <summary>Closes the file; it is opened again when needed.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private void CutTorn()
    {
        if (!_torn || _file is null)
            return;
        try
        {
            RandomAccess.SetLength(_file, Written);
            _torn = false;
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            // Stays torn. The next write tries again first, and goes to the same place.
        }
    }

    // Unbuffered by nature: a handle. Shared, so that `sidecar spool` can look on.
    private static SafeFileHandle Open(string path, FileMode mode) =>
        File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
}
