using System.Text;
using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.OpenInference;

/// <summary>ModelMetadataResponse: name = 1, versions = 2, platform = 3, inputs = 4, outputs = 5; a tensor of it: name = 1, datatype = 2, shape = 3.</summary>
internal static class ProtoMetadata
{
    /// <summary>Null where the reader has an error, or there is no name.</summary>
    public static ModelMetadata? Read(ref ProtoReader proto, int maxTensors)
    {
        var name = "";
        var platform = "";
        List<string> versions = [];
        List<TensorMetadata> inputs = [];
        List<TensorMetadata> outputs = [];
        while (proto.Next())
        {
            var field = proto.Field;
            if (field > 5 || proto.Type != WireType.Bytes)
            {
                if (!proto.Skip())
                    break;
                continue;
            }

            if (!proto.ReadBytes(out var value))
                break;
            switch (field)
            {
                case 1: name = Text(proto, value); break;
                case 2: versions.Add(Text(proto, value)); break;
                case 3: platform = Text(proto, value); break;
                default:
                    var tensors = field == 4 ? inputs : outputs;
                    if (ReadTensor(ref proto, value) is { } tensor && (tensors.Count < maxTensors || proto.Fail(DecodeError.TooLarge)))
                        tensors.Add(tensor);
                    break;
            }
        }

        return proto.Error != DecodeError.None || name.Length == 0 ? null : new ModelMetadata(name, versions, platform, inputs, outputs);
    }

    private static TensorMetadata? ReadTensor(ref ProtoReader outer, Slice part)
    {
        var name = "";
        var tensor = new Tensor();
        var proto = new ProtoReader(outer.Body, part);
        while (proto.Next())
        {
            if (proto is { Field: 3, Type: WireType.Bytes or WireType.Varint })
            {
                if (!ProtoTensor.ReadShape(ref proto, ref tensor))
                    break;
                continue;
            }

            if (proto.Field > 2 || proto.Type != WireType.Bytes)
            {
                if (!proto.Skip())
                    break;
                continue;
            }

            var field = proto.Field;
            if (!proto.ReadBytes(out var value))
                break;
            if (field == 1)
                name = Text(proto, value);
            else
                tensor.DataType = DataTypes.Parse(proto.Body.Slice(value.Start, value.Length));
        }

        if (proto.Error != DecodeError.None)
            outer.Fail(proto.Error);
        return outer.Error == DecodeError.None ? new TensorMetadata(name, tensor.DataType, tensor.Shape.ToArray()) : null;
    }

    private static string Text(ProtoReader proto, Slice value) => Encoding.UTF8.GetString(proto.Body.Slice(value.Start, value.Length));
}
