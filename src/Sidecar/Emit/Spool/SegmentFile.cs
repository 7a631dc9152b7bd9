using Microsoft.Win32.SafeHandles;

namespace Sidecar.Emit.Spool;

/// <summary>A segment file that is only looked at, as long as it was when it was opened.</summary>
internal sealed class SegmentFile : ISegmentBytes, IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _file;

    private SegmentFile(string path, SafeFileHandle file)
    {
        _path = path;
        _file = file;
        Bytes = RandomAccess.GetLength(file);
        Span<byte> header = stackalloc byte[RecordFormat.SegmentHeaderBytes];
        Header = RecordFormat.ReadSegmentHeader(header[..Read(0, header)]);
    }

    public long Bytes { get; }

    public RecordFormat.Header Header { get; }

    /// <summary>Opens it; null when it has been deleted.</summary>
    public static SegmentFile? TryOpen(string path)
    {
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new SegmentFile(path, file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            file?.Dispose();
            throw Failure(path, e);
        }
    }

    /// <inheritdoc/>
    public int Read(long offset, Span<byte> into)
    {
        try
        {
            return RandomAccess.Read(_file, into, offset);
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw Failure(_path, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static IOException Failure(string path, Exception e) => new($"the spool segment {path} can't be read: {e.Message}", e);
}
