using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.RegularExpressions;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>The messages of a gRPC call's direction.</summary>
internal sealed class GrpcMessageTarget : FuzzTarget
{
    private readonly SplitMix _cuts = new(0);
    private long _messages;
    private long _malformed;

    public override string Name => "grpc-messages";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        [], [0, 0, 0, 0, 0], [0, 0, 0, 0, 3, 1, 2, 3], [1, 0, 0, 0, 1, 9, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, .. new byte[300]], [0, 0xFF, 0xFF, 0xFF, 0xFF, 1],
        [.. Enumerable.Range(0, 20).SelectMany(i => (byte[])[(byte)(i & 1), 0, 0, 0, (byte)i, .. new byte[i]])],
    ];

    public override IReadOnlyList<byte[]> Tokens { get; } = [[0, 0, 0, 0, 0], [1, 0, 0, 0, 1], [0, 0, 0, 0, 5], [2], [0, 0xFF, 0xFF, 0xFF, 0xFF]];

    public override string Outcomes => $"{_messages} messages, {_malformed} inputs malformed";

    public override void Check(ReadOnlySpan<byte> input)
    {
        _cuts.Restart(SeedOf(input));
        GrpcMessageReader whole = default, split = default;
        whole.Read(input);
        for (var rest = input; !rest.IsEmpty;)
        {
            var length = Math.Min(rest.Length, 1 + _cuts.Below(_cuts.Below(2) == 0 ? 3 : 40));
            split.Read(rest[..length]);
            rest = rest[length..];
        }

        Require((whole.Messages, whole.CompressedMessages, whole.Malformed, whole.InMessage) == (split.Messages, split.CompressedMessages, split.Malformed, split.InMessage),
            "counted the same however the bytes come");
        _messages += whole.Messages;
        _malformed += whole.Malformed ? 1 : 0;

        long taken = 0, compressed = 0;
        for (var rest = input; GrpcMessageReader.TryTake(ref rest, out var isCompressed, out var message); taken++)
        {
            compressed += isCompressed ? 1 : 0;
            Require(message.IsEmpty || message.Overlaps(input), "a message points into its bytes");
        }

        Require((taken, compressed) == (whole.Messages, whole.CompressedMessages), "taken as counted");
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        GrpcMessageReader reader = default;
        reader.Read(input);
        var (at, messages, malformed) = (0L, 0, false);
        while (at < input.Length && !(malformed = input[(int)at] > 1) && at + 5 <= input.Length
            && at + 5 + BinaryPrimitives.ReadUInt32BigEndian(input[((int)at + 1)..]) <= input.Length)
        {
            at += 5 + BinaryPrimitives.ReadUInt32BigEndian(input[((int)at + 1)..]);
            messages++;
        }

        Require((reader.Messages, reader.Malformed) == (messages, malformed), "counted as over all bytes at once");
    }
}

/// <summary>The values of <c>grpc-timeout</c>.</summary>
internal sealed partial class GrpcTimeoutTarget : FuzzTarget
{
    private long _timeouts;

    public override string Name => "grpc-timeout";

    public override IReadOnlyList<byte[]> Seeds { get; } =
        [.. new[] { "", "1S", "100m", "99999999H", "00000001n", "2562047H", "2562048H", "12345678u", "5M", "0S", "1 S", "+1S", "123456789S" }.Select(Encoding.ASCII.GetBytes)];

    public override IReadOnlyList<byte[]> Tokens { get; } = [.. "HMSmun0123456789 +-.,".Select(letter => (byte[])[(byte)letter])];

    public override string Outcomes => $"{_timeouts} were timeouts";

    [GeneratedRegex(@"\A([0-9]{1,8})([HMSmun])\z", RegexOptions.CultureInvariant)]
    private static partial Regex Timeout();

    public override void Check(ReadOnlySpan<byte> input)
    {
        var nanos = GrpcTimeout.Nanos(input);
        Require(nanos >= 0, "no negative time");
        _timeouts += nanos > 0 ? 1 : 0;
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var expected = BigInteger.Zero;
        if (Timeout().Match(Encoding.Latin1.GetString(input)) is { Success: true } parts)
        {
            var unit = parts.Groups[2].Value switch { "H" => 3600L * 1_000_000_000, "M" => 60L * 1_000_000_000, "S" => 1_000_000_000, "m" => 1_000_000, "u" => 1000, _ => 1 };
            expected = BigInteger.Parse(parts.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) * unit;
        }

        // More than a long holds is as good as none.
        Require(GrpcTimeout.Nanos(input) == (expected > long.MaxValue ? 0 : expected), "as the text says");
    }
}
