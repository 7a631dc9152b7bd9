using Sidecar.Tensors.Json;
using Sidecar.Tensors.OpenInference;

namespace Sidecar.Tensors.OpenAi;

/// <summary>Reads a request into features: numbers that say how much is asked for. No text of a prompt is kept.</summary>
internal ref struct OpenAiRequest(GenerationOperation operation, TensorMessage into)
{
    private Prompt _prompt;
    private Prompt _instructions;
    private Scalar _stream;
    private Scalar _tools;
    private Scalar _maxTokens;
    private Scalar _temperature;

    /// <summary>Reads the object that is next. False: the scanner has the error.</summary>
    /// <param name="found">It is a request of this protocol.</param>
    public bool Read(ref JsonScanner json, out bool found)
    {
        found = false;
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!ReadMember(ref json, member))
                return false;
        }

        found = _prompt.IsPresent || into.HasModelName;
        return json.Error == DecodeError.None && (!found || TryAddTensors() || json.Fail(DecodeError.TooLarge));
    }

    private readonly bool IsChat => operation is GenerationOperation.Chat or GenerationOperation.Responses;

    private bool ReadMember(ref JsonScanner json, scoped JsonText member)
    {
        if (member.Is("model"u8))
        {
            var read = V2Member.ReadText(ref json, into, out var model);
            into.SetModelName(model);
            return read;
        }

        if (member.Is(PromptName(operation)))
            return Prompt.Read(ref json, operation == GenerationOperation.Chat, out _prompt);
        if (operation == GenerationOperation.Embeddings)
            return json.SkipValue();
        if (member.Is("max_tokens"u8) || member.Is("max_completion_tokens"u8) || member.Is("max_output_tokens"u8))
            return ReadMaxTokens(ref json);
        if (member.Is("temperature"u8))
            return Scalar.ReadFloat(ref json, out _temperature);
        if (member.Is("stream"u8))
            return Scalar.ReadFlag(ref json, out _stream);
        if (member.Is("tools"u8))
            return ReadTools(ref json);
        if (member.Is("instructions"u8) && operation == GenerationOperation.Responses)
        {
            _instructions = default;
            return _instructions.ReadText(ref json);
        }

        return json.SkipValue();
    }

    private static ReadOnlySpan<byte> PromptName(GenerationOperation operation) => operation switch
    {
        GenerationOperation.Chat => "messages"u8,
        GenerationOperation.TextCompletion => "prompt"u8,
        _ => "input"u8,
    };

    /// <summary>Two names for the same limit: the old one is often sent along as null.</summary>
    private bool ReadMaxTokens(ref JsonScanner json)
    {
        var read = Scalar.ReadInteger(ref json, out var limit);
        if (limit.IsPresent)
            _maxTokens = limit;
        return read;
    }

    private bool ReadTools(ref JsonScanner json)
    {
        _tools = default;
        if (json.TryReadNull())
            return true;
        if (json.Peek() != '[')
        {
            _tools = new Scalar { IsPresent = true, Error = DecodeError.ValueMismatch };
            return json.SkipValue();
        }

        var count = 0L;
        var first = true;
        if (!json.Enter('['))
            return false;
        for (; json.NextElement(ref first); count++)
        {
            if (!json.SkipValue())
                return false;
        }

        _tools = Scalar.Of(count);
        return json.Error == DecodeError.None;
    }

    private readonly bool TryAddTensors()
    {
        var items = Scalar.Of(_prompt.Items);
        items.Error = _prompt.IsWrong ? DecodeError.ValueMismatch
            : !_prompt.IsPresent && operation is GenerationOperation.Chat or GenerationOperation.Embeddings ? DecodeError.MissingMember
            : DecodeError.None;
        var characters = Scalar.Of(_prompt.Characters + _instructions.Characters);
        var name = IsChat ? "messages"u8 : operation == GenerationOperation.TextCompletion ? "prompts"u8 : "inputs"u8;
        if (!items.TryAddTo(into, name, DataType.Int64))
            return false;
        // A prompt of tokens has no length in characters, and one of texts none in tokens that anybody here knows.
        var isAdded = items.Error != DecodeError.None
            || (_prompt.Tokens > 0
                ? Scalar.Of(_prompt.Tokens).TryAddTo(into, "prompt.tokens"u8, DataType.Int64)
                : characters.TryAddTo(into, "prompt.characters"u8, DataType.Int64));
        if (!isAdded)
            return false;
        if (operation == GenerationOperation.Embeddings)
            return true;
        // Left out means false, and none; what the server then takes for the other two is its own affair.
        return (_stream.IsPresent ? _stream : Scalar.Of(0)).TryAddTo(into, "stream"u8, DataType.Bool)
            && (!IsChat || (_tools.IsPresent ? _tools : Scalar.Of(0)).TryAddTo(into, "tools"u8, DataType.Int64))
            && _maxTokens.TryAddTo(into, "max_tokens"u8, DataType.Int64)
            && _temperature.TryAddTo(into, "temperature"u8, DataType.Fp64);
    }
}
