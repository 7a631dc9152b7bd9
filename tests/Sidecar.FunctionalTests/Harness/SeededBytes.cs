using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>An endless sequence of bytes that its seed determines, made as it is needed and hashed as it is taken.</summary>
internal sealed class SeededBytes(ulong seed) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private ulong _state = seed == 0 ? 1 : seed;

    /// <summary>SHA-256 of all that was taken.</summary>
    public string Hash => Convert.ToHexString(_hash.GetCurrentHash());

    /// <summary>The first bytes of a sequence, as one array.</summary>
    public static byte[] Of(ulong seed, int length)
    {
        using var bytes = new SeededBytes(seed);
        var array = new byte[length];
        bytes.Fill(array);
        return array;
    }

    /// <summary>Fills a span with the next bytes. The sequence is a function of the seed and the lengths of the portions.</summary>
    public void Fill(Span<byte> portion)
    {
        var rest = portion;
        for (; rest.Length >= 8; rest = rest[8..])
            BinaryPrimitives.WriteUInt64LittleEndian(rest, Next());
        for (var i = 0; i < rest.Length; i++)
            rest[i] = (byte)Next();
        _hash.AppendData(portion);
    }

    /// <summary>The next bytes in portions of random sizes, which the seed determines too. Each is valid until the next is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Portions(long length)
    {
        var sizes = new Random((int)seed);
        var buffer = new byte[128 * 1024];
        while (length > 0)
        {
            // Mostly large ones, some of a few bytes: both ways through every buffer on the path.
            var size = (int)Math.Min(length, sizes.Next(4) == 0 ? sizes.Next(1, 2000) : sizes.Next(1, buffer.Length));
            Fill(buffer.AsSpan(0, size));
            yield return buffer.AsMemory(0, size);
            length -= size;
        }
    }

    public void Dispose() => _hash.Dispose();

    // xorshift64 (Marsaglia 2003): no two portions alike, and quicker than any socket.
    private ulong Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return _state;
    }
}
