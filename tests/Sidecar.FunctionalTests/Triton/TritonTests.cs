using System.Globalization;
using System.Text;
using Google.Protobuf;
using Grpc.Net.Client;
using Sidecar.Demo.Serving.Protos;
using Sidecar.FunctionalTests.Harness;
using Sidecar.FunctionalTests.Transparency;
using Sidecar.Testing;

namespace Sidecar.FunctionalTests.Triton;

/// <summary>Real inference: Triton serves real models, and the sidecar in front of it decodes every exchange.</summary>
[Collection(nameof(Alone))]
public sealed class TritonTests
{
    private const int RowsPerModel = 60;
    private static readonly string[] Models = ["adult", "digits", "california"];

    [Fact]
    public async Task Answers_equal_the_golden_ones_and_every_exchange_is_decoded()
    {
        var tools = Path.GetDirectoryName(Fixtures.Require("tools", "triton-start.sh"))!;
        var models = Fixtures.Require("models");
        await using var triton = await ForeignServer.TritonAsync(tools);
        await using var sidecar = await RelayUnderTest.StartAsync(triton.EndPoint.Port);
        using var direct = await RawConnection.ConnectAsync(triton.EndPoint);
        using var relayed = await RawConnection.ConnectAsync(sidecar.Traffic);
        foreach (var model in Models)
        {
            foreach (var row in GoldenRow.Read(models, model, RowsPerModel))
            {
                var body = Encoding.UTF8.GetBytes(row.Json);
                var answer = await InferAsync(relayed, model, body);
                Assert.Equal(await InferAsync(direct, model, body), answer);
                row.AssertAnswered(GoldenRow.Outputs(answer.Body));
            }
        }

        var totals = await sidecar.SettledAsync();
        Assert.Equal((Models.Length * RowsPerModel, Models.Length * RowsPerModel), (totals.Observed, totals.Decoded));
        var metrics = await sidecar.MetricsAsync();
        Assert.All(Models, model => Assert.Contains($"model=\"{model}\"", metrics, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_client_sees_the_bytes_that_it_sees_without_the_sidecar()
    {
        var tools = Path.GetDirectoryName(Fixtures.Require("tools", "triton-start.sh"))!;
        await using var triton = await ForeignServer.TritonAsync(tools);
        await using var sidecar = await RelayUnderTest.StartAsync(triton.EndPoint.Port);
        HttpCase[] cases =
        [
            new("ready", "GET", "/v2/health/ready"),
            new("server metadata", "GET", "/v2"),
            new("model metadata", "GET", "/v2/models/digits"),
            new("model configuration", "GET", "/v2/models/digits/config"),
            new("unknown model", "GET", "/v2/models/nothing/ready"),
            new("malformed request", "POST", "/v2/models/digits/infer") { Framing = BodyFraming.ContentLength, BodyLength = 200 },
            new("malformed request in chunks", "POST", "/v2/models/digits/infer") { Framing = BodyFraming.Chunked, BodyLength = 200 },
        ];
        foreach (var request in cases)
        {
            foreach (var client in HttpTestClient.Names.Where(name => name != "curl" || Tool.IsInstalled("curl")))
                await TranscriptCheck.SameAsync(client, request, triton.EndPoint, sidecar.Traffic);
        }

        var totals = await sidecar.SettledAsync();
        Assert.Equal((0, 0), (totals.Dropped, totals.Opaque));
    }

    [Fact]
    public async Task Its_metadata_over_gRPC_is_the_contract_of_gRPC_traffic()
    {
        var tools = Path.GetDirectoryName(Fixtures.Require("tools", "triton-start.sh"))!;
        await using var triton = await ForeignServer.TritonAsync(tools);
        await using var sidecar = await RelayUnderTest.StartAsync(triton.Grpc!.Port);
        using var channel = GrpcChannel.ForAddress($"http://{sidecar.Traffic}");
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        var request = new ModelInferRequest
        {
            ModelName = "california",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "input", Datatype = "FP32", Shape = { 1, 8 } } },
            RawInputContents = { ByteString.CopyFrom([.. Enumerable.Range(0, 7).SelectMany(i => BitConverter.GetBytes((float)i)), .. BitConverter.GetBytes(float.NaN)]) },
        };

        using var deadline = new CancellationTokenSource(RelayUnderTest.Patience);
        while ((await Series.ScrapeAsync(sidecar)).Sum("sidecar_contract_checks_total", ("side", "input")) == 0)
            await client.ModelInferAsync(request, cancellationToken: deadline.Token);

        var series = await Series.BalancedAsync(sidecar);
        var broken = series.Sum("sidecar_contract_violations_total", ("side", "input"), ("kind", "nan"), ("feature", "input"), ("model", "california"), ("model_version", "1"));
        Assert.True(broken > 0);
        Assert.Equal(broken, series.Sum("sidecar_contract_violations_total", ("side", "input"))); // datatype and shape are as promised
    }

    private static async Task<(string Head, string Body)> InferAsync(RawConnection connection, string model, byte[] body)
    {
        await connection.SendAsync(string.Create(CultureInfo.InvariantCulture,
            $"POST /v2/models/{model}/infer HTTP/1.1\r\nHost: model.test\r\nAccept-Encoding: identity\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"));
        await connection.SendAsync(body);
        var (head, answer) = await connection.ReceiveResponseAsync();
        Assert.StartsWith("HTTP/1.1 200", head, StringComparison.Ordinal);
        return (head, Encoding.UTF8.GetString(answer));
    }
}
