namespace Sidecar.Tensors.TensorFlowServing;

/// <summary>TensorFlow's element types (tensorflow: core/framework/types.proto) as those of V2.</summary>
internal static class TensorFlowTypes
{
    /// <summary>
    /// <see cref="DataType.Unknown"/> for what V2 has no type for: complex numbers, handles of resources, variants, and quantized numbers, which mean nothing without
    /// their scale.
    /// </summary>
    public static DataType Map(ulong type) => type switch
    {
        1 => DataType.Fp32,
        2 => DataType.Fp64,
        3 => DataType.Int32,
        4 => DataType.UInt8,
        5 => DataType.Int16,
        6 => DataType.Int8,
        7 => DataType.Bytes,
        9 => DataType.Int64,
        10 => DataType.Bool,
        14 => DataType.Bf16,
        17 => DataType.UInt16,
        19 => DataType.Fp16,
        22 => DataType.UInt32,
        23 => DataType.UInt64,
        _ => DataType.Unknown,
    };

    /// <summary>The list of a TensorProto that values of that type are in: float_val = 5 … uint64_val = 17.</summary>
    public static int ValuesField(DataType type) => type switch
    {
        DataType.Fp32 => 5,
        DataType.Fp64 => 6,
        DataType.Int32 or DataType.Int16 or DataType.Int8 or DataType.UInt8 or DataType.UInt16 => 7,
        DataType.Bytes => 8,
        DataType.Int64 => 10,
        DataType.Bool => 11,
        DataType.Fp16 or DataType.Bf16 => 13,
        DataType.UInt32 => 16,
        _ => 17, // uint64_val
    };
}
