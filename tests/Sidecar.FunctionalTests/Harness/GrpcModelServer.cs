using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sidecar.Demo.Serving.Protos;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>
/// A model server that speaks nothing but gRPC: V2 by .NET's own library, for the model <c>toy</c> of <see cref="V2"/>, and TensorFlow Serving by messages that the
/// test gives as bytes.
/// </summary>
internal sealed class GrpcModelServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private GrpcModelServer(X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AllowAlternateSchemes = true; // a client of TLS says so in :scheme, and it passes as it came
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                if (certificate is not null)
                    listen.UseHttps(certificate);
            });
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _application = builder.Build();
        _application.MapGrpcService<Service>();
        _application.MapPost("/tensorflow.serving.PredictionService/{method}", AnswerTensorFlowAsync);
    }

    public int Port { get; private set; }

    /// <summary>The questions for metadata so far, each as <c>name/version</c>, or the method of TensorFlow Serving.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>What each question for metadata is answered with, instead of the metadata; null: the metadata.</summary>
    public Func<Status>? Refusal { get; set; }

    /// <summary>The platform in the metadata: any size.</summary>
    public string Platform { get; set; } = "fake";

    /// <summary>The outputs of each inference.</summary>
    public float[] Outputs { get; set; } = [0.25f, 0.75f];

    /// <summary>TensorFlow Serving's answers by method.</summary>
    public Dictionary<string, byte[]> TensorFlow { get; } = [];

    public static async Task<GrpcModelServer> StartAsync(X509Certificate2? certificate = null)
    {
        var server = new GrpcModelServer(certificate);
        await server._application.StartAsync(TestContext.Current.CancellationToken);
        server.Port = new Uri(server._application.Urls.Single()).Port;
        return server;
    }

    /// <summary>An inference request for the model <c>toy</c>.</summary>
    public static ModelInferRequest Request(string datatype = "FP32", params float[] data)
    {
        data = data.Length == 0 ? [1, 2, 3, 4] : data;
        return new ModelInferRequest
        {
            ModelName = "toy",
            Inputs = { new ModelInferRequest.Types.InferInputTensor { Name = "input", Datatype = datatype, Shape = { 1, data.Length } } },
            RawInputContents = { Raw(data) },
        };
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static ByteString Raw(float[] data) => ByteString.CopyFrom([.. data.SelectMany(BitConverter.GetBytes)]);

    private async Task AnswerTensorFlowAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        var method = (string)context.Request.RouteValues["method"]!;
        if (method == "GetModelMetadata")
            Asked.Enqueue(method);
        context.Response.ContentType = "application/grpc";
        var message = TensorFlow[method];
        await context.Response.Body.WriteAsync((byte[])[0, 0, 0, (byte)(message.Length >> 8), (byte)message.Length, .. message], context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private sealed class Service(GrpcModelServer server) : GRPCInferenceService.GRPCInferenceServiceBase
    {
        public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
        {
            server.Asked.Enqueue($"{request.Name}/{request.Version}");
            if (server.Refusal?.Invoke() is { } refusal && refusal.StatusCode != StatusCode.OK)
                throw new RpcException(refusal);
            return Task.FromResult(new ModelMetadataResponse
            {
                Name = request.Name,
                Versions = { "1" },
                Platform = server.Platform,
                Inputs = { new ModelMetadataResponse.Types.TensorMetadata { Name = "input", Datatype = "FP32", Shape = { -1, 4 } } },
                Outputs = { new ModelMetadataResponse.Types.TensorMetadata { Name = "probabilities", Datatype = "FP32", Shape = { -1, 2 } } },
            });
        }

        public override Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context) => Task.FromResult(new ModelInferResponse
        {
            ModelName = request.ModelName,
            ModelVersion = "1",
            Outputs = { new ModelInferResponse.Types.InferOutputTensor { Name = "probabilities", Datatype = "FP32", Shape = { 1, server.Outputs.Length } } },
            RawOutputContents = { Raw(server.Outputs) },
        });
    }
}
