using System.Globalization;
using Sidecar.Tensors.Protobuf;
using Sidecar.Tensors.TensorFlowServing;

namespace Sidecar.Tensors;

/// <summary>
/// TensorFlow Serving over gRPC (tensorflow_serving: apis/prediction_service.proto): Predict with tensors, Classify, Regress and MultiInference with tf.Examples.
/// Contents, and lists of FP32 and FP64 that fill their shape, stay where they are.
/// </summary>
public sealed class TensorFlowServingGrpc : IProtocolDecoder
{
    /// <inheritdoc/>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        into.Clear();
        into.SetSource(body);
        var proto = new ProtoReader(body.Span, 0, body.Length);
        var read = MethodOf(head.Path) switch
        {
            Method.Predict => PredictMessage.ReadRequest(ref proto, into),
            Method.Classify or Method.Regress => ExampleRequest.Read(ref proto, into, isMulti: false),
            Method.MultiInference => ExampleRequest.Read(ref proto, into, isMulti: true),
            _ => proto.Fail(DecodeError.NotInference),
        };
        return Judge(read, proto.Error, into);
    }

    /// <inheritdoc/>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        into.Clear();
        into.SetSource(body);
        var proto = new ProtoReader(body.Span, 0, body.Length);
        var read = MethodOf(head.Path) switch
        {
            Method.Predict => PredictMessage.ReadResponse(ref proto, into),
            Method.Classify => ExampleResponse.Read(ref proto, into, ExampleResponse.Kind.Classification),
            Method.Regress => ExampleResponse.Read(ref proto, into, ExampleResponse.Kind.Regression),
            Method.MultiInference => ExampleResponse.ReadMulti(ref proto, into),
            _ => proto.Fail(DecodeError.NotInference),
        };
        return Judge(read, proto.Error, into);
    }

    /// <summary>The message of a call <c>GetModelMetadata</c>, which asks for a model's signatures.</summary>
    /// <param name="version">A number, or else a label; null: the latest.</param>
    public static byte[] EncodeMetadataRequest(string model, string? version)
    {
        var spec = new ProtoWriter().Text(1, model);
        if (long.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            spec.Message(2, new ProtoWriter().Number(1, number));
        else
            spec.Text(4, version ?? "");
        return new ProtoWriter().Message(1, spec).Text(2, "signature_def").ToArray();
    }

    /// <summary>
    /// Decodes the answer to <see cref="EncodeMetadataRequest"/>; <paramref name="metadata"/> is null unless the result is None. A model that has several signatures, or one that
    /// isn't for Predict, is <see cref="DecodeError.NotInference"/>: nothing says which of them a message must keep to.
    /// </summary>
    public static DecodeError DecodeMetadata(ReadOnlySpan<byte> body, out ModelMetadata? metadata)
    {
        var proto = new ProtoReader(body, 0, body.Length);
        metadata = SignatureMetadata.Read(ref proto, DecodeLimits.Default.MaxTensors);
        return proto.Error != DecodeError.None || metadata is not null ? proto.Error : DecodeError.NotInference;
    }

    private static DecodeError Judge(bool read, DecodeError error, TensorMessage into)
    {
        if (read)
            return into.FirstError();
        into.ClearTensors(); // columns may be half read
        return error;
    }

    private static Method MethodOf(ReadOnlySpan<byte> path) => path[(path.LastIndexOf((byte)'/') + 1)..] switch
    {
        var method when method.SequenceEqual("Predict"u8) || method.SequenceEqual("PredictStreamed"u8) => Method.Predict,
        var method when method.SequenceEqual("Classify"u8) => Method.Classify,
        var method when method.SequenceEqual("Regress"u8) => Method.Regress,
        var method when method.SequenceEqual("MultiInference"u8) => Method.MultiInference,
        _ => Method.None,
    };

    private enum Method : byte
    {
        None,
        Predict,
        Classify,
        Regress,
        MultiInference,
    }
}
