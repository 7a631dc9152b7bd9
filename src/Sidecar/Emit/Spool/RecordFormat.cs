using System.Buffers.Binary;
using System.Numerics;

namespace Sidecar.Emit.Spool;

/// <summary>
/// The bytes of a segment: a header of eight (magic, version), then records of <c>u32 body length | u32 CRC-32C | i64 index | i64 unix nanoseconds | body</c>,
/// all little-endian. The checksum covers everything behind itself.
/// </summary>
internal static class RecordFormat
{
    public const int SegmentHeaderBytes = 8;
    public const int HeaderBytes = 24;

    /// <summary>A longer length field is damage, so that reading never asks for more memory than this.</summary>
    public const int MaxBodyBytes = 16 * 1024 * 1024;

    private const uint Version = 1;

    private static ReadOnlySpan<byte> Magic => "SCSP"u8;

    /// <summary>What the first bytes of a segment file say.</summary>
    public enum Header : byte
    {
        Sound,

        /// <summary>Fewer bytes than a header: made by a run that was killed before its first write.</summary>
        Missing,

        /// <summary>Ours, but of a version that this program can't read.</summary>
        OtherVersion,

        /// <summary>Not ours, or damaged.</summary>
        Foreign,
    }

    public static void WriteSegmentHeader(Span<byte> target)
    {
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Version);
    }

    public static Header ReadSegmentHeader(ReadOnlySpan<byte> bytes) => bytes switch
    {
        { Length: < SegmentHeaderBytes } => Header.Missing,
        _ when !bytes.StartsWith(Magic) => Header.Foreign,
        _ when BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Version => Header.OtherVersion,
        _ => Header.Sound,
    };

    /// <summary>Writes what stands before the body.</summary>
    public static void WriteHeader(Span<byte> target, long index, long unixNanos, ReadOnlySpan<byte> body)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)body.Length);
        BinaryPrimitives.WriteInt64LittleEndian(target[8..], index);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], unixNanos);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], Checksum(target[8..HeaderBytes], body));
    }

    public static long Length(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadUInt32LittleEndian(header);

    public static long Index(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64LittleEndian(header[8..]);

    public static long UnixNanos(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64LittleEndian(header[16..]);

    /// <summary>True when a whole record's checksum is right.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> record) =>
        BinaryPrimitives.ReadUInt32LittleEndian(record[4..]) == Checksum(record[8..HeaderBytes], record[HeaderBytes..]);

    /// <summary>
    /// CRC-32C of the two after one another. It is an instruction of the processor on x64 and arm64 and part of the runtime, so no package is needed.
    /// It starts from ones: a stretch of zeros, which is what a file system leaves after a power loss, must not be a valid record.
    /// </summary>
    public static uint Checksum(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => ~Update(Update(uint.MaxValue, first), second);

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return crc;
    }
}
