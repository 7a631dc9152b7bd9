using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.TensorFlowServing;

/// <summary>
/// ClassificationRequest and RegressionRequest (model_spec = 1, input = 2), and MultiInferenceRequest (tasks = 1, each with a model_spec = 1; input = 2).
/// All tasks are for the same model, so the first says which.
/// </summary>
internal static class ExampleRequest
{
    public static bool Read(ref ProtoReader proto, TensorMessage into, bool isMulti)
    {
        var whole = new Slice(proto.Position, proto.Length);
        var signature = Slice.Absent;
        while (proto.Next())
        {
            if (proto.Field != 1 || proto.Type != WireType.Bytes)
            {
                if (!proto.Skip())
                    break;
                continue;
            }

            if (!proto.ReadBytes(out var value)
                || !(isMulti ? into.HasModelName || ReadTask(ref proto, value, into) : ModelSpec.Read(ref proto, value, into, ref signature)))
                break;
        }

        return proto.Error == DecodeError.None && ExampleColumns.Read(ref proto, whole, into);
    }

    private static bool ReadTask(ref ProtoReader outer, Slice task, TensorMessage into)
    {
        var signature = Slice.Absent;
        var specs = new ProtoPath(outer.Body, task, [1]);
        while (specs.Next(out var spec))
        {
            if (!ModelSpec.Read(ref outer, spec, into, ref signature))
                return false;
        }

        return specs.Error == DecodeError.None || outer.Fail(specs.Error);
    }
}
