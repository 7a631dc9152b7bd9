using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Analysis;
using Sidecar.Capture;
using Sidecar.Configuration;
using Sidecar.Demo.Serving.Protos;
using Sidecar.Model;
using Sidecar.Testing;
using Sidecar.Tests.Capture;
using Sidecar.Wire.Tests;

namespace Sidecar.Tests.Analysis;

/// <summary>What steps 6 to 8 cost in memory once the reference is learned: nothing for each exchange.</summary>
public sealed class AllocationTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DecodeCheckUpdate_OnceLearned_AllocatesNothing(bool grpc)
    {
        const int Learning = 100, Exchanges = 2000;
        var options = new SidecarOptions { Contract = new() { FetchMetadata = false }, Drift = new() { BurnIn = Learning, Window = new() { Every = TimeSpan.FromHours(24) } } };
        await using var analysis = new ModelAnalysis(options, [new UpstreamTarget(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1))], TimeProvider.System, NullLoggerFactory.Instance, reference: null, calibration: null, _ => { }, _ => { }, (_, _) => { });
        var record = new InferenceRecord(analysis.Unknown);
        var exchanges = grpc ? CapturedGrpc(200) : Captured(200);

        for (var i = 0; i < Learning * 3; i++)
            Analyse(analysis, exchanges[i % exchanges.Count], record);
        var allocated = Allocated.Least(() =>
        {
            for (var i = 0; i < Exchanges; i++)
                Analyse(analysis, exchanges[i % exchanges.Count], record);
        });

        Assert.Null(record.Undecodable);
        var state = Assert.Single(analysis.Models);
        Assert.Equal((Learning * 3) + (3 * Exchanges), state.Extractions.Complete);
        Assert.Equal(0, allocated);
    }

    [Theory]
    [InlineData("FP32", 10, false)]
    [InlineData("FP64", 10, false)]
    [InlineData("FP32", 3072, false)]
    [InlineData("UINT8", 3072, false)]
    [InlineData("FP32", 10, true)]
    public void Add_DerivedFeaturesOnceLearned_AllocatesNothing(string type, int columns, bool bad)
    {
        var windows = new FeatureWindows(Side.Output, new DriftSettings(64, 0.1, 1, 200, TimeSpan.FromHours(1)));
        var random = new Random(3);
        var model = new ModelIdentity("m", "1", IdentitySource.Path);
        var messages = Enumerable.Range(0, 16).Select(_ => Messages.Of(Messages.Tensor("p", type, $"2,{columns}", string.Join(',', Enumerable.Range(0, 2 * columns).Select(_ => random.Next(256)))))).ToArray();
        for (var i = 0; i < 200; i++)
            windows.Add(messages[i % messages.Length], mayTeach: true);
        windows.TryClose(0, model);
        var hole = Messages.Of(Messages.Tensor("p", type, $"1,{columns}", string.Join(',', Enumerable.Repeat("null", columns))));
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
                windows.Add(bad ? hole : messages[i % messages.Length], mayTeach: true);
        }));
    }

    private static void Analyse(ModelAnalysis analysis, Exchange exchange, InferenceRecord record)
    {
        analysis.Decode(exchange, record);
        ModelAnalysis.Check(record);
        analysis.Update(record, exchange.StartedUnixNanos);
    }

    /// <summary>Exchanges of 32 numbers in and two out, as the relay captures them.</summary>
    private static List<Exchange> Captured(int count)
    {
        var intake = new CountingIntake { Kept = [] };
        var pool = new CapturePool(0, new CaptureSettings(1 << 20, 1), new DecodeGovernor(1, TimeProvider.System), new BodyPool(1 << 24, 1 << 20), intake, TimeProvider.System);
        var tap = pool.RentTap();
        tap.Start(0);
        var random = new Random(3);
        const string Answer = """{"model_name":"m","model_version":"1","outputs":[{"name":"p","datatype":"FP32","shape":[1,2],"data":[0.25,0.75]}]}""";
        for (var i = 0; i < count; i++)
        {
            var body = $$"""{"id":"r-{{i}}","inputs":[{{Messages.Tensor("x", "FP32", "1,32", Messages.Rows(random, 32, 1))}}]}""";
            tap.OnClientBytes(Encoding.ASCII.GetBytes($"POST /v2/models/m/infer HTTP/1.1\r\nHost: h\r\nContent-Length: {body.Length}\r\n\r\n{body}"), 1);
            tap.OnUpstreamBytes(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {Answer.Length}\r\n\r\n{Answer}"), 2);
        }

        return intake.Kept;
    }

    /// <summary>The same over gRPC, with raw contents.</summary>
    private static List<Exchange> CapturedGrpc(int count)
    {
        var intake = new CountingIntake { Kept = [] };
        var pool = new CapturePool(0, new CaptureSettings(1 << 20, 1), new DecodeGovernor(1, TimeProvider.System), new BodyPool(1 << 24, 1 << 20), intake, TimeProvider.System);
        var tap = pool.RentTap();
        tap.Start(0);
        var random = new Random(3);
        var (client, server) = (new H2(), new H2());
        tap.OnClientBytes([.. Encoding.ASCII.GetBytes(H2.Preface), .. H2.Settings()], 1);
        for (var i = 0; i < count; i++)
        {
            var request = new ModelInferRequest
            {
                ModelName = "m",
                Id = $"r-{i}",
                Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "x", Datatype = "FP32", Shape = { 1, 32 } } },
                RawInputContents = { ByteString.CopyFrom([.. Enumerable.Range(0, 32).SelectMany(_ => BitConverter.GetBytes(random.NextSingle()))]) },
            }.ToByteArray();
            var answer = new ModelInferResponse
            {
                ModelName = "m",
                ModelVersion = "1",
                Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "p", Datatype = "FP32", Shape = { 1, 2 } } },
                RawOutputContents = { ByteString.CopyFrom([.. BitConverter.GetBytes(0.25f), .. BitConverter.GetBytes(0.75f)]) },
            }.ToByteArray();
            var stream = (2 * i) + 1;
            tap.OnClientBytes([.. client.Request(stream, "/inference.GRPCInferenceService/ModelInfer", end: false, "content-type: application/grpc"), .. H2.Frame(0, 1, stream, [0, 0, 0, 0, (byte)request.Length, .. request])], 1);
            tap.OnUpstreamBytes([.. server.Headers(stream, false, ":status: 200\ncontent-type: application/grpc"), .. H2.Frame(0, 0, stream, [0, 0, 0, 0, (byte)answer.Length, .. answer]), .. server.Headers(stream, true, "grpc-status: 0")], 2);
        }

        return intake.Kept;
    }
}
