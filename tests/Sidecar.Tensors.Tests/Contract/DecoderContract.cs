using System.Text;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests.Contract;

/// <summary>
/// What every <see cref="IProtocolDecoder"/> keeps to, whatever it is given: a result from the closed list and no exception, a message that is consistent with itself,
/// the limits, no allocation in the steady state, and no trace of the message before. A decoder joins with a class that derives from this one.
/// </summary>
public abstract class DecoderContract
{
    private static readonly DecodeLimits Small = new() { MaxTensors = 2, MaxBytes = 512, MaxDepth = 6 };

    protected abstract IProtocolDecoder Decoder { get; }

    /// <summary>Messages that decode, of every kind that the decoder knows.</summary>
    protected abstract IReadOnlyList<Sample> Good { get; }

    /// <summary>Small messages that ask for much: deep, wide or many. Each must come to an end, and take no more than the limits allow.</summary>
    protected abstract IReadOnlyList<Sample> Greedy { get; }

    [Fact]
    public void Good_messages_decode_and_are_consistent()
    {
        var message = new TensorMessage();
        foreach (var sample in Good)
        {
            var error = sample.Decode(Decoder, message);
            Assert.True(error == DecodeError.None, $"{error}: {Text(sample.Body)}");
            Assert.True(message.Count > 0 || message.HasError || message.IsFinal || message.HasModelName, Text(sample.Body));
            AssertConsistent(message, error, sample.Body);
        }
    }

    [Fact]
    public void A_message_cut_at_any_byte_is_judged_and_leaves_no_trace()
    {
        var message = new TensorMessage();
        foreach (var sample in Good)
        {
            var whole = Show(sample, sample.Body, message);
            for (var length = 0; length < sample.Body.Length; length++)
            {
                Show(sample, sample.Body.AsMemory(0, length), message);
                if (length % 16 == 0)
                    Assert.Equal(whole, Show(sample, sample.Body, message));
            }
        }
    }

    [Fact]
    public void Damaged_messages_are_judged_and_leave_no_trace()
    {
        var random = new Random(20261001);
        var message = new TensorMessage();
        var whole = Good.Select(sample => Show(sample, sample.Body, new TensorMessage())).ToArray();
        for (var round = 0; round < 20_000; round++)
        {
            var at = round % Good.Count;
            Show(Good[at], Damage(Good[at].Body, random), message);
            if (round % 50 == 0)
                Assert.Equal(whole[at], Show(Good[at], Good[at].Body, message));
        }
    }

    [Fact]
    public void Bytes_of_any_kind_are_judged()
    {
        var random = new Random(20261002);
        var message = new TensorMessage();
        for (var round = 0; round < 5_000; round++)
        {
            var body = new byte[random.Next(200)];
            random.NextBytes(body);
            Show(Good[round % Good.Count], body, message);
        }
    }

