using System.Diagnostics.CodeAnalysis;

namespace Sidecar.Tensors;

/// <summary>Element types of the Open Inference Protocol V2, which every other protocol is mapped to.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "These are the protocol's names of types.")]
public enum DataType : byte
{
    /// <summary>Absent, or a name that is not in the protocol.</summary>
    Unknown,
    Bool,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Int8,
    Int16,
    Int32,
    Int64,

    /// <summary>IEEE 754 binary16.</summary>
    Fp16,

    /// <summary>The upper half of a binary32.</summary>
    Bf16,
    Fp32,
    Fp64,

    /// <summary>Variable-length byte strings.</summary>
    Bytes,
}

/// <summary>Names and sizes of <see cref="DataType"/>.</summary>
public static class DataTypes
{
    /// <summary>The type that a V2 datatype name (upper case, <c>FP32</c>) stands for; <see cref="DataType.Unknown"/> for any other text.</summary>
    public static DataType Parse(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("FP32"u8) => DataType.Fp32,
        _ when name.SequenceEqual("FP64"u8) => DataType.Fp64,
        _ when name.SequenceEqual("INT64"u8) => DataType.Int64,
        _ when name.SequenceEqual("INT32"u8) => DataType.Int32,
        _ when name.SequenceEqual("BYTES"u8) => DataType.Bytes,
        _ when name.SequenceEqual("BOOL"u8) => DataType.Bool,
        _ when name.SequenceEqual("UINT8"u8) => DataType.UInt8,
        _ when name.SequenceEqual("UINT16"u8) => DataType.UInt16,
        _ when name.SequenceEqual("UINT32"u8) => DataType.UInt32,
        _ when name.SequenceEqual("UINT64"u8) => DataType.UInt64,
        _ when name.SequenceEqual("INT8"u8) => DataType.Int8,
        _ when name.SequenceEqual("INT16"u8) => DataType.Int16,
        _ when name.SequenceEqual("FP16"u8) => DataType.Fp16,
        _ when name.SequenceEqual("BF16"u8) => DataType.Bf16,
        _ => DataType.Unknown,
    };

    /// <summary>The V2 name, for example <c>FP32</c>; <c>UNKNOWN</c> for <see cref="DataType.Unknown"/>.</summary>
    public static string Name(this DataType type) => type switch
    {
        DataType.Bool => "BOOL",
        DataType.UInt8 => "UINT8",
        DataType.UInt16 => "UINT16",
        DataType.UInt32 => "UINT32",
        DataType.UInt64 => "UINT64",
        DataType.Int8 => "INT8",
        DataType.Int16 => "INT16",
        DataType.Int32 => "INT32",
        DataType.Int64 => "INT64",
        DataType.Fp16 => "FP16",
        DataType.Bf16 => "BF16",
        DataType.Fp32 => "FP32",
        DataType.Fp64 => "FP64",
        DataType.Bytes => "BYTES",
        _ => "UNKNOWN",
    };

    /// <summary>Bytes of one element; 0 where elements have no fixed size (BYTES, unknown).</summary>
    public static int Size(this DataType type) => type switch
    {
        DataType.Bool or DataType.UInt8 or DataType.Int8 => 1,
        DataType.UInt16 or DataType.Int16 or DataType.Fp16 or DataType.Bf16 => 2,
        DataType.UInt32 or DataType.Int32 or DataType.Fp32 => 4,
        DataType.UInt64 or DataType.Int64 or DataType.Fp64 => 8,
        _ => 0,
    };

    /// <summary>FP16, BF16, FP32 and FP64.</summary>
    public static bool IsFloat(this DataType type) => type is >= DataType.Fp16 and <= DataType.Fp64;

    /// <summary>The signed and unsigned integers, BOOL not included.</summary>
    public static bool IsInteger(this DataType type) => type is >= DataType.UInt8 and <= DataType.Int64;
}
