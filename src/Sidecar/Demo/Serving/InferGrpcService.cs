using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Sidecar.Demo.Serving.Protos;

namespace Sidecar.Demo.Serving;

/// <summary>
/// The V2 gRPC calls for one model, beside <see cref="InferEndpoint"/>: health, metadata, infer, with raw or typed contents; answered in the form that was asked in.
/// </summary>
internal sealed class InferGrpcService(OnnxModel model, InferEndpoint rest, TimeProvider time) : GRPCInferenceService.GRPCInferenceServiceBase
{
    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) => Task.FromResult(new ServerReadyResponse { Ready = true });

    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context)
    {
        Check(request.Name, request.Version);
        return Task.FromResult(new ModelReadyResponse { Ready = true });
    }

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        Check(request.Name, request.Version);
        var answer = new ModelMetadataResponse { Name = model.Name, Versions = { model.Version }, Platform = "onnxruntime_onnx" };
        answer.Inputs.AddRange(model.Inputs.Select(Metadata));
        answer.Outputs.AddRange(model.Outputs.Select(Metadata));
        return Task.FromResult(answer);
    }

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        Check(request.ModelName, request.ModelVersion);
        if (rest.AddedLatency is { Ticks: > 0 } latency)
            await Task.Delay(latency, time, context.CancellationToken);
        var raw = request.RawInputContents.Count > 0;
        var inputs = request.Inputs.Select((input, i) => Read(input, raw && i < request.RawInputContents.Count ? request.RawInputContents[i] : null)).ToList();
        var answer = new ModelInferResponse { ModelName = model.Name, ModelVersion = model.Version, Id = request.Id };
        var refusal = model.Infer(inputs, outputs =>
        {
            foreach (var (name, value) in outputs)
                Add(answer, name, value, raw);
        });
        return refusal is null ? answer : throw new RpcException(new Status(StatusCode.InvalidArgument, refusal));
    }

    private void Check(string name, string version)
    {
        if (name != model.Name || (version.Length > 0 && version != model.Version))
            throw new RpcException(new Status(StatusCode.NotFound, $"Request for unknown model: '{name}' is not found"));
    }

    private static ModelMetadataResponse.Types.TensorMetadata Metadata(ModelTensor tensor) =>
        new() { Name = tensor.Name, Datatype = tensor.Datatype, Shape = { tensor.Shape.Select(length => (long)length) } };

    private static ModelInput Read(ModelInferRequest.Types.InferInputTensor input, ByteString? raw)
    {
        var shape = input.Shape.ToArray();
        var contents = input.Contents ?? new InferTensorContents();
        return new ModelInput(input.Name, input.Datatype, shape, InferRequest.Elements(shape) is not { } count ? null : input.Datatype switch
        {
            "FP32" => Tensor<float>(raw is null ? [.. contents.Fp32Contents] : Numbers<float>(raw), shape, count),
            "INT64" => Tensor<long>(raw is null ? [.. contents.Int64Contents] : Numbers<long>(raw), shape, count),
            "BOOL" => Tensor<bool>(raw is null ? [.. contents.BoolContents] : [.. raw.Span.ToArray().Select(value => value != 0)], shape, count),
            "BYTES" => InputTensor.OfTexts([.. raw is null ? contents.BytesContents.Select(text => text.ToStringUtf8()) : Texts(raw)], shape, count),
            _ => null,
        });
    }

    private static T[] Numbers<T>(ByteString raw)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(raw.Span).ToArray();

    private static List<string> Texts(ByteString raw)
    {
        var texts = new List<string>();
        var rest = raw.Span;
        while (rest.Length >= sizeof(int) && BinaryPrimitives.ReadUInt32LittleEndian(rest) is var length && length <= rest.Length - sizeof(int))
        {
            texts.Add(System.Text.Encoding.UTF8.GetString(rest.Slice(sizeof(int), (int)length)));
            rest = rest[(sizeof(int) + (int)length)..];
        }

        return texts;
    }

    private static OrtValue? Tensor<T>(T[] values, long[] shape, long count)
        where T : unmanaged => values.Length == count ? OrtValue.CreateTensorValueFromMemory(values, shape) : null;

    private static void Add(ModelInferResponse answer, string name, OrtValue value, bool raw)
    {
        var information = value.GetTensorTypeAndShape();
        var tensor = new ModelInferResponse.Types.InferOutputTensor { Name = name, Datatype = TensorDatatype.Of(information.ElementDataType), Shape = { information.Shape } };
        answer.Outputs.Add(tensor);
        if (raw)
        {
            answer.RawOutputContents.Add(Raw(value, information.ElementDataType));
            return;
        }

        tensor.Contents = new InferTensorContents();
        switch (information.ElementDataType)
        {
            case TensorElementType.Float: tensor.Contents.Fp32Contents.AddRange(value.GetTensorDataAsSpan<float>().ToArray()); break;
            case TensorElementType.Int64: tensor.Contents.Int64Contents.AddRange(value.GetTensorDataAsSpan<long>().ToArray()); break;
            case TensorElementType.Bool: tensor.Contents.BoolContents.AddRange(value.GetTensorDataAsSpan<bool>().ToArray()); break;
            default: tensor.Contents.BytesContents.AddRange(value.GetStringTensorAsArray().Select(ByteString.CopyFromUtf8)); break;
        }
    }

    private static ByteString Raw(OrtValue value, TensorElementType type)
    {
        if (type != TensorElementType.String)
        {
            return type switch
            {
                TensorElementType.Float => ByteString.CopyFrom(MemoryMarshal.AsBytes(value.GetTensorDataAsSpan<float>())),
                TensorElementType.Int64 => ByteString.CopyFrom(MemoryMarshal.AsBytes(value.GetTensorDataAsSpan<long>())),
                _ => ByteString.CopyFrom(MemoryMarshal.AsBytes(value.GetTensorDataAsSpan<bool>())),
            };
        }

        var bytes = new List<byte>();
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var text in value.GetStringTensorAsArray())
        {
            var utf8 = System.Text.Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
            bytes.AddRange(length);
            bytes.AddRange(utf8);
        }

        return ByteString.CopyFrom([.. bytes]);
    }
}
