using System.IO.Compression;
using System.Text;
using CsCheck;
using Sidecar.Model;
using ZstdSharp;

namespace Sidecar.Tests.Model;

public sealed class ContentDecoderTests : IDisposable
{
    private const int Limit = 1 << 20;
    private readonly ContentDecoder _decoder = new(Limit);

    public static TheoryData<ContentCoding> Codings => [ContentCoding.Gzip, ContentCoding.Deflate, ContentCoding.Brotli, ContentCoding.Zstd];

    public void Dispose() => _decoder.Dispose();

    [Theory]
    [InlineData("", ContentCoding.Identity)]
    [InlineData("identity", ContentCoding.Identity)]
    [InlineData("GZip", ContentCoding.Gzip)]
    [InlineData("x-gzip", ContentCoding.Gzip)]
    [InlineData("deflate", ContentCoding.Deflate)]
    [InlineData("br", ContentCoding.Brotli)]
    [InlineData("zstd", ContentCoding.Zstd)]
    [InlineData("gzip, br", ContentCoding.Unsupported)]
    [InlineData("compress", ContentCoding.Unsupported)]
    [InlineData("snappy", ContentCoding.Unsupported)]
    public void Name_is_the_coding(string name, ContentCoding coding) => Assert.Equal(coding, ContentCodings.Parse(Encoding.ASCII.GetBytes(name)));

    [Theory]
    [MemberData(nameof(Codings))]
    public void What_was_coded_is_decoded(ContentCoding coding)
    {
        Gen.Byte.Array[0, 3000].Sample(plain =>
        {
            using var decoder = new ContentDecoder(Limit);
            Assert.Equal(DecodingResult.Decoded, decoder.TryDecode(coding, Encode(coding, plain), out var decoded));
            Assert.Equal(plain, decoded.ToArray());
        }, iter: 200);
        var large = new byte[Limit];
        new Random(1).NextBytes(large.AsSpan(0, 300_000));
        Assert.Equal(DecodingResult.Decoded, _decoder.TryDecode(coding, Encode(coding, large), out var whole));
        Assert.True(whole.Span.SequenceEqual(large));
    }

    [Fact]
    public void Raw_deflate_under_zlibs_name_is_decoded()
    {
        using var coded = new MemoryStream();
        using (var deflate = new DeflateStream(coded, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write("""{"inputs":[]}"""u8);
        Assert.Equal(DecodingResult.Decoded, _decoder.TryDecode(ContentCoding.Deflate, coded.ToArray(), out var decoded));
        Assert.Equal("""{"inputs":[]}""", Encoding.ASCII.GetString(decoded.Span));
    }

    [Theory]
    [MemberData(nameof(Codings))]
    public void Bomb_is_too_large_and_costs_no_more_than_the_bound(ContentCoding coding)
    {
        var bomb = Encode(coding, new byte[64 * Limit]);
        Assert.True(bomb.Length < Limit, "no bomb");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(DecodingResult.TooLarge, _decoder.TryDecode(coding, bomb, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 12 * Limit);
        Assert.Equal(DecodingResult.TooLarge, _decoder.TryDecode(coding, Encode(coding, new byte[Limit + 1]), out _));
    }

    [Theory]
    [MemberData(nameof(Codings))]
    public void Body_that_ends_early_is_malformed(ContentCoding coding)
    {
        var plain = new byte[5000];
        new Random(2).NextBytes(plain);
        var coded = Encode(coding, plain);
        for (var length = 1; length < coded.Length - 8; length += 97)
            Assert.Equal(DecodingResult.Malformed, _decoder.TryDecode(coding, coded.AsMemory(0, length), out _));
    }

    [Theory]
    [MemberData(nameof(Codings))]
    public void Damaged_bodies_throw_nothing_and_stay_in_bounds(ContentCoding coding)
    {
        var random = new Random(3);
        var plain = Encoding.ASCII.GetBytes(string.Join(',', Enumerable.Range(0, 500).Select(i => i * 0.37)));
        for (var i = 0; i < 3000; i++)
        {
            var coded = Encode(coding, plain);
            for (var flips = random.Next(1, 6); flips > 0; flips--)
                coded[random.Next(coded.Length)] = (byte)random.Next(256);
            if (_decoder.TryDecode(coding, coded, out var decoded) == DecodingResult.Decoded)
                Assert.InRange(decoded.Length, 0, Limit);
        }

        // And the decoder still works.
        Assert.Equal(DecodingResult.Decoded, _decoder.TryDecode(coding, Encode(coding, plain), out var last));
        Assert.True(last.Span.SequenceEqual(plain));
    }

    [Fact]
    public void Zstd_with_a_window_of_128_MiB_is_refused()
    {
        using var compressor = new Compressor(19);
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_windowLog, 27);
        using var coded = new MemoryStream();
        using (var stream = new CompressionStream(coded, compressor, leaveOpen: true))
            stream.Write(new byte[1000]);
        Assert.Equal(DecodingResult.Malformed, _decoder.TryDecode(ContentCoding.Zstd, coded.ToArray(), out _));
    }

    internal static byte[] Encode(ContentCoding coding, byte[] plain)
    {
        using var coded = new MemoryStream();
        using (Stream stream = coding switch
        {
            ContentCoding.Gzip => new GZipStream(coded, CompressionLevel.Optimal, leaveOpen: true),
            ContentCoding.Deflate => new ZLibStream(coded, CompressionLevel.Optimal, leaveOpen: true),
            ContentCoding.Brotli => new BrotliStream(coded, CompressionLevel.Fastest, leaveOpen: true),
            _ => new CompressionStream(coded, leaveOpen: true),
        })
            stream.Write(plain);
        return coded.ToArray();
    }
}
