using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors;

/// <summary>
/// TorchServe over gRPC (pytorch/serve: frontend/server/src/main/resources/proto/inference.proto): Predictions, StreamPredictions and StreamPredictions2. Inputs
/// and predictions are bytes that only the model's handler can read, so they are BYTES of shape [1], whatever they look like.
/// </summary>
public sealed class TorchServeGrpc : IProtocolDecoder
{
    /// <summary>PredictionsRequest: model_name = 1, model_version = 2, input = 3 (a map), sequenceId = 4.</summary>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        into.Clear();
        into.SetSource(body);
        var proto = new ProtoReader(body.Span, 0, body.Length);
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
                case 2: into.SetModelVersion(value); break;
                case 3 when !ReadInput(ref proto, value, into): return proto.Error;
                case 4: into.SetId(value); break;
            }
        }

        into.SortByName();
        return proto.Error;
    }

    /// <summary>PredictionResponse: prediction = 1, sequenceId = 2, status = 3; the status is an error of one message of a stream.</summary>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        into.Clear();
        into.SetSource(body);
        var prediction = Slice.OfSource(0, 0);
        var proto = new ProtoReader(body.Span, 0, body.Length);
        while (proto.Next())
        {
            var field = proto.Field;
            if (field > 3 || proto.Type != WireType.Bytes)
            {
                if (!proto.Skip())
                    break;
                continue;
            }

            if (!proto.ReadBytes(out var value))
                break;
            switch (field)
            {
                case 1: prediction = value; break;
                case 2: into.SetId(value); break;
                case 3 when !ReadStatus(ref proto, value, into): return proto.Error;
            }
        }

        if (proto.Error != DecodeError.None || into.HasError)
            return proto.Error;
        if (!into.TryAppend("prediction"u8, out var name))
            return DecodeError.TooLarge;
        Add(ref proto, name, prediction, into);
        return proto.Error;
    }

    /// <summary>An entry of the map: key = 1, value = 2. Of two with the same key the last counts.</summary>
    private static bool ReadInput(ref ProtoReader outer, Slice entry, TensorMessage into)
    {
        var name = Slice.OfSource(entry.Start, 0);
        var value = name;
        var proto = new ProtoReader(outer.Body, entry);
        while (proto.Next())
        {
            if (!(proto switch
            {
                { Field: 1, Type: WireType.Bytes } => proto.ReadBytes(out name),
                { Field: 2, Type: WireType.Bytes } => proto.ReadBytes(out value),
                _ => proto.Skip(),
            }))
                break;
        }

        return proto.Error == DecodeError.None ? Add(ref outer, name, value, into) : outer.Fail(proto.Error);
    }

    private static bool Add(ref ProtoReader outer, Slice name, Slice value, TensorMessage into)
    {
        var tensor = new Tensor
        {
            NameSlice = name, DataType = DataType.Bytes, Rank = 1, Elements = 1, SentElements = 1, BinaryBytes = -1,
        };
        tensor.Dims[0] = 1;
        return (RawData.TryAppendText(outer.Body.Slice(value.Start, value.Length), into, out tensor.DataSlice) && into.TryPut(in tensor)) || outer.Fail(DecodeError.TooLarge);
    }

    /// <summary>google.rpc.Status: code = 1, message = 2; the code 0 is no error.</summary>
    private static bool ReadStatus(ref ProtoReader outer, Slice status, TensorMessage into)
    {
        var code = 0UL;
        var text = Slice.OfSource(status.Start, 0);
        var proto = new ProtoReader(outer.Body, status);
        while (proto.Next())
        {
            if (!(proto switch
            {
                { Field: 1, Type: WireType.Varint } => proto.ReadVarint(out code),
                { Field: 2, Type: WireType.Bytes } => proto.ReadBytes(out text),
                _ => proto.Skip(),
            }))
                break;
        }

        if (proto.Error != DecodeError.None)
            return outer.Fail(proto.Error);
        if (code != 0)
            into.SetError(text);
        return true;
    }
}
