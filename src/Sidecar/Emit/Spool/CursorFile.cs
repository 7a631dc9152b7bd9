using System.Buffers.Binary;

namespace Sidecar.Emit.Spool;

/// <summary>The index up to which everything is delivered: <c>"SCSC" | u32 version | i64 index | u32 CRC-32C of what stands before</c>.</summary>
internal static class CursorFile
{
    private const int Bytes = 20;
    private const uint Version = 1;

    private static ReadOnlySpan<byte> Magic => "SCSC"u8;

    /// <summary>Replaces it in one step: a reader sees the old one or the new one.</summary>
    public static void Write(string directory, long index)
    {
        var path = Path.Combine(directory, SpoolFiles.Cursor);
        try
        {
            Span<byte> bytes = stackalloc byte[Bytes];
            Magic.CopyTo(bytes);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Version);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], index);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes[16..], RecordFormat.Checksum(bytes[..16], []));
            Directory.CreateDirectory(directory);
            var temporary = Path.Combine(directory, SpoolFiles.CursorTemporary);
            using (var file = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.Read))
            {
                RandomAccess.Write(file, bytes, 0);
                RandomAccess.FlushToDisk(file);
            }

            File.Move(temporary, path, overwrite: true);
            DirectorySync.Flush(directory);
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            throw new IOException($"the spool's cursor {path} can't be written: {e.Message}", e);
        }
    }

    /// <summary>Reads it.</summary>
    /// <param name="problem">Why there is none, except when the file is just missing.</param>
    /// <returns>The index, or null when there is none that can be trusted.</returns>
    public static long? Read(string directory, out string? problem)
    {
        problem = null;
        var path = Path.Combine(directory, SpoolFiles.Cursor);
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> bytes = stackalloc byte[Bytes + 1];
            var count = RandomAccess.Read(file, bytes, 0);
            if (count == Bytes && bytes.StartsWith(Magic)
                && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == Version
                && BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) == RecordFormat.Checksum(bytes[..16], [])
                && BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]) is >= 0 and < long.MaxValue / 2 and var index)
                return index;
            problem = $"{path} is damaged or of another version";
        }
        catch (FileNotFoundException)
        {
        }
        catch (Exception e) when (DiskRefusal.Is(e))
        {
            problem = $"{path} can't be read: {e.Message}";
        }

        return null;
    }
}
