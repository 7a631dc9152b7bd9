using Sidecar.Tensors.Json;
using Sidecar.Tensors.OpenInference;

namespace Sidecar.Tensors.OpenAi;

/// <summary>Reads an answer, or one event of a streamed one. Of the text only its length is kept.</summary>
internal ref struct OpenAiAnswer(GenerationOperation operation, bool isChunk, TensorMessage into)
{
    private Choices _choices = new(into);
    private Embeddings _embeddings = new(into);
    private ResponseItems _items = new(into, isChunk);
    private Scalar _input;
    private Scalar _output;
    private Scalar _total;
    private Slice _message = Slice.Absent;
    private bool _isError;

    /// <summary>Reads the object that is next. False: the scanner has the error.</summary>
    /// <param name="found">It is an answer of this protocol.</param>
    public bool Read(ref JsonScanner json, out bool found)
    {
        found = false;
        if (!ReadMembers(ref json, isOuter: true))
            return false;
        // Some servers put the members of an error into the answer itself.
        if (_isError && !into.HasError && _message.Present)
            into.SetError(_message);
        found = _choices.IsPresent || _embeddings.IsPresent || _items.IsPresent || into.HasError;
        Describe();
        return !found || into.HasError || TryAddTensors() || json.Fail(DecodeError.TooLarge);
    }

    private bool ReadMembers(ref JsonScanner json, bool isOuter)
    {
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            var read = operation == GenerationOperation.Responses && member.Is("response"u8) && isOuter && json.Peek() == '{'
                ? ReadMembers(ref json, isOuter: false)
                : ReadMember(ref json, member);
            if (!read)
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private bool ReadMember(ref JsonScanner json, scoped JsonText member)
    {
        Slice text;
        bool read;
        if (member.Is("model"u8))
        {
            read = V2Member.ReadText(ref json, into, out text);
            into.SetModelName(text);
            return read;
        }

        if (member.Is("id"u8))
        {
            read = V2Member.ReadText(ref json, into, out text);
            into.SetId(text);
            return read;
        }

        if (member.Is("usage"u8))
            return ReadUsage(ref json);
        if (member.Is("error"u8))
            return ReadError(ref json);
        if (member.Is("object"u8) || member.Is("type"u8))
            return ReadKind(ref json, member.Is("type"u8));
        if (member.Is("message"u8))
            return ReadWord(ref json, out _message);
        if (member.Is("code"u8))
            return ReadWord(ref json, out into.Part.ErrorCode);
        return operation switch
        {
            GenerationOperation.Embeddings => member.Is("data"u8) ? _embeddings.Read(ref json) : json.SkipValue(),
            GenerationOperation.Responses => _items.ReadMember(ref json, member),
            _ => member.Is("choices"u8) ? _choices.Read(ref json) : json.SkipValue(),
        };
    }

    /// <summary><c>object</c> and <c>type</c> say what the object is: an error, or an event of the responses API.</summary>
    private bool ReadKind(ref JsonScanner json, bool isType)
    {
        if (!ReadWord(ref json, out var kind))
            return false;
        var word = into.TextOf(kind);
        if (word.SequenceEqual("error"u8))
            _isError = true;
        else if (isType && operation == GenerationOperation.Responses)
            _items.SetType(word);
        if (isType)
            into.Part.ErrorType = kind;
        return true;
    }

    /// <summary>Both APIs' names; what is in <c>…_details</c> is part of these.</summary>
    private bool ReadUsage(ref JsonScanner json)
    {
        _input = _output = _total = default;
        if (json.TryReadNull())
            return true;
        if (json.Peek() != '{')
        {
            _input = new Scalar { IsPresent = true, Error = DecodeError.ValueMismatch };
            return json.SkipValue();
        }

        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            var read = member.Is("prompt_tokens"u8) || member.Is("input_tokens"u8) ? Scalar.ReadCount(ref json, out _input)
                : member.Is("completion_tokens"u8) || member.Is("output_tokens"u8) ? Scalar.ReadCount(ref json, out _output)
                : member.Is("total_tokens"u8) ? Scalar.ReadCount(ref json, out _total)
                : json.SkipValue();
            if (!read)
                return false;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary><c>{message, type, code}</c>, or a text; where there is no message, the JSON as it is.</summary>
    private bool ReadError(ref JsonScanner json)
    {
        into.SetError(Slice.Absent);
        if (json.TryReadNull())
            return true;
        var start = json.Position;
        var text = Slice.Absent;
        if (!(json.Peek() switch
        {
            (byte)'"' => ReadWord(ref json, out text),
            (byte)'{' => ReadErrorMembers(ref json, out text),
            _ => json.SkipValue(),
        }))
        {
            return false;
        }

        if (!text.Present && !into.TryAppend(json.Between(start, json.Position), out text))
            return json.Fail(DecodeError.TooLarge);
        into.SetError(text);
        return true;
    }

    private bool ReadErrorMembers(ref JsonScanner json, out Slice message)
    {
        message = Slice.Absent;
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            var read = member.Is("message"u8) ? ReadWord(ref json, out message)
                : member.Is("type"u8) ? ReadWord(ref json, out into.Part.ErrorType)
                : member.Is("code"u8) ? ReadWord(ref json, out into.Part.ErrorCode)
                : json.SkipValue();
            if (!read)
                return false;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary>A text, or a number as written; absent where something else is there, which is read over.</summary>
    private bool ReadWord(ref JsonScanner json, out Slice text)
    {
        text = Slice.Absent;
        return json.Peek() is (byte)'{' or (byte)'[' or (byte)'t' or (byte)'f' ? json.SkipValue() : V2Member.ReadText(ref json, into, out text);
    }

    private readonly void Describe()
    {
        ref var part = ref into.Part;
        part.Usage = new TokenUsage(_input.Count, _output.Count, _total.Count);
        part.HasContent = _choices.HasContent || _items.HasContent;
        part.Characters = _choices.Characters + _items.Characters;
        if (_items.IsPresent)
            part.Choices = 1;
        if (!into.HasError)
            part.ErrorType = part.ErrorCode = Slice.Absent;
    }

    private bool TryAddTensors() =>
        _choices.TryAddTo(into)
        && _items.TryAddTo(into)
        && _input.TryAddTo(into, "prompt_tokens"u8, DataType.Int64)
        && _output.TryAddTo(into, "completion_tokens"u8, DataType.Int64)
        && (operation == GenerationOperation.Embeddings || Scalar.Of(into.Part.Characters).TryAddTo(into, "completion.characters"u8, DataType.Int64))
        && _embeddings.TryAddTo(into);
}
