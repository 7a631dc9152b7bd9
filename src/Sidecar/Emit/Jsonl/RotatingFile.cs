namespace Sidecar.Emit.Jsonl;

/// <summary>
/// A file that is appended to in whole lines and set aside when full. Used by one thread. Appending may throw <see cref="IOException"/>,
/// <see cref="UnauthorizedAccessException"/> or <see cref="NotSupportedException"/> (a path that is no file); the next call opens it again.
/// </summary>
internal sealed class RotatingFile(string path, long maxBytes, int files) : IDisposable
{
    private FileStream? _stream;

    /// <summary>True when this many bytes can be appended without setting the file aside; a file not open yet is taken as empty.</summary>
    public bool HasRoom(long bytes) => (_stream?.Length ?? 0) + bytes <= maxBytes;

    /// <summary>
    /// Appends whole lines, setting the file aside first if they don't fit. When it returns, the operating system has them; when it throws,
    /// what had been written of them has been cut off again, as far as the disk allowed.
    /// </summary>
    public void Append(ReadOnlySpan<byte> lines)
    {
        try
        {
            // Someone tidied it away: lines written to a file without a name would be counted as persisted and be lost.
            if (_stream is not null && !File.Exists(path))
                Dispose();
            _stream ??= Open();
            if (_stream.Length > 0 && _stream.Length + lines.Length > maxBytes)
                Rotate();
            var before = _stream.Length;
            try
            {
                _stream.Write(lines);
            }
            catch
            {
                _stream.SetLength(before);
                throw;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
    }

    // Unbuffered: a write is one system call with all lines in it, and an error is known at once and not at some later flush.
    private FileStream Open()
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
        try
        {
            EndTornLine(stream);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    // A run that was killed in the middle of a write leaves half a line. It must not swallow the first line of this run.
    private static void EndTornLine(FileStream stream)
    {
        if (stream.Length == 0)
            return;
        stream.Seek(-1, SeekOrigin.End);
        if (stream.ReadByte() != '\n')
            stream.WriteByte((byte)'\n');
    }

    private void Rotate()
    {
        Dispose();
        for (var i = files - 1; i >= 1; i--)
        {
            var from = i == 1 ? path : $"{path}.{i - 1}";
            if (File.Exists(from))
                File.Move(from, $"{path}.{i}", overwrite: true);
        }

        if (files <= 1)
            File.Delete(path);
        _stream = Open();
    }
}
