using System.Buffers.Binary;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.OpenAi;

/// <summary>One number or flag of a message: absent, there, or something else in its place. Becomes a tensor of shape [1].</summary>
internal struct Scalar
{
    /// <summary>It is in the message, and not null.</summary>
    public bool IsPresent;
    public DecodeError Error;
    public ulong Bits;

    public static Scalar Of(long value) => new() { IsPresent = true, Bits = (ulong)value };

    /// <summary>An absent or wrong one is -1.</summary>
    public readonly long Count => IsPresent && Error == DecodeError.None ? (long)Bits : -1;

    /// <summary>Reads an integer, however it is written.</summary>
    public static bool ReadInteger(ref JsonScanner json, out Scalar value)
    {
        if (!ReadNumber(ref json, out value, out var number) || !value.IsPresent)
            return json.Error == DecodeError.None;
        var isInteger = number.TryToInteger(out var negative, out var magnitude) && magnitude <= long.MaxValue;
        value.Error = isInteger ? DecodeError.None : DecodeError.ValueMismatch;
        value.Bits = negative ? 0 - magnitude : magnitude;
        return true;
    }

    /// <summary>Reads an integer that is a number of things.</summary>
    public static bool ReadCount(ref JsonScanner json, out Scalar value)
    {
        var read = ReadInteger(ref json, out value);
        if ((long)value.Bits < 0)
            value.Error = DecodeError.ValueMismatch;
        return read;
    }

    public static bool ReadFloat(ref JsonScanner json, out Scalar value)
    {
        if (!ReadNumber(ref json, out value, out var number) || !value.IsPresent)
            return json.Error == DecodeError.None;
        value.Error = DecodeError.None;
        value.Bits = BitConverter.DoubleToUInt64Bits(number.ToDouble());
        return true;
    }

    public static bool ReadFlag(ref JsonScanner json, out Scalar value)
    {
        value = default;
        if (json.TryReadNull())
            return true;
        value.IsPresent = true;
        var first = json.Peek();
        value.Bits = first == 't' ? 1u : 0;
        value.Error = first is (byte)'t' or (byte)'f' ? DecodeError.None : DecodeError.ValueMismatch;
        return json.SkipValue();
    }

    /// <summary>Adds it as a tensor, if it is present; false when a limit is reached.</summary>
    public readonly bool TryAddTo(TensorMessage into, ReadOnlySpan<byte> name, DataType type)
    {
        if (!IsPresent)
            return true;
        var tensor = new Tensor { DataType = type, Rank = 1, Elements = 1, DataSlice = Slice.Absent, BinaryBytes = -1, Error = Error };
        tensor.Dims[0] = 1;
        if (!into.TryAppend(name, out tensor.NameSlice))
            return false;
        if (Error == DecodeError.None)
        {
            if (!into.TryAlign() || !into.TryReserve(sizeof(ulong), out var free))
                return false;
            BinaryPrimitives.WriteUInt64LittleEndian(free, Bits);
            tensor.DataSlice = new Slice(into.Used, type.Size());
            tensor.SentElements = 1;
            into.Advance(type.Size());
        }

        return into.TryAdd(in tensor);
    }

    /// <summary>Anything but a number and null is a present value with an error; false: the scanner has one.</summary>
    private static bool ReadNumber(ref JsonScanner json, out Scalar value, out JsonNumber number)
    {
        value = default;
        number = default;
        if (json.TryReadNull())
            return true;
        value.IsPresent = true;
        value.Error = DecodeError.ValueMismatch;
        if (json.Peek() is (byte)'"' or (byte)'{' or (byte)'[' or (byte)'t' or (byte)'f' or (byte)'n')
        {
            json.SkipValue();
            return false;
        }

        return json.ReadNumber(out number);
    }
}
