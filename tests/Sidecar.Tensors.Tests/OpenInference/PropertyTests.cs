using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CsCheck;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.Tests.OpenInference;

public class PropertyTests
{
    [Fact]
    public void Any_tensors_written_in_any_way_decode_to_the_same_bytes()
    {
        var message = new TensorMessage();
        Gen.Int.Sample(seed =>
        {
            var sent = new RandomMessage(seed);
            var error = OpenInferenceJson.DecodeRequest(sent.Body, message);
            Assert.True(error == DecodeError.None, $"{error}: {Encoding.UTF8.GetString(sent.Body)}");
            Assert.Equal(sent.Id is not null, message.HasId);
            Assert.Equal(sent.Id ?? "", Decoded.Text(message.Id));
            Assert.Equal(sent.Tensors.Count, message.Count);
            for (var i = 0; i < message.Count; i++)
            {
                var expected = sent.Tensors[i];
                Assert.Equal(expected.Name, Decoded.Text(message.Name(i)));
                Assert.Equal(expected.Type, message[i].DataType);
                Assert.Equal(expected.Shape, Decoded.Shape(message, i));
                Assert.Equal(expected.Nulls, message[i].NullCount);
                Assert.True(message.Data(i).SequenceEqual(expected.Data), Encoding.UTF8.GetString(sent.Body));
            }
        }, iter: 5_000, threads: 1);
    }

    [Fact]
    public void Every_prefix_of_a_message_is_truncated()
    {
        var message = new TensorMessage();
        for (var seed = 0; seed < 200; seed++)
        {
            var body = new RandomMessage(seed).Body;
            var end = body.AsSpan().TrimEnd(" \r\n\t"u8).Length;
            for (var length = 0; length < end; length++)
                Assert.Equal(DecodeError.Truncated, OpenInferenceJson.DecodeRequest(body.AsSpan(0, length), message));
        }
    }

    [Fact]
    public void Random_damage_never_throws_and_what_decodes_is_consistent()
    {
        var bodies = Bodies();
        var random = new Random(20260101);
        var message = new TensorMessage();
        var decoded = 0;
        for (var round = 0; round < 100_000; round++)
        {
            var body = Damage(bodies[round % bodies.Length], random, alphabet: null);
            decoded += OpenInferenceJson.DecodeRequest(body, message) == DecodeError.None ? 1 : 0;
            AssertConsistent(message);
            OpenInferenceJson.DecodeResponse(body, message);
            AssertConsistent(message);
            OpenInferenceJson.DecodeMetadata(body, out _);
        }

        Assert.InRange(decoded, 1, 99_999);
    }

    [Fact]
    public void Random_damage_is_judged_as_System_Text_Json_judges_it()
    {
        var bodies = Bodies();
        var random = new Random(20260102);
        var valid = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var body = Damage(bodies[round % bodies.Length], random, "{}[],:\"\\0123456789.eE+-truefalsn \tu"u8);
            // Where the two differ on purpose: bare NaN and Infinity are taken, invalid UTF-8 is not.
            if (!Utf8.IsValid(body) || body.AsSpan().IndexOf("NaN"u8) >= 0 || body.AsSpan().IndexOf("Infinity"u8) >= 0)
                continue;
            var json = new JsonScanner(body, DecodeLimits.GreatestDepth);
            var ours = json.SkipValue() && json.AtEnd();
            Assert.True(ours == IsJson(body), Encoding.UTF8.GetString(body));
            valid += ours ? 1 : 0;
        }

        Assert.InRange(valid, 100, 19_000);
    }

    private static byte[][] Bodies() => [.. Enumerable.Range(0, 500).Select(seed => new RandomMessage(seed).Body)];

    private static bool IsJson(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>One to three flips, cuts or insertions; bytes from the alphabet, or any.</summary>
    private static byte[] Damage(byte[] body, Random random, ReadOnlySpan<byte> alphabet)
    {
        var bytes = body.ToList();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(bytes.Count);
            var with = alphabet.IsEmpty ? (byte)random.Next(256) : alphabet[random.Next(alphabet.Length)];
            switch (random.Next(3))
            {
                case 0:
                    bytes[at] = with;
                    break;
                case 1 when bytes.Count > 1:
                    bytes.RemoveAt(at);
                    break;
                default:
                    bytes.Insert(at, with);
                    break;
            }
        }

        return [.. bytes];
    }

    private static void AssertConsistent(TensorMessage message)
    {
        for (var i = 0; i < message.Count; i++)
        {
            var tensor = message[i];
            if (tensor.Error != DecodeError.None)
            {
                Assert.True(message.Data(i).IsEmpty);
                continue;
            }

            var texts = 0;
            foreach (var text in message.Strings(i))
                texts++;
            Assert.Equal(tensor.Elements, tensor.DataType == DataType.Bytes ? texts : message.Data(i).Length / tensor.DataType.Size());
            Assert.InRange(tensor.NullCount, 0, tensor.Elements);
        }
    }
}
