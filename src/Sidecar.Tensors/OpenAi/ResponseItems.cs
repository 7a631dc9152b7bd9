using System.Buffers.Binary;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.OpenAi;

/// <summary>What the responses API (<c>/v1/responses</c>) has in place of choices: output items, a status, and typed events in a stream.</summary>
internal ref struct ResponseItems(TensorMessage into, bool isChunk)
{
    private Slice _status = Slice.Absent;
    private Slice _incomplete = Slice.Absent;
    private bool _isFinal;

    /// <summary>It is such an answer, or such an event.</summary>
    public bool IsPresent { get; private set; }

    public long Characters { get; private set; }

    public bool HasContent { get; private set; }

    /// <summary>An event says by its type what it is; three of them are the last of their stream.</summary>
    public void SetType(ReadOnlySpan<byte> type)
    {
        IsPresent |= type.StartsWith("response."u8);
        _isFinal |= type.SequenceEqual("response.completed"u8) || type.SequenceEqual("response.incomplete"u8) || type.SequenceEqual("response.failed"u8);
        into.IsFinal = isChunk && _isFinal;
    }

    /// <summary>Reads a member of the answer, or of the event. False: the scanner has the error.</summary>
    public bool ReadMember(ref JsonScanner json, scoped JsonText member)
    {
        if (member.Is("output"u8))
            return ReadOutput(ref json);
        if (member.Is("delta"u8))
            return ReadText(ref json);
        if (member.Is("status"u8))
            return ReadWord(ref json, out _status);
        return member.Is("incomplete_details"u8) ? ReadDetails(ref json) : json.SkipValue();
    }

    /// <summary>Adds the tensor <c>finish_reason</c>, of shape [1], once the answer is at its end; false when a limit is reached.</summary>
    public readonly bool TryAddTo(TensorMessage message)
    {
        var reason = _incomplete.Present ? _incomplete : _status;
        var word = message.TextOf(reason);
        if (!reason.Present || (isChunk && !_isFinal) || word.SequenceEqual("in_progress"u8) || word.SequenceEqual("queued"u8))
            return true;
        var tensor = new Tensor { DataType = DataType.Bytes, Rank = 1, Elements = 1, SentElements = 1, BinaryBytes = -1 };
        tensor.Dims[0] = 1;
        // The reserved memory may be other memory than that of the reason, which therefore is looked up again.
        if (!message.TryReserve(sizeof(uint) + (long)reason.Length, out var free))
            return false;
        BinaryPrimitives.WriteUInt32LittleEndian(free, (uint)reason.Length);
        message.TextOf(reason).CopyTo(free[sizeof(uint)..]);
        tensor.DataSlice = new Slice(message.Used, sizeof(uint) + reason.Length);
        message.Advance(sizeof(uint) + reason.Length);
        return message.TryAppend("finish_reason"u8, out tensor.NameSlice) && message.TryAdd(in tensor);
    }

    private bool ReadOutput(ref JsonScanner json)
    {
        IsPresent |= json.Peek() == '[';
        // The last event repeats the whole text that came piece by piece.
        if (json.Peek() != '[' || isChunk)
            return json.SkipValue();
        Characters = 0;
        return ReadItems(ref json);
    }

    /// <summary>Items, and the parts of their <c>content</c>, which are read alike.</summary>
    private bool ReadItems(ref JsonScanner json)
    {
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

    private bool ReadItem(ref JsonScanner json)
    {
        HasContent = true;
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            var read = member.Is("content"u8) && json.Peek() == '[' ? ReadItems(ref json)
                : member.Is("text"u8) ? ReadText(ref json)
                : json.SkipValue();
            if (!read)
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private bool ReadText(ref JsonScanner json)
    {
        if (json.Peek() != '"')
            return json.SkipValue();
        if (!json.ReadString(out var text))
            return false;
        Characters += TextLength.Of(text);
        HasContent |= text.Raw.Length > 0;
        return true;
    }

    private bool ReadDetails(ref JsonScanner json)
    {
        _incomplete = Slice.Absent;
        if (json.Peek() != '{')
            return json.SkipValue();
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!(member.Is("reason"u8) ? ReadWord(ref json, out _incomplete) : json.SkipValue()))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private bool ReadWord(ref JsonScanner json, out Slice text)
    {
        text = Slice.Absent;
        if (json.Peek() != '"')
            return json.SkipValue();
        return json.ReadString(out var found) && (into.TryAppend(found, out text) || json.Fail(DecodeError.TooLarge));
    }
}
