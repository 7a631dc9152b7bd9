namespace Sidecar.Tensors.Json;

/// <summary>Conversion of JSON numbers to the bit patterns of the fixed-size datatypes.</summary>
internal static class ElementBits
{
    /// <summary>The element in the low bytes of <paramref name="bits"/>; false where the datatype can't hold the number.</summary>
    public static bool TryConvert(in JsonNumber number, DataType type, out ulong bits)
    {
        switch (type)
        {
            case DataType.Fp32 or DataType.Fp64 or DataType.Fp16 or DataType.Bf16:
                bits = FromDouble(number.ToDouble(), type);
                return true;
            case DataType.Bool:
                return number.TryToInteger(out _, out bits) && bits <= 1;
            default:
                return TryInteger(number, type, out bits);
        }
    }

    /// <summary>The nearest value of a float datatype, ties to even; out of range becomes infinite, as every float conversion does.</summary>
    public static ulong FromDouble(double value, DataType type) => type switch
    {
        DataType.Fp32 => BitConverter.SingleToUInt32Bits((float)value),
        DataType.Fp64 => BitConverter.DoubleToUInt64Bits(value),
        DataType.Fp16 => BitConverter.HalfToUInt16Bits((Half)value),
        _ => ToBf16((float)value),
    };

    private static bool TryInteger(in JsonNumber number, DataType type, out ulong bits)
    {
        bits = 0;
        if (!number.TryToInteger(out var negative, out var magnitude))
            return false;
        var width = type.Size() * 8;
        var signed = type >= DataType.Int8;
        var greatest = ulong.MaxValue >> (64 - width + (signed ? 1 : 0));
        if (negative)
        {
            if (magnitude > (signed ? greatest + 1 : 0))
                return false;
            bits = 0 - magnitude;
            return true;
        }

        bits = magnitude;
        return magnitude <= greatest;
    }

    private static ulong ToBf16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        // Adding to a NaN could carry it into infinity; its upper half is a NaN already.
        return float.IsNaN(value) ? bits >> 16 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    }
}
