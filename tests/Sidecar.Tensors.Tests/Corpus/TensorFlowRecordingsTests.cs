using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sidecar.Testing;
using Sidecar.Tensors.Tests.OpenInference;

namespace Sidecar.Tensors.Tests.Corpus;

/// <summary>Recorded conversations over TensorFlow Serving's real protos: the messages decode to what client and server saw themselves.</summary>
public class TensorFlowRecordingsTests(ITestOutputHelper output)
{
    private readonly TensorMessage _message = new();
    private int _messages;

    [Fact]
    public void Messages_of_recorded_conversations_decode_to_what_client_and_server_saw()
    {
        foreach (var folder in Directory.EnumerateDirectories(Fixtures.Require("corpus", "tfserving-grpc")).Order(StringComparer.Ordinal))
        {
            using var expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
            var requests = RecordedGrpc.Streams(File.ReadAllBytes(Path.Combine(folder, "client.bin")));
            var answers = RecordedGrpc.Streams(File.ReadAllBytes(Path.Combine(folder, "server.bin")));
            var exchanges = expected.RootElement.GetProperty("exchanges").EnumerateArray().ToList();
            // One call after another; one that failed has no message in its answer.
            Assert.Equal(exchanges.Count, requests.Count);
            var answer = 0;
            for (var i = 0; i < exchanges.Count; i++)
            {
                var path = Encoding.UTF8.GetBytes(exchanges[i].GetProperty("path").GetString()!);
                Check(path, requests[i][0], exchanges[i].GetProperty("request"), isRequest: true);
                if (exchanges[i].TryGetProperty("response", out var response))
                    Check(path, answers[answer++][0], response, isRequest: false);
            }
        }

        output.WriteLine($"{_messages} messages");
        // What the recordings held when this was written: fewer would mean that the test lost sight of them.
        Assert.True(_messages >= 17, $"only {_messages} messages were checked");
    }

    private void Check(byte[] path, byte[] body, JsonElement expected, bool isRequest)
    {
        var head = new MessageHead { Path = path };
        if (ProtocolDecoders.Of(InferencePath.Parse(path).Protocol) is not { } decoder)
            return; // metadata
        var error = isRequest ? decoder.DecodeRequest(head, body, _message) : decoder.DecodeResponse(head, body, _message);
        var model = expected.GetProperty("model");
        Assert.Equal(model.GetProperty("name").GetString(), Decoded.Text(_message.ModelName));
        Assert.Equal(model.TryGetProperty("version", out var version) ? version.GetString() : "", Decoded.Text(_message.ModelVersion));
        if (expected.TryGetProperty("examples", out var examples))
            CheckExamples(examples);
        else
            Assert.Equal(DecodeError.None, error);
        if (expected.TryGetProperty("tensors", out var tensors))
            Assert.Equal(tensors.EnumerateArray().Select(Line), Enumerable.Range(0, _message.Count).Select(Line));
        if (expected.TryGetProperty("classes", out var classes))
            Assert.Equal(classes.EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(one => one[0].GetString()!), Decoded.Texts(_message, _message.Find("classes"u8)));
        if (expected.TryGetProperty("values", out var values))
            Assert.Equal(values.EnumerateArray().Select(value => value.GetSingle()), _message.Values<float>(_message.Find("value"u8)).ToArray());
        if (expected.TryGetProperty("output_filter", out var filter))
            Assert.Equal(filter.EnumerateArray().Select(name => name.GetString()!), Enumerable.Range(0, _message.RequestedCount).Select(i => Decoded.Text(_message.RequestedName(i))));
        _messages++;
    }

    /// <summary>Each feature of each example is where its column says.</summary>
    private void CheckExamples(JsonElement examples)
    {
        foreach (var name in examples.EnumerateArray().SelectMany(row => row.EnumerateObject()).Select(feature => feature.Name).Distinct())
        {
            var i = _message.Find(Encoding.UTF8.GetBytes(name));
            var rows = examples.EnumerateArray().Select(row => row.GetProperty(name).EnumerateArray().Select(value => value.ToString()).ToList()).ToList();
            if (rows.Any(row => row.Count != rows[0].Count))
                Assert.Equal(DecodeError.ShapeMismatch, _message[i].Error);
            else
                Assert.Equal(rows.SelectMany(row => row), Values(i));
        }
    }

    private List<string> Values(int i) => _message[i].DataType switch
    {
        DataType.Bytes => Decoded.Texts(_message, i),
        DataType.Fp32 => [.. _message.Values<float>(i).ToArray().Select(value => value.ToString(System.Globalization.CultureInfo.InvariantCulture))],
        _ => [.. _message.Values<long>(i).ToArray().Select(value => value.ToString(System.Globalization.CultureInfo.InvariantCulture))],
    };

    private static string Line(JsonElement tensor) =>
        $"{tensor.GetProperty("name").GetString()} {tensor.GetProperty("datatype").GetString()} [{string.Join(',', tensor.GetProperty("shape").EnumerateArray())}] {tensor.GetProperty("sha256").GetString()}";

    private string Line(int i) =>
        $"{Decoded.Text(_message.Name(i))} {_message[i].DataType.Name()} [{string.Join(',', _message[i].Shape.ToArray())}] {Convert.ToHexStringLower(SHA256.HashData(_message.Data(i)))}";
}
