using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>The features that one named tensor carries: one a column of its rows, and what is derived of them.</summary>
internal sealed class TensorFeatures
{
    // Rows of one request are alike; more of them say little that is new (uniform stride over the request).
    private const int MaxRowsPerRequest = 32;

    // Rows of images cost some nanoseconds a value: one of 512 × 512, or eight of 180 × 180, are enough of a request.
    private const int MaxValuesPerRequest = 1 << 18;

    private readonly Side _side;
    private readonly TensorLayout _layout;
    private readonly Feature[] _columns;
    private readonly DerivedFeatures? _derived;
    private float[] _row = [];

    public TensorFeatures(string name, TensorLayout layout, Side side)
    {
        Name = Encoding.UTF8.GetBytes(name);
        _side = side;
        _layout = layout;
        _columns = [.. Enumerable.Range(0, layout.OwnColumns).Select(column => new Feature(NameOf(name, column, layout.Columns)))];
        _derived = layout.Derivation switch
        {
            Derivation.Classes => new ClassFeatures(name),
            Derivation.Vector => new VectorFeatures(name),
            _ => null,
        };
        Features = [.. _columns, .. _derived?.Features ?? []];
    }

    public byte[] Name { get; }

    /// <summary>All of them, columns first.</summary>
    public Feature[] Features { get; }

    /// <summary>All columns became features that are watched; where no column is one, anything of it did.</summary>
    public bool IsLearned => _columns.Length > 0 ? Array.TrueForAll(_columns, feature => feature.IsWatched) : Array.Exists(Features, feature => feature.IsWatched);

    /// <summary>The name of a column's feature.</summary>
    public static string NameOf(string tensor, int column, int columns) =>
        columns == 1 ? tensor : string.Create(CultureInfo.InvariantCulture, $"{tensor}[{column}]");

    /// <summary>Whether a feature of that name can be of a tensor of this one.</summary>
    /// <param name="feature">UTF-8, as the tensor's name.</param>
    public static bool IsOf(ReadOnlySpan<byte> feature, ReadOnlySpan<byte> tensor) =>
        feature.StartsWith(tensor) && (feature.Length == tensor.Length || feature[tensor.Length] is (byte)'[' or (byte)'.');

    /// <summary>Adds a message's rows of this tensor.</summary>
    /// <returns>The rows added; 0 when the tensor is absent or has other columns, and then a missing row was counted.</returns>
    public int Add(TensorMessage message)
    {
        var at = message.Find(Name);
        var layout = at < 0 ? default : TensorLayout.Of(message[at], _side);
        // A vector of another length is one still; columns of another number are other columns.
        if (layout.Columns == 0 || (layout.Columns != _layout.Columns && (layout.Derivation != Derivation.Vector || _layout.Derivation != Derivation.Vector)))
        {
            foreach (var feature in Features)
                feature.AddMissing();
            return 0;
        }

        ref readonly var tensor = ref message[at];
        var rows = (int)(tensor.Elements / layout.Columns);
        var stride = Math.Max(1, rows / Math.Clamp(MaxValuesPerRequest / layout.Columns, 1, MaxRowsPerRequest));
        if (_columns.Length > 0)
            AddColumns(message, at, rows, stride);
        if (_derived is { IsWanted: true } derived)
            AddDerived(derived, tensor.DataType, message.Data(at), rows, stride, layout.Columns);
        return ((rows - 1) / stride) + 1;
    }

    private void AddColumns(TensorMessage message, int at, int rows, int stride)
    {
        var type = message[at].DataType;
        switch (type)
        {
            case DataType.Fp32:
                AddFloats(message.Values<float>(at), rows, stride);
                break;
            case DataType.Bytes:
                AddTexts(message.Strings(at), stride);
                break;
            default:
                for (var row = 0; row < rows; row += stride)
                    AddRow(type, message.Data(at), row);
                break;
        }
    }

    private void AddDerived(DerivedFeatures derived, DataType type, ReadOnlySpan<byte> data, int rows, int stride, int columns)
    {
        if (type == DataType.Fp32)
        {
            var values = MemoryMarshal.Cast<byte, float>(data);
            for (var row = 0; row < rows; row += stride)
                derived.Add(values.Slice(row * columns, columns));
            return;
        }

        if (_row.Length < columns)
            _row = new float[columns];
        for (var row = 0; row < rows; row += stride)
        {
            if (TensorValues.TryCopy(type, data, row * columns, _row.AsSpan(0, columns)))
                derived.Add(_row.AsSpan(0, columns));
            else
                derived.AddMissing();
        }
    }

    private void AddFloats(ReadOnlySpan<float> values, int rows, int stride)
    {
        for (var row = 0; row < rows; row += stride)
        {
            var of = values.Slice(row * _columns.Length, _columns.Length);
            for (var column = 0; column < of.Length; column++)
                _columns[column].Add(of[column]);
        }
    }

    private void AddTexts(BytesElements texts, int stride)
    {
        var index = 0;
        foreach (var text in texts)
        {
            if (index / _columns.Length % stride == 0)
                _columns[index % _columns.Length].Add(text);
            index++;
        }
    }

    private void AddRow(DataType type, ReadOnlySpan<byte> data, int row)
    {
        for (var column = 0; column < _columns.Length; column++)
        {
            var index = (row * _columns.Length) + column;
            if (TensorValues.IsFloat(type))
                _columns[column].Add(TensorValues.Float(type, data, index));
            else
                _columns[column].Add(TensorValues.Integer(type, data, index));
        }
    }
}