    [Fact]
    public void Numbers_and_nesting_of_any_size_are_judged_within_the_limits()
    {
        var message = new TensorMessage();
        List<Sample> samples = [.. Greedy];
        foreach (var like in Good)
        {
            foreach (var open in (string[])["[", "{\"a\":", "{\"inputs\":[", "{\"instances\":[", "[{\"a\":", "\n\u0003", "\"", "1,", "[],", "{},"])
                samples.Add(like with { Body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(open, 20_000))) });
            foreach (var number in (string[])["99999999999999999999", "-1", "1e999999999", "4294967296", "0." + new string('1', 5_000)])
                samples.Add(like with { Body = Encoding.Latin1.GetBytes(ReplaceDigits(Encoding.Latin1.GetString(like.Body), number)) });
        }

        foreach (var sample in samples)
            Show(sample, sample.Body, message);
        foreach (var sample in Greedy)
            Assert.NotEqual(DecodeError.None, sample.Decode(Decoder, message));
    }

    [Fact]
    public void Limits_are_kept()
    {
        var message = new TensorMessage(Small);
        var refused = 0;
        foreach (var sample in (Sample[])[.. Good, .. Greedy])
        {
            var error = sample.Decode(Decoder, message);
            refused += error == DecodeError.TooLarge ? 1 : 0;
            AssertConsistent(message, error, sample.Body);
            Assert.InRange(message.Count, 0, Small.MaxTensors);
            Assert.InRange(Enumerable.Range(0, message.Count).Sum(i => (long)message.Data(i).Length), 0, Small.MaxBytes + sample.Body.Length);
        }

        Assert.InRange(refused, 1, int.MaxValue);
    }

    [Fact]
    public void Good_and_bad_messages_allocate_nothing_once_the_buffers_have_grown()
    {
        var random = new Random(20261003);
        (Sample Sample, byte[] Body)[] bodies =
        [
            .. Good.Select(sample => (sample, sample.Body)),
            .. Good.Select(sample => (sample, sample.Body[..(sample.Body.Length / 2)])),
            .. Good.Select(sample => (sample, Damage(sample.Body, random))),
            .. Greedy.Where(sample => sample.Body.Length < 1000).Select(sample => (sample, sample.Body)),
        ];
        var message = new TensorMessage(new DecodeLimits { MaxBytes = 1 << 20 });
        var tensors = 0;
        void DecodeAll()
        {
            foreach (var (sample, body) in bodies)
            {
                sample.Decode(Decoder, body, message);
                tensors += message.Count;
            }
        }

        for (var round = 0; round < 40; round++)
            DecodeAll();
        Assert.Equal(0, Allocated.Least(DecodeAll, rounds: 5));
        Assert.NotEqual(0, tensors);
    }

    [Fact]
    public void Nothing_of_a_message_is_in_the_next_one()
    {
        var message = new TensorMessage();
        foreach (var first in Good)
        {
            foreach (var second in Good)
            {
                first.Decode(Decoder, message);
                Assert.Equal(Show(second, second.Body, new TensorMessage()), Show(second, second.Body, message));
            }
        }
    }

    /// <summary>One to three bits, cuts or insertions.</summary>
    private static byte[] Damage(byte[] body, Random random)
    {
        var bytes = body.ToList();
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 0; times--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0 or 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.Insert(at, (byte)"{}[],:\"\\0123456789.eE+-truefalsn \n"[random.Next(34)]);
                    break;
            }
        }

        return [.. bytes];
    }

    private static string ReplaceDigits(string body, string with)
    {
        var text = new StringBuilder();
        for (var i = 0; i < body.Length; i++)
        {
            if (!char.IsAsciiDigit(body[i]))
            {
                text.Append(body[i]);
                continue;
            }

            while (i + 1 < body.Length && char.IsAsciiDigit(body[i + 1]))
                i++;
            text.Append(with);
        }

        return text.ToString();
    }

    private string Show(Sample sample, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        var error = sample.Decode(Decoder, body, into);
        AssertConsistent(into, error, body.Span);
        return Shown.Message(into, error);
    }

    private static void AssertConsistent(TensorMessage message, DecodeError error, ReadOnlySpan<byte> body)
    {
        Assert.True(Enum.IsDefined(error));
        // What broke off holds what came before, finished or not; nobody looks at it.
        var brokeOff = error is DecodeError.Malformed or DecodeError.Truncated or DecodeError.TooLarge or DecodeError.NotInference;
        var first = DecodeError.None;
        for (var i = 0; i < message.Count; i++)
        {
            var tensor = message[i];
            _ = message.Name(i).Length;
            first = first == DecodeError.None ? tensor.Error : first;
            if (tensor.Error != DecodeError.None || brokeOff)
            {
                Assert.True(message.Data(i).IsEmpty || brokeOff, Text(body));
                continue;
            }

            var texts = 0;
            foreach (var text in message.Strings(i))
                texts++;
            var elements = tensor.DataType == DataType.Bytes ? texts : message.Data(i).Length / Math.Max(1, tensor.DataType.Size());
            var product = tensor.Shape.ToArray().Aggregate(1L, (left, right) => left * right);
            Assert.True(elements == tensor.Elements && product == tensor.Elements, $"{Shown.Tensor(message, i)}: {Text(body)}");
            Assert.InRange(tensor.NullCount, 0, tensor.Elements);
        }

        // A tensor at fault is never passed over in silence.
        Assert.True(error != DecodeError.None || first == DecodeError.None, Text(body));
    }

    private static string Text(ReadOnlySpan<byte> body) => string.Concat(
        Encoding.Latin1.GetString(body[..Math.Min(body.Length, 1_000)]).Select(c => char.IsControl(c) || c > '~' ? $"\\x{(int)c:X2}" : c.ToString()));
}
