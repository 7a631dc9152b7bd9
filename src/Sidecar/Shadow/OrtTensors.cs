using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Shadow;

/// <summary>Between our tensors and ONNX Runtime's. Datatypes must be the same: a silent conversion would hide a difference.</summary>
internal static class OrtTensors
{
    /// <summary>The tensor as an input of the wanted type; null when it has another type, or its data do not fill its shape.</summary>
    public static OrtValue? ToOrt(OwnedTensor tensor, TensorElementType wanted)
    {
        if (DataTypeOf(wanted) != tensor.DataType)
            return null;
        return tensor.DataType switch
        {
            DataType.Bool => Make<bool>(tensor),
            DataType.UInt8 => Make<byte>(tensor),
            DataType.UInt16 => Make<ushort>(tensor),
            DataType.UInt32 => Make<uint>(tensor),
            DataType.UInt64 => Make<ulong>(tensor),
            DataType.Int8 => Make<sbyte>(tensor),
            DataType.Int16 => Make<short>(tensor),
            DataType.Int32 => Make<int>(tensor),
            DataType.Int64 => Make<long>(tensor),
            DataType.Fp16 => Make<Float16>(tensor),
            DataType.Bf16 => Make<BFloat16>(tensor),
            DataType.Fp32 => Make<float>(tensor),
            DataType.Fp64 => Make<double>(tensor),
            DataType.Bytes => MakeStrings(tensor),
            _ => null,
        };
    }

    /// <summary>An output as a tensor of ours; null for what is no tensor (sequences and maps).</summary>
    public static OwnedTensor? FromOrt(string name, OrtValue value)
    {
        if (!value.IsTensor)
            return null;
        var info = value.GetTensorTypeAndShape();
        if (info.IsString)
            return new OwnedTensor(name, DataType.Bytes, info.Shape, Pack(value.GetStringTensorAsArray()));
        var type = DataTypeOf(info.ElementDataType);
        return type == DataType.Unknown ? null : new OwnedTensor(name, type, info.Shape, value.GetTensorDataAsSpan<byte>().ToArray());
    }

    private static OrtValue? Make<T>(OwnedTensor tensor)
        where T : unmanaged
    {
        var values = MemoryMarshal.Cast<byte, T>(tensor.Data).ToArray();
        return values.Length == Elements(tensor) ? OrtValue.CreateTensorValueFromMemory(values, tensor.Shape) : null;
    }

    private static OrtValue? MakeStrings(OwnedTensor tensor)
    {
        var count = Elements(tensor);
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, tensor.Shape);
        ReadOnlySpan<byte> rest = tensor.Data;
        for (var i = 0; i < count; i++)
        {
            var length = rest.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(rest) : -1;
            if (length < 0 || length > rest.Length - 4)
            {
                value.Dispose();
                return null;
            }

            value.StringTensorSetElementAt(rest.Slice(4, length), i);
            rest = rest[(4 + length)..];
        }

        return value;
    }

    private static byte[] Pack(string[] texts)
    {
        using var packed = new MemoryStream();
        Span<byte> length = stackalloc byte[4];
        foreach (var text in texts)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
            packed.Write(length);
            packed.Write(bytes);
        }

        return packed.ToArray();
    }

    private static long Elements(OwnedTensor tensor) => tensor.Shape.Aggregate(1L, static (product, dimension) => product * dimension);

    private static DataType DataTypeOf(TensorElementType type) => type switch
    {
        TensorElementType.Bool => DataType.Bool,
        TensorElementType.UInt8 => DataType.UInt8,
        TensorElementType.UInt16 => DataType.UInt16,
        TensorElementType.UInt32 => DataType.UInt32,
        TensorElementType.UInt64 => DataType.UInt64,
        TensorElementType.Int8 => DataType.Int8,
        TensorElementType.Int16 => DataType.Int16,
        TensorElementType.Int32 => DataType.Int32,
        TensorElementType.Int64 => DataType.Int64,
        TensorElementType.Float16 => DataType.Fp16,
        TensorElementType.BFloat16 => DataType.Bf16,
        TensorElementType.Float => DataType.Fp32,
        TensorElementType.Double => DataType.Fp64,
        TensorElementType.String => DataType.Bytes,
        _ => DataType.Unknown,
    };
}
