using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using CsCheck;
using Sidecar.Tensors.Tests.OpenInference;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests.OpenAi;

public class PropertyTests
{
    private static readonly (string Path, bool IsChunk, string Body)[] Answers =
    [
        (OpenAi.Chat, false, """{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hallo \u2603"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"""),
        (OpenAi.Chat, true, """{"id":"c","choices":[{"index":1,"delta":{"content":"☃","tool_calls":[{"index":0}]},"finish_reason":"length"}],"usage":null}"""),
        (OpenAi.Completions, false, """{"choices":[{"text":"a\ud83d\ude80b","index":0,"finish_reason":"length"}]}"""),
        (OpenAi.Embeddings, false, """{"data":[{"embedding":[0.5,-1e-3],"index":0},{"embedding":[1,2]}],"usage":{"prompt_tokens":1}}"""),
        (OpenAi.Embeddings, false, """{"data":[{"embedding":"AACAPwAAAMA="},{"embedding":"AACAPwAAAMA="}]}"""),
        (OpenAi.Responses, false, """{"id":"r","status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"message","content":[{"text":"abc"}]}],"usage":{"input_tokens":1,"output_tokens":2}}"""),
        (OpenAi.Responses, true, """{"type":"response.completed","response":{"id":"r","status":"completed","usage":{"output_tokens":2}}}"""),
        (OpenAi.Chat, false, """{"error":{"message":"no","type":"t","code":400}}"""),
    ];

    private static readonly (string Path, string Body)[] Requests =
    [
        (OpenAi.Chat, """{"model":"m","messages":[{"role":"system","content":"You test."},{"role":"user","content":[{"type":"text","text":"a ☃"}]}],"max_tokens":12,"temperature":0.5,"stream":true,"tools":[{"f":{}}]}"""),
        (OpenAi.Completions, """{"prompt":[[1,2],[3]],"max_tokens":null,"stream":false}"""),
        (OpenAi.Embeddings, """{"input":["a","b\n"],"model":"m"}"""),
        (OpenAi.Responses, """{"input":[{"role":"user","content":"hi"}],"instructions":"x"}"""),
    ];

    [Fact]
    public void Any_text_has_the_length_that_NET_gives_it_however_it_is_escaped()
    {
        Gen.String[Gen.Char, 0, 60].Sample(text =>
        {
            // Halves of pairs can't be written in UTF-8, and are in JSON all the same.
            var json = JsonSerializer.Serialize(text);
            var escaped = string.Concat(text.Select(unit => $"\\u{(int)unit:X4}"));
            var length = text.EnumerateRunes().Count();
            Assert.Equal($"prompts=1 prompt.characters={length} stream=false", OpenAi.Features(OpenAi.Completions, $$"""{"prompt":{{json}}}"""));
            Assert.Equal($"prompts=1 prompt.characters={length} stream=false", OpenAi.Features(OpenAi.Completions, $$"""{"prompt":"{{escaped}}"}"""));
        }, iter: 5_000, threads: 1);
    }

    [Fact]
    public void Every_prefix_of_a_message_is_truncated()
    {
        var message = new TensorMessage();
        foreach (var (path, isChunk, body) in Answers)
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            for (var length = 0; length < bytes.Length; length++)
                Assert.Equal(DecodeError.Truncated, OpenAi.Answer(path, bytes.AsMemory(0, length), message, isChunk));
        }

        foreach (var (path, body) in Requests)
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            for (var length = 0; length < bytes.Length; length++)
                Assert.Equal(DecodeError.Truncated, OpenAi.Request(path, bytes[..length], message));
        }
    }

    [Fact]
    public void Random_damage_never_throws_and_what_decodes_is_consistent()
    {
        var random = new Random(20261122);
        var message = new TensorMessage();
        var generation = new Generation();
        var decoded = 0;
        for (var round = 0; round < 100_000; round++)
        {
            var (path, isChunk, body) = Answers[round % Answers.Length];
            var bytes = Damage(body, random);
            var error = OpenAi.Answer(path, bytes, message, isChunk);
            decoded += error == DecodeError.None ? 1 : 0;
            AssertConsistent(message);
            if (error == DecodeError.None)
                generation.Add(message, round);
            if (round % 50 == 0)
            {
                if (generation.TrySummarise(message))
                    AssertConsistent(message);
                generation.Begin();
            }

            var (requestPath, request) = Requests[round % Requests.Length];
            OpenAi.Request(requestPath, Damage(request, random), message);
            AssertConsistent(message);
        }

        Assert.InRange(decoded, 1, 99_999);
    }

    [Fact]
    public void Any_stream_of_whole_events_is_cut_as_NET_cuts_it()
    {
        string[] pieces = ["data: a", "data:b", "data", "data:", "data:  c", ": x", "event: e", "id: 1", "retry: 5", "dat: z", "datax: y", ""];
        string[] ends = ["\n", "\r\n", "\r"];
        Gen.Select(Gen.Int[0, pieces.Length - 1], Gen.Int[0, 2]).Array[0, 30].Sample(lines =>
        {
            var text = string.Concat(lines.Select(line => pieces[line.Item1] + ends[line.Item2])) + "\n\n\n";
            var bytes = Encoding.UTF8.GetBytes(text);
            using var stream = new MemoryStream(bytes);
            var expected = SseParser.Create(stream).Enumerate().Select(item => item.Data).ToList();
            var events = new ServerSentEvents(bytes);
            List<string> found = [];
            while (events.Next(out var data))
                found.Add(Decoded.Text(data.Span));
            Assert.Equal(expected, found);
            Assert.Equal(0, events.Remaining);
        }, iter: 5_000, threads: 1);
    }

    [Fact]
    public void Good_and_bad_messages_of_every_kind_allocate_nothing_once_the_buffers_have_grown()
    {
        var message = new TensorMessage();
        var generation = new Generation();
        var decoder = new OpenAiDecoder();
        var bodies = Answers.Select(answer => (Path: Encoding.ASCII.GetBytes(answer.Path), answer.IsChunk, Body: Encoding.UTF8.GetBytes(answer.Body)))
            .Concat(Requests.Select(request => (Path: Encoding.ASCII.GetBytes(request.Path), IsChunk: false, Body: Encoding.UTF8.GetBytes(request.Body))))
            .Append((Path: Encoding.ASCII.GetBytes(OpenAi.Chat), IsChunk: true, Body: "[DONE]"u8.ToArray()))
            .ToArray();
        void DecodeAll()
        {
            generation.Begin();
            foreach (var (path, isChunk, body) in bodies)
            {
                var head = new MessageHead { Path = path, Format = isChunk ? BodyFormat.EventStream : BodyFormat.Json };
                decoder.DecodeRequest(head, body, message);
                if (decoder.DecodeResponse(head, body, message) == DecodeError.None)
                    generation.Add(message, 1);
                decoder.DecodeResponse(head, body.AsMemory(0, body.Length / 2), message);
            }

            generation.TrySummarise(message);
        }

        for (var round = 0; round < 5; round++)
            DecodeAll();
        Assert.Equal(0, Allocated.Least(DecodeAll));
    }

    private static byte[] Damage(string body, Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(body).ToList();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var at = random.Next(bytes.Count);
            var with = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"{}[],:\"\\0129.e-tfn "[random.Next(19)];
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
        }
    }
}
