using System.Buffers.Binary;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.OpenAi;

/// <summary>Reads the list <c>choices</c> of an answer or of a chunk: why each choice finished, and how much text came. The text is not kept.</summary>
internal ref struct Choices(TensorMessage into)
{
    private int _start;
    private int _end;
    private int _finished;
    private int _listed;

    public bool IsPresent { get; private set; }

    /// <summary>A finish reason that is no text.</summary>
    public bool IsWrong { get; private set; }

    public long Characters { get; private set; }

    public bool HasContent { get; private set; }

    /// <summary>Reads the value that is next, replacing what was read before; something other than a list is read over. False: the scanner has the error.</summary>
    public bool Read(ref JsonScanner json)
    {
        into.Part.Choices = 0;
        (_start, _finished, _listed) = (into.Used, 0, 0);
        (Characters, HasContent, IsWrong) = (0, false, false);
        IsPresent = json.Peek() == '[';
        if (!IsPresent)
            return json.SkipValue();
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (!(json.Peek() == '{' ? ReadChoice(ref json) : json.SkipValue()))
                return false;
            _listed++;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary>Adds the tensor <c>finish_reason</c>, of shape [choices that finished]; false when a limit is reached.</summary>
    public readonly bool TryAddTo(TensorMessage message)
    {
        if (_finished == 0 && !IsWrong)
            return true;
        var tensor = new Tensor { DataType = DataType.Bytes, Rank = 1, Elements = _finished, SentElements = _finished, BinaryBytes = -1 };
        tensor.Dims[0] = _finished;
        tensor.Error = IsWrong ? DecodeError.ValueMismatch : DecodeError.None;
        // Nothing else is appended while the list is read, so the reasons lie behind each other.
        tensor.DataSlice = IsWrong ? Slice.Absent : new Slice(_start, _end - _start);
        return message.TryAppend("finish_reason"u8, out tensor.NameSlice) && message.TryAdd(in tensor);
    }

    private bool ReadChoice(ref JsonScanner json)
    {
        var index = Scalar.Of(_listed);
        var reason = into.Used;
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            var read = member.Is("index"u8) ? Scalar.ReadCount(ref json, out index)
                : member.Is("finish_reason"u8) ? ReadReason(ref json, reason)
                : member.Is("delta"u8) || member.Is("message"u8) ? ReadOutput(ref json)
                : member.Is("text"u8) ? ReadText(ref json, counts: true)
                : json.SkipValue();
            if (!read)
                return false;
        }

        var number = index.Count >= 0 ? index.Count : _listed;
        into.Part.Choices = (int)Math.Max(into.Part.Choices, Math.Min(number, byte.MaxValue) + 1);
        _end = into.Used;
        if (into.Used > reason)
        {
            if (_finished < GenerationPart.MaxFinished)
                into.Part.Finished[_finished] = (byte)Math.Min(number, byte.MaxValue);
            _finished++;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary>The reason as an element of BYTES; of two for one choice the last counts.</summary>
    private bool ReadReason(ref JsonScanner json, int start)
    {
        into.Rewind(start);
        if (json.TryReadNull())
            return true;
        if (json.Peek() != '"')
        {
            IsWrong = true;
            return json.SkipValue();
        }

        if (!json.ReadString(out var text))
            return false;
        if (!into.TryReserve(sizeof(uint) + (long)text.Raw.Length, out var free))
            return json.Fail(DecodeError.TooLarge);
        var length = text.CopyTo(free[sizeof(uint)..]);
        BinaryPrimitives.WriteUInt32LittleEndian(free, (uint)length);
        into.Advance(sizeof(uint) + length);
        return true;
    }

    /// <summary>A message, or what a chunk adds to one: everything but its role is output.</summary>
    private bool ReadOutput(ref JsonScanner json)
    {
        if (json.Peek() != '{')
            return json.SkipValue();
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!(member.Is("role"u8) ? json.SkipValue() : ReadText(ref json, member.Is("content"u8))))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary>A piece of output: any text, or any list or object that is not empty.</summary>
    /// <param name="counts">Its characters are those that the client's user reads.</param>
    private bool ReadText(ref JsonScanner json, bool counts)
    {
        var first = json.Peek();
        if (first == '"')
        {
            if (!json.ReadString(out var text))
                return false;
            HasContent |= text.Raw.Length > 0;
            Characters += counts ? TextLength.Of(text) : 0;
            return true;
        }

        var start = json.Position;
        if (!json.SkipValue())
            return false;
        HasContent |= first is (byte)'{' or (byte)'[' && !json.Between(start + 1, json.Position - 1).Trim(" \t\r\n"u8).IsEmpty;
        return true;
    }
}
