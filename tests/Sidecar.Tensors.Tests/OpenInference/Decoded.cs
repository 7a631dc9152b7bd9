using System.Text;

namespace Sidecar.Tensors.Tests.OpenInference;

/// <summary>Short words for tests: decode a text, read a message back.</summary>
internal static class Decoded
{
    public static DecodeError Request(string body, TensorMessage into) => OpenInferenceJson.DecodeRequest(Encoding.UTF8.GetBytes(body), into);

    public static TensorMessage Request(string body)
    {
        var message = new TensorMessage();
        Assert.Equal(DecodeError.None, Request(body, message));
        return message;
    }

    /// <summary>One tensor <c>t</c> of that datatype and shape.</summary>
    public static string Tensor(string datatype, string shape, string data) =>
        $$"""{"inputs":[{"name":"t","shape":{{shape}},"datatype":"{{datatype}}","data":{{data}}}]}""";

    public static TensorMessage Response(string body)
    {
        var message = new TensorMessage();
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeResponse(Encoding.UTF8.GetBytes(body), message));
        return message;
    }

    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    public static List<string> Texts(TensorMessage message, int tensor)
    {
        List<string> texts = [];
        foreach (var text in message.Strings(tensor))
            texts.Add(Text(text));
        return texts;
    }

    public static long[] Shape(TensorMessage message, int tensor) => message[tensor].Shape.ToArray();
}
