using System.Buffers;
using System.Buffers.Text;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.OpenAi;

/// <summary>
/// Reads the list <c>data</c> of embeddings into one tensor, <c>embedding</c> of shape [vectors, dimensions]: FP64 where they come as numbers, FP32 where they
/// come as base64, which clients ask for by default. Some servers send a vector for each token of an input: those are vectors too.
/// </summary>
internal ref struct Embeddings(TensorMessage into)
{
    private Tensor _tensor;
    private int _start;
    private int _end;
    private long _vectors;
    private long _dimensions;
    private bool _isRagged;

    public bool IsPresent { get; private set; }

    /// <summary>Reads the value that is next, replacing what was read before; something other than a list is read over. False: the scanner has the error.</summary>
    public bool Read(ref JsonScanner json)
    {
        _tensor = new Tensor { BinaryBytes = -1 };
        (_vectors, _dimensions, _isRagged) = (0, 0, false);
        IsPresent = json.Peek() == '[';
        if (!IsPresent)
            return json.SkipValue();
        if (!into.TryAlign())
            return json.Fail(DecodeError.TooLarge);
        _start = into.Used;
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (!(json.Peek() == '{' ? ReadItem(ref json) : json.SkipValue()))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary>Adds the tensor; false when a limit is reached.</summary>
    public bool TryAddTo(TensorMessage message)
    {
        if (_vectors == 0 && _tensor.Error == DecodeError.None)
            return true;
        _tensor.Rank = 2;
        (_tensor.Dims[0], _tensor.Dims[1]) = (_vectors, _dimensions);
        _tensor.Elements = Shapes.Product(_tensor.Shape);
        if (_isRagged && _tensor.Error == DecodeError.None)
            _tensor.Error = DecodeError.ShapeMismatch;
        _tensor.DataSlice = _tensor.Error == DecodeError.None ? new Slice(_start, _end - _start) : Slice.Absent;
        return message.TryAppend("embedding"u8, out _tensor.NameSlice) && message.TryAdd(in _tensor);
    }

    private bool ReadItem(ref JsonScanner json)
    {
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!(member.Is("embedding"u8) ? ReadVectors(ref json) : json.SkipValue()))
                return false;
            _end = into.Used;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary>One vector, or a list of them.</summary>
    private bool ReadVectors(ref JsonScanner json)
    {
        if (_tensor.Error != DecodeError.None)
            return json.SkipValue();
        if (json.Peek() == '"')
            return ReadBase64(ref json);
        if (json.Peek() != '[')
            return Refuse(ref json);
        var inside = json;
        inside.Enter('[');
        if (inside.Peek() != '[')
            return ReadNumbers(ref json);
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (!(json.Peek() == '[' && _tensor.Error == DecodeError.None ? ReadNumbers(ref json) : Refuse(ref json)))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private bool ReadNumbers(ref JsonScanner json)
    {
        if (!TryBe(DataType.Fp64))
            return json.SkipValue();
        // Eight bytes each, so that the next one's begin where these end.
        var (elements, nulls) = (_tensor.SentElements, _tensor.NullCount);
        if (!JsonElements.Read(ref json, into, ref _tensor))
            return false;
        Count(_tensor.SentElements);
        _tensor.SentElements += elements;
        _tensor.NullCount += nulls;
        return true;
    }

    private bool ReadBase64(ref JsonScanner json)
    {
        if (!json.ReadString(out var text))
            return false;
        if (!TryBe(DataType.Fp32))
            return true;
        if (!into.TryReserve(text.Raw.Length, out var free))
            return json.Fail(DecodeError.TooLarge);
        free = free[..text.CopyTo(free)];
        if (Base64.DecodeFromUtf8InPlace(free, out var bytes) != OperationStatus.Done || bytes % sizeof(float) != 0)
        {
            _tensor.Error = DecodeError.ValueMismatch;
            return true;
        }

        into.Advance(bytes);
        Count(bytes / sizeof(float));
        _tensor.SentElements += bytes / sizeof(float);
        return true;
    }

    private bool TryBe(DataType type)
    {
        if (_tensor.DataType == DataType.Unknown)
            _tensor.DataType = type;
        if (_tensor.DataType != type)
            _tensor.Error = DecodeError.ValueMismatch;
        return _tensor.Error == DecodeError.None;
    }

    private void Count(int elements)
    {
        _isRagged |= _vectors > 0 && elements != _dimensions;
        _vectors++;
        _dimensions = elements;
    }

    private bool Refuse(ref JsonScanner json)
    {
        _tensor.Error = DecodeError.ValueMismatch;
        return json.SkipValue();
    }
}
