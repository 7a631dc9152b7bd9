using System.Buffers.Text;
using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.TensorFlowServing;

/// <summary>ModelSpec (tensorflow_serving: apis/model.proto): name = 1, version = 2 (an Int64Value), signature_name = 3, version_label = 4.</summary>
internal static class ModelSpec
{
    /// <summary>Reads the model's name, and its version or the label of one, into the message.</summary>
    /// <param name="signature">The signature that is called; unchanged where the spec names none.</param>
    public static bool Read(ref ProtoReader outer, Slice spec, TensorMessage into, ref Slice signature)
    {
        var proto = new ProtoReader(outer.Body, spec);
        while (proto.Next())
        {
            var field = proto.Field;
            if (field > 4 || proto.Type != WireType.Bytes)
            {
                if (!proto.Skip())
                    break;
                continue;
            }

            if (!proto.ReadBytes(out var value))
                break;
            switch (field)
            {
                case 1: into.SetModelName(value); break;
                case 2 when !ReadVersion(ref proto, value, into): return outer.Fail(proto.Error);
                case 3: signature = value; break;
                case 4: into.SetModelVersion(value); break;
            }
        }

        return proto.Error == DecodeError.None || outer.Fail(proto.Error);
    }

    private static bool ReadVersion(ref ProtoReader outer, Slice wrapper, TensorMessage into)
    {
        const int longest = 20; // of a 64-bit number with its sign
        var number = 0UL;
        var proto = new ProtoReader(outer.Body, wrapper);
        while (proto.Next())
        {
            if (!(proto is { Field: 1, Type: WireType.Varint } ? proto.ReadVarint(out number) : proto.Skip()))
                break;
        }

        if (proto.Error != DecodeError.None)
            return outer.Fail(proto.Error);
        if (!into.TryReserve(longest, out var free))
            return outer.Fail(DecodeError.TooLarge);
        Utf8Formatter.TryFormat((long)number, free, out var length);
        into.SetModelVersion(new Slice(into.Used, length));
        into.Advance(length);
        return true;
    }
}
