using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.TensorFlowServing;

/// <summary>PredictRequest and PredictResponse (tensorflow_serving: apis/predict.proto).</summary>
internal static class PredictMessage
{
    /// <summary>model_spec = 1, inputs = 2 (a map), output_filter = 3.</summary>
    public static bool ReadRequest(ref ProtoReader proto, TensorMessage into)
    {
        var signature = Slice.Absent;
        while (proto.Next())
        {
            if (!(proto switch
            {
                { Field: 1, Type: WireType.Bytes } => proto.ReadBytes(out var spec) && ModelSpec.Read(ref proto, spec, into, ref signature),
                { Field: 2, Type: WireType.Bytes } => proto.ReadBytes(out var entry) && TensorProto.Read(ref proto, entry, into),
                { Field: 3, Type: WireType.Bytes } => proto.ReadBytes(out var name) && (into.TryAddRequested(name, asClasses: false) || proto.Fail(DecodeError.TooLarge)),
                _ => proto.Skip(),
            }))
                break;
        }

        into.SortByName();
        return proto.Error == DecodeError.None;
    }

    /// <summary>outputs = 1 (a map), model_spec = 2: the version that really answered.</summary>
    public static bool ReadResponse(ref ProtoReader proto, TensorMessage into)
    {
        var signature = Slice.Absent;
        while (proto.Next())
        {
            if (!(proto switch
            {
                { Field: 1, Type: WireType.Bytes } => proto.ReadBytes(out var entry) && TensorProto.Read(ref proto, entry, into),
                { Field: 2, Type: WireType.Bytes } => proto.ReadBytes(out var spec) && ModelSpec.Read(ref proto, spec, into, ref signature),
                _ => proto.Skip(),
            }))
                break;
        }

        into.SortByName();
        return proto.Error == DecodeError.None;
    }
}
