using Google.Protobuf;
using Sidecar.Tensors.Tests.OpenInference;
using Sidecar.Tensors.Tests.Protobuf;
using Sidecar.Tensors.Tests.Protos;

namespace Sidecar.Tensors.Tests.TorchServe;

public class TorchServeGrpcTests
{
    private readonly TorchServeGrpc _decoder = new();
    private readonly TensorMessage _message = new();

    [Fact]
    public void Any_request_written_in_any_way_has_its_inputs_as_bytes()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var random = new Random(seed);
            var request = new PredictionsRequest { ModelName = "resnet", ModelVersion = random.Next(2) == 0 ? "" : "2.0" };
            if (random.Next(2) == 0)
                request.SequenceId = "s-1";
            var names = "abcd"[..random.Next(4)].Select(letter => $"{letter}").ToList();
            foreach (var name in names.AsEnumerable().Reverse())
                request.Input[name] = ByteString.CopyFrom(Elements.Split(DataType.Bytes, Elements.Make(random, DataType.Bytes, 1))[0]);

            Assert.Equal(DecodeError.None, _decoder.DecodeRequest(default, OpenInferenceTests.Bytes(random, request, PredictionsRequest.Parser), _message));
            Assert.Equal(
                (request.ModelName, request.ModelVersion, request.SequenceId),
                (Decoded.Text(_message.ModelName), Decoded.Text(_message.ModelVersion), Decoded.Text(_message.Id)));
            ExpectedTensor.AssertAll([.. names.Select(name => Text(name, request.Input[name]))], _message);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("[0.25, 0.75]")] // a handler's JSON, perhaps: nothing says so
    public void A_prediction_stays_bytes_whatever_it_looks_like(string prediction)
    {
        var response = new PredictionResponse { Prediction = ByteString.CopyFromUtf8(prediction), SequenceId = "s-1" };
        for (var seed = 0; seed < 100; seed++)
        {
            Assert.Equal(DecodeError.None, _decoder.DecodeResponse(default, OpenInferenceTests.Bytes(new Random(seed), response, PredictionResponse.Parser), _message));
            Assert.Equal("s-1", Decoded.Text(_message.Id));
            Assert.False(_message.HasError);
            ExpectedTensor.AssertAll([Text("prediction", response.Prediction)], _message);
        }
    }

    [Fact]
    public void A_status_in_a_stream_is_an_error_unless_it_is_OK()
    {
        var failed = new PredictionResponse { Status = new Status { Code = 13, Message = "worker died" } };
        Assert.Equal(DecodeError.None, _decoder.DecodeResponse(default, failed.ToByteArray(), _message));
        Assert.Equal(("worker died", 0), (Decoded.Text(_message.Error), _message.Count));
        failed.Status.Code = 0;
        Assert.Equal(DecodeError.None, _decoder.DecodeResponse(default, failed.ToByteArray(), _message));
        Assert.Equal((false, 1), (_message.HasError, _message.Count));
    }

    [Fact]
    public void Only_predictions_are_inference()
    {
        foreach (var method in (string[])["Predictions", "StreamPredictions", "StreamPredictions2"])
            Assert.Equal(InferenceProtocol.TorchServeGrpc, Protocol(method));
        foreach (var method in (string[])["Ping", "Predictions2", ""])
            Assert.Equal(InferenceProtocol.None, Protocol(method));

        static InferenceProtocol Protocol(string method) =>
            InferencePath.Parse(System.Text.Encoding.UTF8.GetBytes($"/org.pytorch.serve.grpc.inference.InferenceAPIsService/{method}")).Protocol;
    }

    private static ExpectedTensor Text(string name, ByteString value) => new(name, DataType.Bytes, [1], Elements.Join(DataType.Bytes, [value.ToByteArray()]));
}
