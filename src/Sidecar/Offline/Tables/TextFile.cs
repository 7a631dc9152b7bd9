using System.IO.Compression;

namespace Sidecar.Offline.Tables;

/// <summary>A text file, unpacked on the way where its name ends with <c>.gz</c>.</summary>
internal static class TextFile
{
    /// <summary>Opens it at its beginning.</summary>
    /// <exception cref="InputFileException">It isn't there, or may not be read.</exception>
    public static Stream Open(string file)
    {
        try
        {
            var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16, FileOptions.SequentialScan);
            if (!stream.CanSeek)
            {
                stream.Dispose();
                throw new InputFileException($"{file} is a pipe, and a table is read more than once: write it to a file first");
            }

            return file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputFileException($"{file}: {failure.Message}");
        }
    }
}
