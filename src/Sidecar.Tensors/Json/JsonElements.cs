using System.Buffers.Binary;

namespace Sidecar.Tensors.Json;

/// <summary>Reads a JSON value, arrays nested in any way, as the elements of one tensor: row-major, which is the order of the text.</summary>
internal ref struct JsonElements
{
    private readonly TensorMessage _into;
    private readonly DataType _type;
    private readonly int _size;
    private Span<byte> _free;
    private int _written;
    private int _elements;
    private int _nulls;

    private JsonElements(TensorMessage into, DataType type)
    {
        _into = into;
        _type = type;
        _size = type.Size();
    }

    /// <summary>
    /// Reads the value that is next into <paramref name="tensor"/> under its datatype, replacing what was read before. An element that the datatype can't
    /// hold sets the tensor's <see cref="DecodeError.ValueMismatch"/> and the rest is only read over. False: the scanner has the error.
    /// </summary>
    public static bool Read(ref JsonScanner json, TensorMessage into, ref Tensor tensor)
    {
        if (!into.TryAlign())
            return json.Fail(DecodeError.TooLarge);
        var value = json;
        var start = into.Used;
        var elements = new JsonElements(into, tensor.DataType);
        if (elements.Walk(ref json))
        {
            into.Advance(elements._written);
            tensor.Error = DecodeError.None;
            tensor.DataSlice = new Slice(start, into.Used - start);
            tensor.SentElements = elements._elements;
            tensor.NullCount = elements._nulls;
            return true;
        }

        if (json.Error != DecodeError.None)
            return false;
        into.Rewind(start);
        tensor.Error = DecodeError.ValueMismatch;
        tensor.DataSlice = Slice.Absent;
        tensor.SentElements = 0;
        tensor.NullCount = 0;
        json = value;
        return json.SkipValue();
    }

    /// <summary>False with the scanner's error set, or without one where an element does not fit.</summary>
    private bool Walk(ref JsonScanner json)
    {
        var level = 0;
        while (true)
        {
            var next = json.Peek();
            if (next == '[')
            {
                if (!json.Enter('['))
                    return false;
                level++;
                if (json.Peek() != ']')
                    continue;
            }
            else
            {
                if (!ReadElement(ref json, next))
                    return false;
                if (level == 0)
                    return true;
            }

            while (json.Peek() == ']')
            {
                json.Leave();
                if (--level == 0)
                    return true;
            }

            if (!json.Expect(','))
                return false;
        }
    }

    private bool ReadElement(ref JsonScanner json, byte first)
    {
        if (_free.Length - _written < sizeof(ulong) && !Refill(sizeof(ulong)))
            return json.Fail(DecodeError.TooLarge);
        _elements++;
        ulong bits;
        switch (first)
        {
            case (byte)'"':
                return ReadText(ref json);
            case (byte)'t':
                bits = 1;
                if (!json.ReadLiteral("true"u8) || _type != DataType.Bool)
                    return false;
                break;
            case (byte)'f':
                bits = 0;
                if (!json.ReadLiteral("false"u8) || _type != DataType.Bool)
                    return false;
                break;
            case (byte)'n':
                _nulls++;
                bits = _type.IsFloat() ? ElementBits.FromDouble(JsonNumber.NaN, _type) : 0;
                if (!json.ReadLiteral("null"u8))
                    return false;
                break;
            case (byte)'{':
                return false;
            default:
                if (!json.ReadNumber(out var number) || _type == DataType.Bytes || !ElementBits.TryConvert(number, _type, out bits))
                    return false;
                break;
        }

        // Eight bytes are written and those of the element counted: the next one overwrites the rest. A null in BYTES is a length of 0.
        BinaryPrimitives.WriteUInt64LittleEndian(_free[_written..], bits);
        _written += _type == DataType.Bytes ? sizeof(uint) : _size;
        return true;
    }

    private bool ReadText(ref JsonScanner json)
    {
        if (!json.ReadString(out var text))
            return false;
        if (_type != DataType.Bytes)
        {
            if (!_type.IsFloat() || !JsonNumber.TryName(text.Raw, out var value))
                return false;
            BinaryPrimitives.WriteUInt64LittleEndian(_free[_written..], ElementBits.FromDouble(value, _type));
            _written += _size;
            return true;
        }

        var most = sizeof(uint) + (long)text.Raw.Length;
        if (_free.Length - _written < most && !Refill(most))
            return json.Fail(DecodeError.TooLarge);
        var length = text.CopyTo(_free[(_written + sizeof(uint))..]);
        BinaryPrimitives.WriteUInt32LittleEndian(_free[_written..], (uint)length);
        _written += sizeof(uint) + length;
        return true;
    }

    private bool Refill(long size)
    {
        _into.Advance(_written);
        _written = 0;
        return _into.TryReserve(size, out _free);
    }
}
