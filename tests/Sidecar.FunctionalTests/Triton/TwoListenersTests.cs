using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Sidecar.FunctionalTests.Harness;
using Sidecar.FunctionalTests.Matrix;
using Sidecar.FunctionalTests.Transparency;
using Sidecar.Tensors.Tests.Protos;
using Sidecar.Testing;

namespace Sidecar.FunctionalTests.Triton;

/// <summary>
/// A real Triton's two ports behind the sidecar's two listeners, and real clients with all that the protocol has: JSON and binary tensors, raw and typed contents,
/// unary calls and streams, compressed and not.
/// </summary>
[Collection(nameof(Alone))]
public sealed class TwoListenersTests
{
    private const int RowsPerModel = 40;

    [Fact]
    public async Task HttpClient_in_JSON_and_binary_compressed_or_not() => await ExamineAsync("oip_v2_http", "default", 4, async (_, rows, http, _) =>
    {
        using var handler = new SocketsHttpHandler { UseProxy = false, AutomaticDecompression = DecompressionMethods.None };
        using var client = new HttpClient(handler) { Timeout = RelayUnderTest.Patience };
        foreach (var row in rows)
        {
            foreach (var (binary, gzip) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
                row.AssertAnswered(await AskAsync(client, http, row, binary, gzip));
        }

        return rows.Count * 4;
    });

    [Fact]
    public async Task Grpc_dotnet_unary_and_in_streams_compressed_or_not() => await ExamineAsync("oip_v2_grpc", "grpc", 4, async (_, rows, _, grpc) =>
    {
        using var channel = GrpcChannel.ForAddress($"http://{grpc}");
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
        var streams = 0;
        foreach (var ofModel in rows.GroupBy(row => row.Model))
        {
            foreach (var gzip in (bool[])[false, true])
            {
                var metadata = new Metadata();
                if (gzip)
                    metadata.Add("grpc-internal-encoding-request", "gzip"); // an order to the library, which it does not send
                foreach (var row in ofModel)
                    row.AssertAnswered(Outputs(await client.ModelInferAsync(Request(row, raw: !gzip), metadata)));

                using var stream = client.ModelStreamInfer(metadata);
                foreach (var row in ofModel)
                {
                    await stream.RequestStream.WriteAsync(Request(row, raw: true));
                    Assert.True(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
                    Assert.Empty(stream.ResponseStream.Current.ErrorMessage);
                    row.AssertAnswered(Outputs(stream.ResponseStream.Current.InferResponse));
                }

                await stream.RequestStream.CompleteAsync();
                Assert.False(await stream.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
                streams++;
            }
        }

        return (rows.Count * 2) + streams;
    });

    [Fact]
    public async Task Grpc_js_unary_and_in_streams_compressed_or_not() => await ExamineAsync("oip_v2_grpc", "grpc", 4, async (folder, rows, _, grpc) =>
    {
        var program = NodeFolder.Require("triton-client.mjs");
        var proto = Path.Combine(Path.GetDirectoryName(program)!, "..", "..", "Sidecar.Tensors.Tests", "Protos");
        var script = folder.File("rows.json", JsonSerializer.SerializeToUtf8Bytes(rows.Select(row =>
            new { id = row.Id, model = row.Model, shape = row.Shape, values = row.Values, raw = Convert.ToBase64String(row.Raw) })));
        var calls = 0;
        foreach (var coding in (string[])["plain", "gzip"])
        {
            var said = await Tool.RunAsync("node", [program, coding, grpc.Port.ToString(CultureInfo.InvariantCulture), proto, script]);
            var answers = 0;
            foreach (var line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                using var answer = JsonDocument.Parse(line);
                var outputs = answer.RootElement.GetProperty("outputs").EnumerateArray().ToDictionary(
                    output => output.GetProperty("name").GetString()!,
                    output => GoldenRow.Numbers(output.GetProperty("datatype").GetString()!, output.GetProperty("raw").GetBytesFromBase64()));
                rows.Single(row => row.Id == answer.RootElement.GetProperty("id").GetString()).AssertAnswered(outputs);
                answers++;
            }

            Assert.Equal(rows.Count * 2, answers); // each in a call of its own and in a stream
            calls += rows.Count + rows.DistinctBy(row => row.Model).Count();
        }

        return calls;
    });

    /// <summary>Runs a client, which says how many exchanges it made, and asserts that each of them was decoded into whole messages of the right models.</summary>
    /// <param name="messages">How many answers each row gets in all.</param>
    private static async Task ExamineAsync(
        string protocol, string listener, int messages, Func<TemporaryFolder, IReadOnlyList<GoldenRow>, IPEndPoint, IPEndPoint, Task<int>> client)
    {
        var tools = Path.GetDirectoryName(Fixtures.Require("tools", "triton-start.sh"))!;
        var models = Fixtures.Require("models");
        string[] names = ["adult", "digits", "california"];
        List<GoldenRow> rows = [.. names.SelectMany(name => GoldenRow.Read(models, name, RowsPerModel))];
        await using var triton = await ForeignServer.TritonAsync(tools);
        await using var sidecar = await RelayUnderTest.StartAsync(
            triton.EndPoint.Port, options => options with { Listeners = [RelayUnderTest.Listener("grpc", triton.Grpc!.Port)] });
        using var folder = new TemporaryFolder();

        var exchanges = await client(folder, rows, sidecar.Application.Traffic[0], sidecar.Application.Traffic[1]);

        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(exchanges, series.Sum("sidecar_exchanges_total", ("stage", "observed")));
        Assert.Equal(exchanges, series.Sum("sidecar_exchanges_total", ("stage", "decoded"), ("listener", listener)));
        Assert.Equal(0, series.Sum("sidecar_exchanges_total", ("stage", "undecodable")));
        foreach (var name in names)
        {
            (string, string)[] model = [("model", name), ("model_version", "1")];
            Assert.Equal(exchanges / names.Length, series.Sum("sidecar_inference_duration_seconds_count", [.. model, ("listener", listener), ("protocol", protocol)]));
            Assert.Equal(RowsPerModel * messages, series.Sum("sidecar_feature_extractions_total", [.. model, ("result", "complete")]));
            Assert.Equal(0, series.Sum("sidecar_contract_violations_total", model));
        }
    }

    private static async Task<Dictionary<string, double[]>> AskAsync(HttpClient client, IPEndPoint server, GoldenRow row, bool binary, bool gzip)
    {
        var json = Encoding.UTF8.GetBytes(binary
            ? $$"""
              {"id": "{{row.Id}}", "inputs": [{"name": "input", "datatype": "FP32", "shape": [{{string.Join(", ", row.Shape)}}], "parameters": {"binary_data_size": {{row.Raw.Length}} } }],
               "parameters": {"binary_data_output": true} }
              """
            : row.Json);
        byte[] body = binary ? [.. json, .. row.Raw] : json;
        using var content = new ByteArrayContent(gzip ? Gzip(body) : body);
        content.Headers.ContentType = new MediaTypeHeaderValue(binary ? "application/octet-stream" : "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://{server}/v2/models/{row.Model}/infer")) { Content = content };
        if (binary)
            request.Headers.Add("Inference-Header-Content-Length", json.Length.ToString(CultureInfo.InvariantCulture));
        if (gzip)
        {
            content.Headers.ContentEncoding.Add("gzip");
            request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        }

        using var response = await client.SendAsync(request);
        var answer = await response.Content.ReadAsByteArrayAsync();
        Assert.True(response.IsSuccessStatusCode, Encoding.UTF8.GetString(answer));
        Assert.Equal(gzip, response.Content.Headers.ContentEncoding.Contains("gzip"));
        if (gzip)
            answer = Ungzip(answer);
        return binary
            ? GoldenRow.Outputs(answer, int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), CultureInfo.InvariantCulture))
            : GoldenRow.Outputs(Encoding.UTF8.GetString(answer));
    }

    private static ModelInferRequest Request(GoldenRow row, bool raw)
    {
        var input = new InferTensor { Name = "input", Datatype = "FP32", Shape = { row.Shape } };
        var request = new ModelInferRequest { ModelName = row.Model, Id = row.Id, Inputs = { input } };
        if (raw)
            request.RawInputContents.Add(ByteString.CopyFrom(row.Raw));
        else
            input.Contents = new InferTensorContents { Fp32Contents = { row.Values } };
        return request;
    }

    private static Dictionary<string, double[]> Outputs(ModelInferResponse response) => response.Outputs.Zip(response.RawOutputContents)
        .ToDictionary(output => output.First.Name, output => GoldenRow.Numbers(output.First.Datatype, output.Second.Span));

    private static byte[] Gzip(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(plain);
        return packed.ToArray();
    }

    private static byte[] Ungzip(byte[] packed)
    {
        using var plain = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        gzip.CopyTo(plain);
        return plain.ToArray();
    }
}
