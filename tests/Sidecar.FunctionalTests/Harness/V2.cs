using System.Globalization;
using System.Text;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>Messages of the Open Inference Protocol V2 over REST.</summary>
internal static class V2
{
    public const string Path = "/v2/models/toy/infer";

    /// <summary>Metadata of the model <c>toy</c>, version 1: FP32 <c>input</c> of [-1, 4], FP32 <c>probabilities</c> of [-1, 2].</summary>
    public const string Metadata = """
        {"name":"toy","versions":["1"],"platform":"fake",
         "inputs":[{"name":"input","datatype":"FP32","shape":[-1,4]}],
         "outputs":[{"name":"probabilities","datatype":"FP32","shape":[-1,2]}]}
        """;

    /// <summary>A request body with one tensor.</summary>
    /// <param name="data">JSON elements, comma-separated.</param>
    public static string Body(string data = "1,2,3,4", string shape = "1,4", string name = "input", string datatype = "FP32", string id = "") =>
        $$"""{{{(id.Length > 0 ? $"\"id\":\"{id}\"," : "")}}"inputs":[{"name":"{{name}}","datatype":"{{datatype}}","shape":[{{shape}}],"data":[{{data}}]}]}""";

    /// <summary>A response body with one tensor.</summary>
    public static string Answer(string data = "0.25,0.75", string shape = "1,2", string name = "probabilities", string datatype = "FP32", string model = "toy", string version = "1") =>
        $$"""{"model_name":"{{model}}","model_version":"{{version}}","outputs":[{"name":"{{name}}","datatype":"{{datatype}}","shape":[{{shape}}],"data":[{{data}}]}]}""";

    /// <summary>An inference request as it goes over the wire.</summary>
    /// <param name="fields">Further header lines, each with its line end.</param>
    /// <param name="length">The length that is claimed; null for the true one.</param>
    public static byte[] Request(string body, string path = Path, string fields = "", long? length = null) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: model\r\nContent-Type: application/json\r\n{fields}Content-Length: {length ?? Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>Rows of independent N(0, 1) numbers as JSON elements, each column times its factor.</summary>
    public static string Rows(Random random, int rows, params double[] factors)
    {
        var text = new StringBuilder();
        for (var i = 0; i < rows * factors.Length; i++)
        {
            // Box and Muller; 1 - u keeps the logarithm finite.
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            text.Append(i == 0 ? "" : ",").Append((normal * factors[i % factors.Length]).ToString("0.####", CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }
}
