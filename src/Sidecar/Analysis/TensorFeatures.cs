using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>The features that one named tensor carries: one a column of its rows (first dimension = rows).</summary>
internal sealed class TensorFeatures
{
    /// <summary>A tensor with more columns is an image or an embedding, which single columns do not describe.</summary>
    public const int MaxColumns = 256;

    // Rows of one request are alike; more of them say little that is new (uniform stride over the request).
    private const int MaxRowsPerRequest = 32;

    public TensorFeatures(string name, int columns)
    {
        Name = Encoding.UTF8.GetBytes(name);
        Columns = [.. Enumerable.Range(0, columns).Select(column =>
            new Feature(NameOf(name, column, columns)))];
    }

    public byte[] Name { get; }
    public Feature[] Columns { get; }

    /// <summary>The name of a column's feature.</summary>
    public static string NameOf(string tensor, int column, int columns) =>
        columns == 1 ? tensor : string.Create(CultureInfo.InvariantCulture, $"{tensor}[{column}]");

    /// <summary>How many columns a tensor's rows have; 0 when it has none or too many.</summary>
    public static int ColumnsOf(in Tensor tensor)
    {
        if (tensor.Error != DecodeError.None || tensor.Elements <= 0)
            return 0;
        var rows = tensor.Rank == 0 ? 1 : tensor.Shape[0];
        return tensor.Elements / rows is > 0 and <= MaxColumns and var columns ? (int)columns : 0;
    }

    /// <summary>Adds a message's rows of this tensor.</summary>
    /// <returns>The rows added; 0 when the tensor is absent or has other columns, and then a missing row was counted.</returns>
    public int Add(TensorMessage message)
    {
        var at = message.Find(Name);
        if (at < 0 || ColumnsOf(message[at]) != Columns.Length)
        {
            foreach (var feature in Columns)
                feature.AddMissing();
            return 0;
        }

        ref readonly var tensor = ref message[at];
        var rows = (int)(tensor.Elements / Columns.Length);
        var stride = Math.Max(1, rows / MaxRowsPerRequest);
        switch (tensor.DataType)
        {
            case DataType.Fp32:
                AddFloats(message.Values<float>(at), rows, stride);
                break;
            case DataType.Bytes:
                AddTexts(message.Strings(at), stride);
                break;
            default:
                for (var row = 0; row < rows; row += stride)
                    AddRow(tensor.DataType, message.Data(at), row);
                break;
        }

        return ((rows - 1) / stride) + 1;
    }

    private void AddFloats(ReadOnlySpan<float> values, int rows, int stride)
    {
        for (var row = 0; row < rows; row += stride)
        {
            var of = values.Slice(row * Columns.Length, Columns.Length);
            for (var column = 0; column < of.Length; column++)
                Columns[column].Add(of[column]);
        }
    }

    private void AddTexts(BytesElements texts, int stride)
    {
        var index = 0;
        foreach (var text in texts)
        {
            if (index / Columns.Length % stride == 0)
                Columns[index % Columns.Length].Add(text);
            index++;
        }
    }

    private void AddRow(DataType type, ReadOnlySpan<byte> data, int row)
    {
        for (var column = 0; column < Columns.Length; column++)
        {
            var index = (row * Columns.Length) + column;
            switch (type)
            {
                case DataType.Fp64:
                    Columns[column].Add((float)At<double>(data, index));
                    break;
                case DataType.Fp16:
                    Columns[column].Add((float)At<Half>(data, index));
                    break;
                case DataType.Bf16:
                    Columns[column].Add(BitConverter.UInt32BitsToSingle((uint)At<ushort>(data, index) << 16));
                    break;
                default:
                    Columns[column].Add(Integer(type, data, index));
                    break;
            }
        }
    }

    private static long Integer(DataType type, ReadOnlySpan<byte> data, int index) => type switch
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
