using Sidecar.Tensors.Protobuf;

namespace Sidecar.Tensors.OpenInference;

/// <summary>
/// ModelInferRequest and ModelInferResponse (open-inference-protocol: specification/protocol/open_inference_grpc.proto), which differ in two field numbers.
/// </summary>
internal static class ProtoMessage
{
    /// <summary>Field numbers of the tensors, of the outputs that are asked for (0: none), and of the raw contents.</summary>
    internal readonly record struct Fields(int Tensors, int Requested, int Raw);

    public static Fields Request { get; } = new(Tensors: 5, Requested: 6, Raw: 7);

    public static Fields Response { get; } = new(Tensors: 5, Requested: 0, Raw: 6);

    /// <summary>Reads one message that lies in the body.</summary>
    public static DecodeError Read(ReadOnlySpan<byte> body, Slice message, TensorMessage into, Fields fields)
    {
        var proto = new ProtoReader(body, message);
        while (proto.Next())
        {
            if (!ReadField(ref proto, into, fields))
                return proto.Error;
        }

        if (proto.Error != DecodeError.None)
            return proto.Error;
        return AssignRaw(body, into) ? into.FirstError() : DecodeError.Malformed;
    }

    private static bool ReadField(ref ProtoReader proto, TensorMessage into, Fields fields)
    {
        if (proto.Field > 7 || proto.Type != WireType.Bytes)
            return proto.Skip();
        var field = proto.Field;
        if (!proto.ReadBytes(out var value))
            return false;
        switch (field)
        {
            case 1: into.SetModelName(value); return true;
            case 2: into.SetModelVersion(value); return true;
            case 3: into.SetId(value); return true;
            case 4: return ReadParameter(ref proto, value, into);
        }

        if (field == fields.Tensors)
            return ProtoTensor.Read(ref proto, value, into);
        if (field == fields.Requested)
            return ReadRequested(ref proto, value, into);
        return field != fields.Raw || into.TryAddRaw(value) || proto.Fail(DecodeError.TooLarge);
    }

    /// <summary>Where there are raw contents, all tensors have theirs there, in their order; those in shared memory have none.</summary>
    /// <returns>False: there are more of them than tensors.</returns>
    private static bool AssignRaw(ReadOnlySpan<byte> body, TensorMessage into)
    {
        var next = 0;
        for (var i = 0; i < into.Count; i++)
        {
            ref var tensor = ref into.At(i);
            if (into.RawCount == 0 || tensor.Error == DecodeError.SharedMemory)
            {
                ProtoTensor.Finish(ref tensor);
                continue;
            }

            if (next == into.RawCount)
            {
                tensor.Error = DecodeError.MissingMember;
                tensor.DataSlice = Slice.Absent;
                continue;
            }

            var raw = into.Raw(next++);
            if (tensor.Error is not (DecodeError.None or DecodeError.MissingMember))
                continue;
            if (tensor.HasContents)
            {
                tensor.Error = DecodeError.ValueMismatch; // both ways at once: no server takes it
                tensor.DataSlice = Slice.Absent;
            }
            else if (!tensor.NameSlice.Present)
            {
                tensor.Error = DecodeError.MissingMember;
            }
            else
            {
                RawData.Assign(ref tensor, raw, body.Slice(raw.Start, raw.Length));
            }
        }

        return next == into.RawCount;
    }

    /// <summary>One entry of the map of parameters: key = 1, value = 2.</summary>
    private static bool ReadParameter(ref ProtoReader outer, Slice entry, TensorMessage into)
    {
        if (!TryParameter(outer.Body, entry, out var key, out var value, out var error))
            return outer.Fail(error);
        if (outer.Body.Slice(key.Start, key.Length).SequenceEqual("triton_final_response"u8))
            into.IsFinal = ReadBool(new ProtoReader(outer.Body, value));
        return true;
    }

    /// <summary>Key and value of a map's entry; both may be left out, and are empty then.</summary>
    public static bool TryParameter(ReadOnlySpan<byte> body, Slice entry, out Slice key, out Slice value, out DecodeError error)
    {
        key = value = Slice.OfSource(entry.Start, 0);
        var proto = new ProtoReader(body, entry);
        while (proto.Next())
        {
            if (proto.Field == 1 ? !proto.ReadBytes(out key) : proto.Field == 2 ? !proto.ReadBytes(out value) : !proto.Skip())
                break;
        }

        error = proto.Error;
        return error == DecodeError.None;
    }

    private static bool ReadBool(ProtoReader parameter)
    {
        var set = false;
        while (parameter.Next())
        {
            if (parameter is { Field: 1, Type: WireType.Varint })
            {
                if (!parameter.ReadVarint(out var value))
                    return false;
                set = value != 0;
            }
            else if (!parameter.Skip())
            {
                return false;
            }
        }

        return set;
    }

    /// <summary>An output that is asked for: name = 1, parameters = 2.</summary>
    private static bool ReadRequested(ref ProtoReader outer, Slice part, TensorMessage into)
    {
        var name = Slice.Absent;
        var asClasses = false;
        var proto = new ProtoReader(outer.Body, part);
        while (proto.Next())
        {
            if (proto.Field is not (1 or 2))
            {
                if (!proto.Skip())
                    break;
                continue;
            }

            var field = proto.Field;
            if (!proto.ReadBytes(out var value))
                break;
            if (field == 1)
            {
                name = value;
                continue;
            }

            if (!TryParameter(outer.Body, value, out var key, out var parameter, out var error))
                return outer.Fail(error);
            if (outer.Body.Slice(key.Start, key.Length).SequenceEqual("classification"u8))
                asClasses |= IsPositive(new ProtoReader(outer.Body, parameter));
        }

        if (proto.Error != DecodeError.None)
            return outer.Fail(proto.Error);
        return !name.Present || into.TryAddRequested(name, asClasses) || outer.Fail(DecodeError.TooLarge);
    }

    // int64_param = 2, uint64_param = 5: the number of classes; 0 asks for the tensor itself.
    private static bool IsPositive(ProtoReader parameter)
    {
        var positive = false;
        while (parameter.Next())
        {
            if (parameter is { Field: 2 or 5, Type: WireType.Varint })
            {
                if (!parameter.ReadVarint(out var value))
                    return false;
                positive = (long)value > 0;
            }
            else if (!parameter.Skip())
            {
                return false;
            }
        }

        return positive;
    }
}
