using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Sidecar.Demo;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Serving.Protos;
using Sidecar.Demo.Traffic;

namespace Sidecar.Tests.Demo;

/// <summary>The gRPC side of the demo's model server, called by the public client of .NET.</summary>
public sealed class DemoGrpcTests : IAsyncLifetime
{
    private static readonly DemoRows Rows = DemoRows.Parse(DemoAssets.Rows());

    private readonly OnnxModel _model = new("carloan", "1", DemoAssets.PrimaryModel());
    private DemoModelServer _server = null!;
    private GrpcChannel _channel = null!;
    private GRPCInferenceService.GRPCInferenceServiceClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await DemoModelServer.StartAsync(_model, TimeProvider.System, Cancellation);
        _channel = GrpcChannel.ForAddress(_server.GrpcAddress);
        _client = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
        _model.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answers_are_those_of_REST_in_the_form_that_was_asked_in(bool raw)
    {
        for (var row = 0; row < 50; row++)
        {
            var call = Rows.Call("carloan", row, $"r-{row}", InputFault.None);
            if (!raw)
                ToContents(call);
            var answer = await _client.ModelInferAsync(call, cancellationToken: Cancellation);
            using var rest = Answers.Of(_model, Rows.Request(row, $"r-{row}", InputFault.None));

            Assert.Equal(("carloan", "1", $"r-{row}"), (answer.ModelName, answer.ModelVersion, answer.Id));
            Assert.Equal(raw ? answer.Outputs.Count : 0, answer.RawOutputContents.Count);
            foreach (var (expected, i) in rest.RootElement.GetProperty("outputs").EnumerateArray().Select((output, i) => (output, i)))
            {
                Assert.Equal(
                    (expected.GetProperty("name").GetString(), expected.GetProperty("datatype").GetString()), (answer.Outputs[i].Name, answer.Outputs[i].Datatype));
                Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64()), answer.Outputs[i].Shape);
                Assert.Equal(expected.GetProperty("data").EnumerateArray().Select(value => value.GetDouble()).ToArray(), Numbers(answer, i), (a, b) => Math.Abs(a - b) < 1e-6);
            }
        }
    }

    [Fact]
    public async Task Metadata_is_that_of_REST()
    {
        var metadata = await _client.ModelMetadataAsync(new ModelMetadataRequest { Name = "carloan" }, cancellationToken: Cancellation);
        using var rest = JsonDocument.Parse(await new HttpClient().GetStringAsync(new Uri(_server.Address, "/v2/models/carloan"), Cancellation));
        Assert.Equal(("carloan", "1"), (metadata.Name, Assert.Single(metadata.Versions)));
        Assert.Equal(
            rest.RootElement.GetProperty("inputs").EnumerateArray().Select(input => $"{input.GetProperty("name")} {input.GetProperty("datatype")} {input.GetProperty("shape").GetRawText()}"),
            metadata.Inputs.Select(input => $"{input.Name} {input.Datatype} [{string.Join(',', input.Shape)}]"));
        Assert.True((await _client.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: Cancellation)).Ready);
        Assert.True((await _client.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: Cancellation)).Live);
        Assert.True((await _client.ModelReadyAsync(new ModelReadyRequest { Name = "carloan", Version = "1" }, cancellationToken: Cancellation)).Ready);
    }

    [Fact]
    public async Task Refusals_are_statuses()
    {
        var unknown = await Assert.ThrowsAsync<RpcException>(() => _client.ModelInferAsync(Rows.Call("nobody", 0, "r", InputFault.None), cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        var renamed = await Assert.ThrowsAsync<RpcException>(() => _client.ModelInferAsync(Rows.Call("carloan", 0, "r", InputFault.RenamedFeature), cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal((StatusCode.InvalidArgument, "unexpected inference input 'loan_duration' for model 'carloan'"), (renamed.StatusCode, renamed.Status.Detail));
        var short1 = Rows.Call("carloan", 0, "r", InputFault.None);
        short1.RawInputContents[0] = ByteString.CopyFrom(1, 2);
        var unfit = await Assert.ThrowsAsync<RpcException>(() => _client.ModelInferAsync(short1, cancellationToken: Cancellation).ResponseAsync);
        Assert.Equal(StatusCode.InvalidArgument, unfit.StatusCode);
    }

    private static void ToContents(ModelInferRequest call)
    {
        for (var i = 0; i < call.Inputs.Count; i++)
        {
            var raw = call.RawInputContents[i];
            call.Inputs[i].Contents = call.Inputs[i].Datatype switch
            {
                "BYTES" => new InferTensorContents { BytesContents = { ByteString.CopyFrom(raw.Span[4..]) } },
                "BOOL" => new InferTensorContents { BoolContents = { raw[0] != 0 } },
                _ => new InferTensorContents { Fp32Contents = { BitConverter.ToSingle(raw.Span) } },
            };
        }

        call.RawInputContents.Clear();
    }

    private static double[] Numbers(ModelInferResponse answer, int i)
    {
        var contents = answer.Outputs[i].Contents;
        if (contents is not null)
            return answer.Outputs[i].Datatype == "FP32" ? [.. contents.Fp32Contents.Select(value => (double)value)] : [.. contents.Int64Contents.Select(value => (double)value)];
        var raw = answer.RawOutputContents[i].ToByteArray();
        return answer.Outputs[i].Datatype == "FP32"
            ? [.. Enumerable.Range(0, raw.Length / 4).Select(k => (double)BitConverter.ToSingle(raw, k * 4))]
            : [.. Enumerable.Range(0, raw.Length / 8).Select(k => (double)BitConverter.ToInt64(raw, k * 8))];
    }
}
