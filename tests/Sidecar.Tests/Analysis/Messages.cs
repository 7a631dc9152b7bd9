using System.Globalization;
using System.Text;
using Sidecar.Tensors;

namespace Sidecar.Tests.Analysis;

/// <summary>V2 requests, decoded.</summary>
internal static class Messages
{
    /// <summary>A request with the tensors given as JSON objects.</summary>
    public static TensorMessage Of(params string[] tensors)
    {
        var message = new TensorMessage();
        OpenInferenceJson.DecodeRequest(Encoding.UTF8.GetBytes($$"""{"inputs":[{{string.Join(',', tensors)}}]}"""), message);
        return message;
    }

    public static string Tensor(string name, string datatype, string shape, string data) =>
        $$"""{"name":"{{name}}","datatype":"{{datatype}}","shape":[{{shape}}],"data":[{{data}}]}""";

    /// <summary>Rows of N(0, 1) numbers, each column times its factor.</summary>
    public static string Rows(Random random, int rows, params double[] factors) => string.Join(',', Enumerable.Range(0, rows * factors.Length).Select(i =>
        (Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) * factors[i % factors.Length])
            .ToString("0.####", CultureInfo.InvariantCulture)));
}
