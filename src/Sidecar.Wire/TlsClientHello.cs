using System.Buffers.Binary;

namespace Sidecar.Wire;

/// <summary>
/// What a client asks for in the first message of a TLS connection (RFC 8446 §4.1.2), read without being part of the connection: the
/// application protocols that it offers (RFC 7301). Throws for no input.
/// </summary>
public static class TlsClientHello
{
    /// <summary>More than any client sends, post-quantum key shares included; a longer one is not waited for.</summary>
    public const int MaxBytes = 16 * 1024;

    private const byte Handshake = 22;
    private const byte ClientHello = 1;
    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const int AlpnExtension = 16;

    /// <summary>Whether <paramref name="bytes"/>, the first of a connection, hold the whole message.</summary>
    public static TlsHelloStep Look(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > 0 && bytes[0] != Handshake)
            return TlsHelloStep.NotTls;
        if (bytes.Length > 1 && bytes[1] != 3)
            return TlsHelloStep.NotTls;
        if (bytes.Length < RecordHeader)
            return TlsHelloStep.Partial;
        // It may be split over records, which hardly anyone does; those offers are taken for unknown.
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[3..]);
        return bytes.Length >= RecordHeader + length || bytes.Length >= MaxBytes ? TlsHelloStep.Whole : TlsHelloStep.Partial;
    }

    /// <summary>The application protocols offered, in the client's order; none where the client offers none, or the message can't be read.</summary>
    /// <param name="bytes">As <see cref="Look"/> found whole.</param>
    public static IReadOnlyList<byte[]> Protocols(ReadOnlySpan<byte> bytes)
    {
        var protocols = new List<byte[]>();
        if (!TryExtensions(bytes, out var extensions))
            return protocols;
        while (TryTake(ref extensions, 2, out var type) && TryTakeVector(ref extensions, 2, out var extension))
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(type) != AlpnExtension)
                continue;
            if (!TryTakeVector(ref extension, 2, out var names))
                break;
            while (TryTakeVector(ref names, 1, out var name) && !name.IsEmpty)
                protocols.Add(name.ToArray());
            break;
        }

        return protocols;
    }

    private static bool TryExtensions(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> extensions)
    {
        extensions = default;
        if (Look(bytes) != TlsHelloStep.Whole || !TryTake(ref bytes, 3, out _) || !TryTakeVector(ref bytes, 2, out var record))
            return false;
        // Version and random; then session id, cipher suites and compression methods, each with its length.
        return record.Length > MessageHeader && record[0] == ClientHello
            && TryTake(ref record, MessageHeader + 2 + 32, out _)
            && TryTakeVector(ref record, 1, out _) && TryTakeVector(ref record, 2, out _) && TryTakeVector(ref record, 1, out _)
            && TryTakeVector(ref record, 2, out extensions);
    }

    private static bool TryTake(scoped ref ReadOnlySpan<byte> bytes, int count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (bytes.Length < count)
            return false;
        taken = bytes[..count];
        bytes = bytes[count..];
        return true;
    }

    /// <summary>Takes a vector off: its length in one or two bytes, then so many.</summary>
    private static bool TryTakeVector(scoped ref ReadOnlySpan<byte> bytes, int lengthBytes, out ReadOnlySpan<byte> vector)
    {
        vector = default;
        return TryTake(ref bytes, lengthBytes, out var length)
            && TryTake(ref bytes, lengthBytes == 1 ? length[0] : BinaryPrimitives.ReadUInt16BigEndian(length), out vector);
    }
}

/// <summary>How much of a client's first TLS message is there.</summary>
public enum TlsHelloStep : byte
{
    /// <summary>More of it is to come.</summary>
    Partial,

    /// <summary>All that is needed to read it.</summary>
    Whole,

    /// <summary>The connection does not begin with TLS.</summary>
    NotTls,
}
