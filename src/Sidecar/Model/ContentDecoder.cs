using System.Buffers;
using System.IO.Compression;
using System.Runtime.InteropServices;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Sidecar.Model;

/// <summary>What came of undoing a coding.</summary>
public enum DecodingResult : byte
{
    Decoded,

    /// <summary>The bytes are not of the coding, or end early.</summary>
    Malformed,

    /// <summary>They expand to more than the decoder's bound.</summary>
    TooLarge,

    /// <summary>The coding is not known.</summary>
    Unsupported,
}

/// <summary>
/// Undoes content codings, never on a relay thread. What a body expands to is bounded, and so are time and memory, whatever its bytes claim. Not thread-safe;
/// keeps one buffer, and what it gave is valid until its next call.
/// </summary>
/// <param name="maxBytes">The most that a body may expand to.</param>
public sealed class ContentDecoder(int maxBytes) : IDisposable
{
    // RFC 9659: the window that a decoder of HTTP's zstd must support, and may refuse above.
    private const int MaxZstdWindowLog = 23;

    private byte[] _buffer = [];
    private Decompressor? _zstd;

    /// <summary>Undoes <paramref name="coding"/>. Throws for no input.</summary>
    public DecodingResult TryDecode(ContentCoding coding, ReadOnlyMemory<byte> coded, out ReadOnlyMemory<byte> decoded)
    {
        var result = Decode(coding, coded, out decoded);
        if (coding == ContentCoding.Zstd && result != DecodingResult.Decoded)
        {
            // It is somewhere in a frame, and would go on there.
            _zstd?.Dispose();
            _zstd = null;
        }

        return result;
    }

    /// <inheritdoc/>
    public void Dispose() => _zstd?.Dispose();

    private DecodingResult Decode(ContentCoding coding, ReadOnlyMemory<byte> coded, out ReadOnlyMemory<byte> decoded)
    {
        decoded = default;
        try
        {
            switch (coding)
            {
                case ContentCoding.Identity:
                    decoded = coded;
                    return DecodingResult.Decoded;
                case ContentCoding.Gzip:
                    using (var gzip = new GZipStream(Open(coded), CompressionMode.Decompress))
                        return Read(gzip, out decoded);
                case ContentCoding.Deflate:
                    using (Stream deflate = IsZlib(coded.Span) ? new ZLibStream(Open(coded), CompressionMode.Decompress) : new DeflateStream(Open(coded), CompressionMode.Decompress))
                        return Read(deflate, out decoded);
                case ContentCoding.Brotli:
                    return ReadBrotli(coded.Span, out decoded);
                case ContentCoding.Zstd:
                    using (var zstd = new DecompressionStream(Open(coded), Zstd(), checkEndOfStream: true, preserveDecompressor: true, leaveOpen: false))
                        return Read(zstd, out decoded);
                default:
                    return DecodingResult.Unsupported;
            }
        }
        catch (Exception failure) when (failure is InvalidDataException or ZstdException or EndOfStreamException or IOException)
        {
            // The libraries' streams say so by exceptions; here it costs a sampled body, not a request.
            return DecodingResult.Malformed;
        }
    }

    private static MemoryStream Open(ReadOnlyMemory<byte> coded) => MemoryMarshal.TryGetArray(coded, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(coded.ToArray(), writable: false);

    // RFC 1950 §2.2: the method is 8, and the first two bytes are a multiple of 31.
    private static bool IsZlib(ReadOnlySpan<byte> coded) => coded.Length >= 2 && (coded[0] & 0xF) == 8 && ((coded[0] << 8) | coded[1]) % 31 == 0;

    private Decompressor Zstd()
    {
        if (_zstd is null)
        {
            _zstd = new Decompressor();
            _zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxZstdWindowLog);
        }

        return _zstd;
    }

    private DecodingResult Read(Stream stream, out ReadOnlyMemory<byte> decoded)
    {
        var count = 0;
        decoded = default;
        while (true)
        {
            if (count == _buffer.Length && !Grow())
                return stream.ReadByte() < 0 ? Give(count, out decoded) : DecodingResult.TooLarge;
            var read = stream.Read(_buffer, count, _buffer.Length - count);
            if (read == 0)
                return Give(count, out decoded);
            count += read;
        }
    }

    private DecodingResult ReadBrotli(ReadOnlySpan<byte> coded, out ReadOnlyMemory<byte> decoded)
    {
        using var brotli = new BrotliDecoder();
        var count = 0;
        decoded = default;
        while (true)
        {
            var status = brotli.Decompress(coded, _buffer.AsSpan(count), out var consumed, out var written);
            coded = coded[consumed..];
            count += written;
            if (status == OperationStatus.Done)
                return Give(count, out decoded);
            if (status != OperationStatus.DestinationTooSmall)
                return DecodingResult.Malformed;
            if (count == _buffer.Length && !Grow())
                return DecodingResult.TooLarge;
        }
    }

    private DecodingResult Give(int count, out ReadOnlyMemory<byte> decoded)
    {
        decoded = _buffer.AsMemory(0, count);
        return DecodingResult.Decoded;
    }

    private bool Grow()
    {
        if (_buffer.Length >= maxBytes)
            return false;
        Array.Resize(ref _buffer, (int)Math.Min(maxBytes, Math.Max(64 * 1024, 2L * _buffer.Length)));
        return true;
    }
}
