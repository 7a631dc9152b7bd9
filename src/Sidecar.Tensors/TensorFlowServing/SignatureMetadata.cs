using System.Text;
using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.TensorFlowServing;

/// <summary>
/// GetModelMetadataResponse (tensorflow_serving: apis/get_model_metadata.proto): model_spec = 1, metadata = 2, a map whose only entry, <c>signature_def</c>, is an Any
/// (value = 2) that holds a SignatureDefMap (signature_def = 1, again a map).
/// </summary>
/// <remarks>
/// A model may have several signatures, each a promise of its own, while a contract is one for each model and version. So only a model with one signature, which
/// Predict calls, is described; <c>__saved_model_init_op</c>, which TensorFlow lists beside them, is nobody's to call.
/// </remarks>
internal static class SignatureMetadata
{
    /// <summary>Null where the reader has an error, or the model isn't one with one signature for Predict.</summary>
    public static ModelMetadata? Read(ref ProtoReader proto, int maxTensors)
    {
        var whole = new Slice(proto.Position, proto.Length);
        var found = Slice.Absent;
        var signatures = new ProtoPath(proto.Body, MapOf(ref proto, whole), [1]);
        while (signatures.Next(out var signature))
        {
            if (TextAt(ref proto, signature, [1]).SequenceEqual("__saved_model_init_op"u8))
                continue;
            if (found.Present)
                return null;
            found = signature;
        }

        proto.Fail(signatures.Error);
        var model = TextAt(ref proto, whole, [1, 1]);
        // SignatureDef: inputs = 1, outputs = 2, method_name = 3.
        if (!found.Present || model.IsEmpty || !TextAt(ref proto, found, [2, 3]).SequenceEqual("tensorflow/serving/predict"u8))
            return null;
        var inputs = ReadTensors(ref proto, new ProtoPath(proto.Body, found, [2, 1]), maxTensors);
        var outputs = ReadTensors(ref proto, new ProtoPath(proto.Body, found, [2, 2]), maxTensors);
        // It says which version it answers for, not which there are.
        return proto.Error == DecodeError.None ? new ModelMetadata(Encoding.UTF8.GetString(model), [], "tensorflow", inputs, outputs) : null;
    }

    /// <summary>The SignatureDefMap, which is bytes to the Any around it.</summary>
    private static Slice MapOf(ref ProtoReader outer, Slice answer)
    {
        var map = Slice.OfSource(0, 0);
        var entries = new ProtoPath(outer.Body, answer, [2]);
        while (entries.Next(out var entry))
        {
            if (TextAt(ref outer, entry, [1]).SequenceEqual("signature_def"u8))
                map = LastAt(ref outer, entry, [2, 2]);
        }

        outer.Fail(entries.Error);
        return map;
    }

    private static List<TensorMetadata> ReadTensors(ref ProtoReader outer, ProtoPath entries, int maxTensors)
    {
        List<TensorMetadata> tensors = [];
        while (entries.Next(out var entry))
        {
            if (tensors.Count == maxTensors)
                outer.Fail(DecodeError.TooLarge);
            else
                tensors.Add(ReadTensor(ref outer, entry));
        }

        outer.Fail(entries.Error);
        return tensors;
    }

    /// <summary>An entry of a map of TensorInfos: dtype = 2, tensor_shape = 3.</summary>
    private static TensorMetadata ReadTensor(ref ProtoReader outer, Slice entry)
    {
        var tensor = new Tensor();
        var type = 0UL;
        var isAnyRank = true;
        var infos = new ProtoPath(outer.Body, entry, [2]);
        while (infos.Next(out var info))
        {
            var proto = new ProtoReader(outer.Body, info);
            while (proto.Next())
            {
                if (proto is { Field: 3, Type: WireType.Bytes })
                {
                    isAnyRank = false;
                    if (!proto.ReadBytes(out var shape) || !TensorProto.ReadShape(ref proto, shape, ref tensor, ref isAnyRank))
                        break;
                }
                else if (!(proto is { Field: 2, Type: WireType.Varint } ? proto.ReadVarint(out type) : proto.Skip()))
                {
                    break;
                }
            }

            outer.Fail(proto.Error);
        }

        outer.Fail(infos.Error);
        return new TensorMetadata(Encoding.UTF8.GetString(TextAt(ref outer, entry, [1])), TensorFlowTypes.Map(type), tensor.Shape.ToArray()) { HasAnyRank = isAnyRank };
    }

    private static ReadOnlySpan<byte> TextAt(ref ProtoReader outer, Slice message, ReadOnlySpan<byte> path)
    {
        var text = LastAt(ref outer, message, path);
        return outer.Body.Slice(text.Start, text.Length);
    }

    /// <summary>The last bytes at the end of the path; empty where there are none.</summary>
    private static Slice LastAt(ref ProtoReader outer, Slice message, ReadOnlySpan<byte> path)
    {
        var found = new ProtoPath(outer.Body, message, path);
        var last = Slice.OfSource(0, 0);
        while (found.Next(out var next))
            last = next;
        outer.Fail(found.Error);
        return last;
    }
}
