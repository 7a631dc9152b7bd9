using System.Globalization;
using System.Text;

namespace Sidecar.Benchmarks.Bodies;

/// <summary>What is asked and what is answered in one measurement.</summary>
/// <param name="Name">As on the command line: <c>v2-N</c>, <c>v2-answer-N</c> or <c>grpc-N</c>.</param>
/// <param name="IsGrpc">True for gRPC over HTTP/2 without TLS, false for JSON over HTTP/1.1.</param>
/// <param name="RequestValues">FP32 values in a request.</param>
/// <param name="AnswerValues">FP32 values in an answer.</param>
internal sealed record BodyKind(string Name, bool IsGrpc, int RequestValues, int AnswerValues)
{
    /// <summary>The path of an inference of the V2 protocol in JSON.</summary>
    public const string JsonPath = "/v2/models/m/infer";

    /// <summary>The path of a unary inference of the V2 protocol in gRPC.</summary>
    public const string GrpcPath = "/inference.GRPCInferenceService/ModelInfer";

    // The smaller side of an exchange: 2 values are a classifier's answer, 80 a request of about 1 kB.
    private const int FewAnswers = 2;
    private const int FewRequests = 80;

    // 200,000 values are about 2.2 MB of JSON: beyond that the generator's memory is measured, not the proxies.
    private const int MostValues = 200_000;

    // What moves in one read and one write is small: from here on the bytes cost more than the message.
    private const int LargeBytes = 64 * 1024;

    public string Path => IsGrpc ? GrpcPath : JsonPath;

    /// <summary>One request, as the load sends it.</summary>
    public byte[] SampleRequest { get; } = IsGrpc ? GrpcMessages.Request(RequestValues) : Encoding.ASCII.GetBytes(V2Json.Requests(RequestValues).First());

    /// <summary>The body of every answer.</summary>
    public byte[] Answer { get; } = IsGrpc ? GrpcMessages.Answer(AnswerValues) : Encoding.ASCII.GetBytes(V2Json.Answer(AnswerValues));

    /// <summary>Bytes of the larger of the two bodies.</summary>
    public int LargerBytes => Math.Max(SampleRequest.Length, Answer.Length);

    /// <summary>True if moving bytes is what is measured rather than messages.</summary>
    public bool IsLarge => LargerBytes > LargeBytes;

    public string Description => string.Create(CultureInfo.InvariantCulture,
        $"{(IsGrpc ? "gRPC, ModelInfer" : "HTTP/1.1, V2 JSON")}: request of {SampleRequest.Length:N0} bytes ({RequestValues:N0} FP32 values), answer of {Answer.Length:N0} bytes");

    public static BodyKind Parse(string name)
    {
        var dash = name.LastIndexOf('-');
        var values = dash > 0 && int.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        if (values is < 1 or > MostValues)
            throw new UsageException($"--body: '{name}' has no number of values from 1 to {MostValues} at its end");
        return name[..dash] switch
        {
            "v2" => new(name, IsGrpc: false, values, FewAnswers),
            "v2-answer" => new(name, IsGrpc: false, FewRequests, values),
            "grpc" => new(name, IsGrpc: true, values, FewAnswers),
            _ => throw new UsageException($"--body: '{name}' is not v2-N, v2-answer-N or grpc-N"),
        };
    }
}
