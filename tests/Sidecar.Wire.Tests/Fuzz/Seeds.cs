using Sidecar.Testing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>What fuzzing begins with: recorded connections between real programs, and generated ones.</summary>
internal static class Seeds
{
    // A recording of megabytes has its variety at the start.
    private const int Longest = 1800;

    /// <summary>The beginnings of the recordings kept here, and of those beside the checkout where there are any, as scripts.</summary>
    public static IReadOnlyList<byte[]> Recorded(WireProtocol protocol, bool withPreface = true)
    {
        var roots = new List<string> { Path.Combine(AppContext.BaseDirectory, "golden") };
        if (Fixtures.Root is { } fixtures && Directory.Exists(Path.Combine(fixtures, "corpus")))
            roots.Add(Path.Combine(fixtures, "corpus"));
        return [.. roots.SelectMany(Recording.All).Where(recording => recording.Protocol == protocol)
            .Select(recording => Script.Of(Beginning(recording.Steps(), withPreface ? 0 : H2.Preface.Length)))];
    }

    /// <summary>Generated valid conversations, and those that become HTTP/2 by an upgrade.</summary>
    public static IReadOnlyList<byte[]> Generated(WireProtocol protocol, int count, bool withPreface = true)
    {
        var random = new Random(7541);
        return [.. Enumerable.Range(0, count).Select(_ => Script.Of(protocol == WireProtocol.Http1
            ? Beginning(Conversation.Random(random).Steps, 0)
            : Beginning(Http2Conversation.Random(random, upgraded: withPreface && random.Next(5) == 0).Steps, withPreface ? 0 : H2.Preface.Length)))];
    }

    /// <summary>Heads of HTTP/1.x as they were recorded and generated.</summary>
    public static IEnumerable<byte[]> Heads(bool ofClient)
    {
        var heads = new List<byte[]>();
        foreach (var script in Recorded(WireProtocol.Http1).Concat(Generated(WireProtocol.Http1, 200)))
        {
            ReadOnlySpan<byte> rest = script.AsSpan(1);
            while (Script.Next(ref rest, out _, out var isClient, out var bytes))
            {
                var end = bytes.IndexOf("\r\n\r\n"u8);
                if (isClient == ofClient && end > 0)
                    heads.Add(bytes[..(end + 4)].ToArray());
            }
        }

        return heads.DistinctBy(Convert.ToHexString);
    }

    private static IEnumerable<(char, byte[])> Beginning(IEnumerable<(char Side, byte[] Bytes)> steps, int withoutOfClient)
    {
        var left = Longest;
        foreach (var (side, bytes) in steps)
        {
            var skipped = side == 'c' ? Math.Min(withoutOfClient, bytes.Length) : 0;
            withoutOfClient -= skipped;
            var piece = bytes[skipped..Math.Min(bytes.Length, skipped + left)];
            left -= piece.Length;
            if (piece.Length > 0)
                yield return (side, piece);
            if (left == 0)
                yield break;
        }
    }
}
