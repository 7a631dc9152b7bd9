using System.Text;
using Sidecar.Benchmarks.Bodies;
using Sidecar.Tensors;

namespace Sidecar.Benchmarks.Micro;

/// <summary>Bodies of the Open Inference Protocol V2 in JSON, decoded into a message that is used again.</summary>
internal static class TensorCases
{
    // About 11 bytes a value.
    private const int FeaturesOfOneMegabyte = 95_000;

    public static readonly HotPathCase[] All =
    [
        new("OpenInferenceJson.DecodeRequest_32Features", () => DecodeRequest(32)),
        new("OpenInferenceJson.DecodeRequest_1MB", () => DecodeRequest(FeaturesOfOneMegabyte)) { Iterations = 200 },
        new("OpenInferenceJson.DecodeResponse", DecodeResponse),
    ];

    private static Action DecodeRequest(int features)
    {
        var body = Encoding.ASCII.GetBytes(V2Json.Requests(features).First());
        var message = new TensorMessage();
        return () => Expect(OpenInferenceJson.DecodeRequest(body, message), message.Count == 1 && message.Values<float>(0).Length == features);
    }

    private static Action DecodeResponse()
    {
        var body = """{"model_name":"m","model_version":"1","id":"benchmark","outputs":[{"name":"p","datatype":"FP32","shape":[1,2],"data":[0.25,0.75]}]}"""u8
            .ToArray();
        var message = new TensorMessage();
        return () => Expect(OpenInferenceJson.DecodeResponse(body, message), message.Count == 1 && message.Values<float>(0)[1] == 0.75f);
    }

    private static void Expect(DecodeError error, bool whole)
    {
        if (error != DecodeError.None || !whole)
            throw new InvalidOperationException($"the body was not decoded: {error}");
    }
}
