using System.Buffers;
using System.Text.Json;
using Sidecar.Demo.Serving;

namespace Sidecar.Tests.Demo;

internal static class Answers
{
    /// <summary>The model's answer to a request that it must accept.</summary>
    public static JsonDocument Of(OnnxModel model, ReadOnlyMemory<byte> request)
    {
        using var document = JsonDocument.Parse(request);
        var answer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(answer);
        Assert.Null(InferEndpoint.Infer(model, document.RootElement, json));
        json.Flush();
        return JsonDocument.Parse(answer.WrittenMemory);
    }
}
