using System.Globalization;
using System.Text;
using Sidecar.Tensors.Tests.OpenInference;

namespace Sidecar.Tensors.Tests.OpenAi;

/// <summary>Short words for tests: decode a text, say in a line what came of it.</summary>
internal static class OpenAi
{
    public const string Chat = "/v1/chat/completions";
    public const string Completions = "/v1/completions";
    public const string Embeddings = "/v1/embeddings";
    public const string Responses = "/v1/responses";

    private static readonly OpenAiDecoder Decoder = new();

    public static DecodeError Request(string path, byte[] body, TensorMessage into) =>
        Decoder.DecodeRequest(new MessageHead { Path = Encoding.UTF8.GetBytes(path), Format = BodyFormat.Json }, body, into);

    public static DecodeError Answer(string path, ReadOnlyMemory<byte> body, TensorMessage into, bool isChunk = false) =>
        Decoder.DecodeResponse(new MessageHead { Path = Encoding.UTF8.GetBytes(path), Format = isChunk ? BodyFormat.EventStream : BodyFormat.Json }, body, into);

    /// <summary>The features of a good request.</summary>
    public static string Features(string path, string body)
    {
        var message = new TensorMessage();
        Assert.Equal(DecodeError.None, Request(path, Encoding.UTF8.GetBytes(body), message));
        return Tensors(message);
    }

    /// <summary>A good answer, decoded.</summary>
    public static TensorMessage Answer(string path, string body)
    {
        var message = new TensorMessage();
        Assert.Equal(DecodeError.None, Answer(path, Encoding.UTF8.GetBytes(body), message));
        return message;
    }

    /// <summary>A body of server-sent events, each decoded and added.</summary>
    public static Generation Stream(string path, ReadOnlyMemory<byte> body, Action<DecodeError>? told = null)
    {
        var generation = new Generation();
        var message = new TensorMessage();
        var events = new ServerSentEvents(body);
        while (events.Next(out var data))
        {
            var error = Answer(path, data, message, isChunk: true);
            told?.Invoke(error);
            if (error == DecodeError.None)
                generation.Add(message, body.Length - events.Remaining);
        }

        return generation;
    }

    public static Generation Stream(string path, params string[] events) =>
        Stream(path, Encoding.UTF8.GetBytes(string.Concat(events.Select(data => $"data: {data}\n\n"))));

    /// <summary>The tensors of the whole stream, as those of an answer that is not streamed.</summary>
    public static string Summary(Generation generation)
    {
        var message = new TensorMessage();
        return generation.TrySummarise(message) ? Tensors(message) : "none";
    }

    /// <summary>Name and value of each tensor; with an exclamation mark, its error.</summary>
    public static string Tensors(TensorMessage message) => string.Join(' ', Enumerable.Range(0, message.Count).Select(i => Tensor(message, i)));

    private static string Tensor(TensorMessage message, int i)
    {
        var name = Decoded.Text(message.Name(i));
        if (message[i].Error != DecodeError.None)
            return $"{name}!{message[i].Error.Label()}";
        var values = message[i].DataType switch
        {
            DataType.Bytes => string.Join(',', Decoded.Texts(message, i)),
            DataType.Bool => message.Data(i)[0] == 1 ? "true" : "false",
            DataType.Int64 => string.Join(',', message.Values<long>(i).ToArray()),
            DataType.Fp32 => string.Join(',', message.Values<float>(i).ToArray().Select(value => value.ToString(CultureInfo.InvariantCulture))),
            _ => string.Join(',', message.Values<double>(i).ToArray().Select(value => value.ToString(CultureInfo.InvariantCulture))),
        };
        var shape = message[i].Shape.ToArray();
        return shape is [1] ? $"{name}={values}" : $"{name}[{string.Join(',', shape)}]={values}";
    }
}
