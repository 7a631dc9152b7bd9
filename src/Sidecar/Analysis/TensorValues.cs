using System.Runtime.InteropServices;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>Numbers in a tensor's data, whatever their datatype.</summary>
internal static class TensorValues
{
    /// <summary>Copies numbers as floats; false, and nothing copied: they are texts.</summary>
    /// <param name="first">Index of the first.</param>
    public static bool TryCopy(DataType type, ReadOnlySpan<byte> data, int first, Span<float> to)
    {
        switch (type)
        {
            case DataType.Bool or DataType.UInt8:
                for (var i = 0; i < to.Length; i++)
                    to[i] = data[first + i];
                return true;
            case DataType.Bytes or DataType.Unknown:
                return false;
            default:
                for (var i = 0; i < to.Length; i++)
                    to[i] = IsFloat(type) ? Float(type, data, first + i) : Integer(type, data, first + i);
                return true;
        }
    }

    public static bool IsFloat(DataType type) => type is DataType.Fp16 or DataType.Bf16 or DataType.Fp32 or DataType.Fp64;

    public static float Float(DataType type, ReadOnlySpan<byte> data, int index) => type switch
    {
        DataType.Fp64 => (float)At<double>(data, index),
        DataType.Fp16 => (float)At<Half>(data, index),
        DataType.Bf16 => BitConverter.UInt32BitsToSingle((uint)At<ushort>(data, index) << 16),
        _ => At<float>(data, index),
    };

    public static long Integer(DataType type, ReadOnlySpan<byte> data, int index) => type switch
    {
        DataType.Int64 => At<long>(data, index),
        DataType.Int32 => At<int>(data, index),
        DataType.Int16 => At<short>(data, index),
        DataType.Int8 => At<sbyte>(data, index),
        DataType.UInt64 => (long)Math.Min(At<ulong>(data, index), long.MaxValue),
        DataType.UInt32 => At<uint>(data, index),
        DataType.UInt16 => At<ushort>(data, index),
        _ => data[index], // BOOL and UINT8
    };

    private static T At<T>(ReadOnlySpan<byte> data, int index)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(data)[index];
}
