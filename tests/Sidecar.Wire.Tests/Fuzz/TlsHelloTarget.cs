using System.Text;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>A client's first message of TLS: found whole once and for all, and its offers as a reader that stumbles over the end reads them.</summary>
internal sealed class TlsHelloTarget : FuzzTarget
{
    private readonly long[] _steps = new long[Enum.GetValues<TlsHelloStep>().Length];
    private long _offers;

    public override string Name => "tls-hello";

    public override IReadOnlyList<byte[]> Seeds { get; } =
        [Hello(), Hello("h2"), Hello("h2", "http/1.1"), Hello("", "x"), [.. Hello("http/1.1"), 1, 2, 3], Hello([.. Enumerable.Range(0, 20).Select(i => $"p{i}")])];

    public override IReadOnlyList<byte[]> Tokens { get; } = [[22, 3, 1], [0, 16], [0, 0], [2, (byte)'h', (byte)'2'], [0xFF, 0xFF], [0], [1]];

    public override string Outcomes => $"{string.Join(", ", _steps.Select((count, step) => $"{(TlsHelloStep)step} {count}"))}, {_offers} offers";

    public override void Check(ReadOnlySpan<byte> input)
    {
        var before = TlsHelloStep.Partial;
        for (var length = 0; length <= input.Length; length += length < 16 ? 1 : 37)
        {
            var step = TlsClientHello.Look(input[..length]);
            Require(before == TlsHelloStep.Partial || step == before, "more bytes change nothing");
            before = step;
        }

        _steps[(int)TlsClientHello.Look(input)]++;
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var offers = TlsClientHello.Protocols(input).Select(Convert.ToHexString).ToList();
        _offers += offers.Count;
        var expected = new List<string>();
        try
        {
            if (TlsClientHello.Look(input) == TlsHelloStep.Whole)
                Read(input.ToArray(), expected);
        }
        catch (EndOfStreamException)
        {
            // It lies about a length: what was offered before that counts.
        }

        Require(expected.SequenceEqual(offers), "the offers are those of a plain reader");
    }

    // RFC 8446 §4.1.2, RFC 7301 §3.1.
    private static void Read(byte[] input, List<string> offers)
    {
        var record = Vector16(input[3..], out _);
        if (record.Length <= 4 || record[0] != 1)
            return;
        var rest = Take(record, 4 + 2 + 32, out _);
        rest = Take(rest, 1, out var length);
        rest = Take(rest, length[0], out _);
        _ = Vector16(rest, out rest); // the cipher suites
        rest = Take(rest, 1, out length);
        rest = Take(rest, length[0], out _);
        for (var extensions = Vector16(rest, out _); extensions.Length > 0;)
        {
            extensions = Take(extensions, 2, out var type);
            var body = Vector16(extensions, out extensions);
            if (type is not [0, 16])
                continue;
            for (var names = Vector16(body, out _); names.Length > 0;)
            {
                names = Take(names, 1, out length);
                names = Take(names, length[0], out var name);
                if (name.Length == 0)
                    return;
                offers.Add(Convert.ToHexString(name));
            }

            return;
        }
    }

    private static byte[] Vector16(byte[] bytes, out byte[] rest)
    {
        var after = Take(bytes, 2, out var length);
        rest = Take(after, (length[0] << 8) | length[1], out var vector);
        return vector;
    }

    private static byte[] Take(byte[] bytes, int count, out byte[] taken)
    {
        if (bytes.Length < count)
            throw new EndOfStreamException();
        taken = bytes[..count];
        return bytes[count..];
    }

    private static byte[] Hello(params string[] offers)
    {
        var names = offers.SelectMany(offer => (byte[])[(byte)offer.Length, .. Encoding.ASCII.GetBytes(offer)]).ToArray();
        byte[] alpn = offers.Length == 0 ? [] : [0, 16, .. Two([.. Two(names)])];
        byte[] body = [3, 3, .. new byte[32], 2, 9, 9, .. Two([0x13, 1, 0x13, 2]), 1, 0, .. Two([0, 10, 0, 2, 0, 0, .. alpn, 0, 43, 0, 0])];
        return [22, 3, 1, .. Two([1, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body])];

        static byte[] Two(byte[] content) => [(byte)(content.Length >> 8), (byte)content.Length, .. content];
    }
}
