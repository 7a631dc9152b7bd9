using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Analysis;
using Sidecar.Capture;
using Sidecar.Configuration;
using Sidecar.Demo.Serving.Protos;
using Sidecar.Model;
using Sidecar.Tests.Capture;
using Sidecar.Wire.Tests;

namespace Sidecar.Tests.Analysis;

/// <summary>gRPC calls that end in the middle of a message, as of a client that gives up: their beginning still says which model they were with.</summary>
public sealed class CutMessageTests : IAsyncDisposable
{
    private const string Infer = "/inference.GRPCInferenceService/ModelInfer";

    private readonly CountingIntake _intake = new() { Kept = [] };
    private readonly ConnectionTap _tap;
    private readonly H2 _client = new();
    private readonly H2 _server = new();
    private readonly ModelAnalysis _analysis;
    private readonly InferenceRecord _record;
    private int _stream = 1;

    public CutMessageTests()
    {
        var pool = new CapturePool(0, new CaptureSettings(1 << 20, 1), new DecodeGovernor(1, TimeProvider.System), new BodyPool(1 << 24, 1 << 20), _intake, TimeProvider.System);
        _tap = pool.RentTap();
        _tap.Start(0);
        _analysis = new ModelAnalysis(
            new SidecarOptions { Contract = new() { FetchMetadata = false } }, [new UpstreamTarget(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1))],
            TimeProvider.System, NullLoggerFactory.Instance, reference: null, calibration: null, _ => { }, _ => { }, (_, _) => { });
        _record = new InferenceRecord(_analysis.Unknown);
        _tap.OnClientBytes([.. Encoding.ASCII.GetBytes(H2.Preface), .. H2.Settings()], 1);
    }

    public ValueTask DisposeAsync() => _analysis.DisposeAsync();

    [Fact]
    public void The_answers_beginning_says_model_and_version_once_they_are_whole()
    {
        const int WithName = 5 + 3, WithVersion = WithName + 3;
        var response = Response();
        Call(Request(), response); // the server has answered for the model
        for (var sent = 0; sent < response.Length; sent++)
        {
            Call([], response, missingOfResponse: response.Length - sent);
            Assert.Equal(sent < WithName ? "_unknown/_unknown" : sent < WithVersion ? "m/_unknown" : "m/7", _record.Model.ToString());
            Assert.False(_record.HasResponse);
        }
    }

    [Fact]
    public void The_request_goes_without_a_version_that_the_answers_beginning_has()
    {
        Call(Request(), Response());
        Call(Request(), Response(), missingOfResponse: 500);
        Assert.Equal(("m/7", true), (_record.Model.ToString(), _record.HasRequest));
    }

    [Fact]
    public void A_request_that_is_cut_says_its_model_too()
    {
        var request = Request();
        Call(request, Response());
        Call(request, [], missingOfRequest: 500);
        Assert.Equal("m", _record.Model.Name);
        Assert.False(_record.HasRequest);
        Assert.Equal(UndecodableReason.Truncated, _record.Undecodable);
    }

    private static byte[] Request() => Framed(new ModelInferRequest
    {
        ModelName = "m",
        Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "UINT8", Shape = { 1000 } } },
        RawInputContents = { ByteString.CopyFrom(new byte[1000]) },
    });

    private static byte[] Response() => Framed(new ModelInferResponse
    {
        ModelName = "m",
        ModelVersion = "7",
        Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "y", Datatype = "UINT8", Shape = { 1000 } } },
        RawOutputContents = { ByteString.CopyFrom(new byte[1000]) },
    });

    private static byte[] Framed(IMessage message)
    {
        byte[] framed = [0, 0, 0, 0, 0, .. message.ToByteArray()];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), framed.Length - 5);
        return framed;
    }

    /// <summary>One call; where something is missing, the client resets it at that point.</summary>
    private void Call(byte[] request, byte[] response, int missingOfResponse = 0, int missingOfRequest = 0)
    {
        var isCut = missingOfRequest + missingOfResponse > 0;
        _tap.OnClientBytes(_client.Request(_stream, Infer, end: false, "content-type: application/grpc"), 1);
        _tap.OnClientBytes(H2.Frame(0, missingOfRequest == 0 ? 1 : 0, _stream, request.AsSpan(0, request.Length - missingOfRequest)), 2);
        if (missingOfRequest == 0)
        {
            _tap.OnUpstreamBytes(_server.Headers(_stream, false, ":status: 200\ncontent-type: application/grpc"), 3);
            _tap.OnUpstreamBytes(H2.Frame(0, 0, _stream, response.AsSpan(0, response.Length - missingOfResponse)), 4);
        }

        if (isCut)
            _tap.OnClientBytes(H2.Reset(_stream, 8), 5);
        else
            _tap.OnUpstreamBytes(_server.Headers(_stream, true, "grpc-status: 0"), 5);
        _stream += 2;
        _analysis.Decode(_intake.Kept![^1], _record);
    }
}
