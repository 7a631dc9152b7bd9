using System.Buffers.Binary;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.Tables;

/// <summary>Writes the values of one column as a tensor's data.</summary>
internal ref struct ColumnData
{
    // Eight bytes are written at a time and those of the element counted.
    private const int Room = sizeof(ulong);

    private readonly TensorMessage _into;
    private readonly Table _table;
    private readonly ReadOnlySpan<byte> _source;
    private readonly DataType _type;
    private readonly int _size;
    private readonly bool _isInferred;
    private Span<byte> _free;
    private int _written;
    private long _nulls;
    private bool _fits = true;

    private ColumnData(in Column column, DataType type, Table table, ReadOnlySpan<byte> source, TensorMessage into)
    {
        _into = into;
        _table = table;
        _source = source;
        _type = type;
        _size = type.Size();
        _isInferred = column.Declared == DataType.Unknown;
    }

    /// <summary>
    /// Gives the tensor its data under its datatype. A value that the datatype can't hold is the tensor's <see cref="DecodeError.ValueMismatch"/>. False when the
    /// limit is reached.
    /// </summary>
    public static bool TryFill(ref Tensor tensor, in Column column, Table table, ReadOnlySpan<byte> source, TensorMessage into)
    {
        if (!into.TryAlign())
            return false;
        var start = into.Used;
        var data = new ColumnData(column, tensor.DataType, table, source, into);
        if (!data.TryWrite(column, Math.Max(1, Shapes.Product(column.Inner))))
            return false;
        into.Advance(data._written);
        if (!data._fits)
        {
            into.Rewind(start);
            tensor.Error = DecodeError.ValueMismatch;
            return true;
        }

        tensor.DataSlice = new Slice(start, into.Used - start);
        tensor.NullCount = (int)data._nulls;
        tensor.SentElements = (int)tensor.Elements;
        return true;
    }

    /// <param name="column">Its cells, from the first to the last.</param>
    /// <param name="inner">Elements of one row: what a row without a value has of nulls.</param>
    private bool TryWrite(in Column column, long inner)
    {
        // A row of empty arrays has no elements, and neither has one that is missing among them.
        if (Shapes.Product(column.Inner) == 0)
            return true;
        if (_isInferred && !column.Has(CellKind.Gap) && _type is DataType.Int64 or DataType.UInt64 or DataType.Fp64)
            return TryWriteNumbers(column);
        var at = column.Head;
        for (var i = 0; i < column.Length; i++)
        {
            ref readonly var cell = ref _table.CellAt(at);
            at = cell.Next;
            if (cell.Kind == CellKind.Gap)
            {
                if (!TryWriteNulls((long)cell.Bits * inner))
                    return false;
            }
            else if (!(_type == DataType.Bytes ? TryWriteText(cell) : TryWriteNumber(cell)))
            {
                return false;
            }

            if (!_fits)
                return true;
        }

        return true;
    }

    /// <summary>Columns of numbers without a gap, as most are: eight bytes a cell.</summary>
    private bool TryWriteNumbers(in Column column)
    {
        if (!_into.TryReserve(column.Length * (long)sizeof(ulong), out var free))
            return false;
        var toFloat = _type == DataType.Fp64;
        var at = column.Head;
        free = free[..(column.Length * sizeof(ulong))];
        for (; !free.IsEmpty; free = free[sizeof(ulong)..])
        {
            ref readonly var cell = ref _table.CellAt(at);
            at = cell.Next;
            BinaryPrimitives.WriteUInt64LittleEndian(free, toFloat && cell.Kind != CellKind.Fraction ? ToFloat(cell) : cell.Bits);
        }

        _written = column.Length * sizeof(ulong);
        return true;
    }

    private ulong ToFloat(in Cell cell)
    {
        _nulls += cell.Kind == CellKind.Null ? 1 : 0;
        return BitConverter.DoubleToUInt64Bits(cell.Kind switch
        {
            CellKind.Null => JsonNumber.NaN,
            CellKind.Integer => (long)cell.Bits,
            _ => cell.Bits,
        });
    }

    private bool TryWriteNulls(long count)
    {
        // Before they are written, so that a few bytes of JSON can't ask for hours of work.
        if (count * Math.Max(_size, sizeof(uint)) > _into.Limits.MaxBytes)
            return false;
        var bits = _type.IsFloat() ? ElementBits.FromDouble(JsonNumber.NaN, _type) : 0;
        for (var i = 0L; i < count; i++)
        {
            if (!TryWrite(bits))
                return false;
        }

        _nulls += count;
        return true;
    }

    private bool TryWriteNumber(in Cell cell)
    {
        ulong bits;
        if (!_isInferred)
        {
            _fits = TryConvert(cell, out bits);
        }
        else
        {
            bits = cell.Bits;
            switch (cell.Kind)
            {
                case CellKind.Null or CellKind.Integer or CellKind.Unsigned when _type == DataType.Fp64:
                    bits = ToFloat(cell);
                    break;
                case CellKind.Null:
                    _nulls++;
                    break;
                case CellKind.True or CellKind.False:
                    bits = cell.Kind == CellKind.True ? 1UL : 0;
                    break;
            }
        }

        return TryWrite(bits);
    }

    /// <summary>As V2's declared datatypes take JSON: exact integers, the nearest float, names of the non-finite values.</summary>
    private bool TryConvert(in Cell cell, out ulong bits)
    {
        bits = 0;
        switch (cell.Kind)
        {
            case CellKind.Null:
                _nulls++;
                bits = _type.IsFloat() ? ElementBits.FromDouble(JsonNumber.NaN, _type) : 0;
                return true;
            case CellKind.False or CellKind.True:
                bits = cell.Kind == CellKind.True ? 1UL : 0;
                return _type == DataType.Bool;
            case CellKind.Integer or CellKind.Unsigned or CellKind.Fraction:
                return JsonNumber.Read(_source, cell.Start, out var number, out _) == DecodeError.None && ElementBits.TryConvert(number, _type, out bits);
            case CellKind.Text:
                if (!_type.IsFloat() || !JsonNumber.TryName(_source.Slice(cell.Start, (int)cell.Bits), out var named))
                    return false;
                bits = ElementBits.FromDouble(named, _type);
                return true;
            default:
                return false;
        }
    }

    private bool TryWrite(ulong bits)
    {
        if (_free.Length - _written < Room && !TryRefill(Room))
            return false;
        BinaryPrimitives.WriteUInt64LittleEndian(_free[_written..], bits);
        _written += _type == DataType.Bytes ? sizeof(uint) : _size;
        return true;
    }

    private bool TryWriteText(in Cell cell)
    {
        if (cell.Kind == CellKind.Null)
        {
            _nulls++;
            return TryWrite(0);
        }

        // What is a number or a truth value by its look is a text where the column is one (CSV), and none where that was declared.
        if (cell.Kind is not (CellKind.Text or CellKind.EscapedText or CellKind.Base64 or CellKind.EscapedBase64))
        {
            _fits = _isInferred;
            return !_fits || TryWriteText(CsvRows.TextOf(_source, cell.Start), isEscaped: false);
        }

        var text = _source.Slice(cell.Start, (int)cell.Bits);
        return cell.Kind is CellKind.Base64 or CellKind.EscapedBase64
            ? TryWriteBase64(text, cell.Kind == CellKind.EscapedBase64)
            : TryWriteText(text, cell.Kind == CellKind.EscapedText);
    }

    private bool TryWriteText(ReadOnlySpan<byte> text, bool isEscaped)
    {
        if (!TryReserve(text.Length, out var free))
            return false;
        Written(_table.IsCsv ? new CsvField(text, 0, isEscaped).CopyTo(free) : new JsonText(text, isEscaped).CopyTo(free));
        return true;
    }

    private bool TryWriteBase64(ReadOnlySpan<byte> text, bool isEscaped)
    {
        if (!TryReserve(Base64Text.Room(text), out var free))
            return false;
        _fits = Base64Text.TryDecode(new JsonText(text, isEscaped), free, out var length);
        Written(length);
        return true;
    }

    /// <summary>Room for a length and so many bytes, of which those of the text are given.</summary>
    private bool TryReserve(long length, out Span<byte> text)
    {
        text = default;
        if (_free.Length - _written < sizeof(uint) + length && !TryRefill(sizeof(uint) + length))
            return false;
        text = _free[(_written + sizeof(uint))..];
        return true;
    }

    private void Written(int length)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_free[_written..], (uint)length);
        _written += sizeof(uint) + length;
    }

    private bool TryRefill(long size)
    {
        _into.Advance(_written);
        _written = 0;
        return _into.TryReserve(size, out _free);
    }
}
