namespace Sidecar.Tensors;

/// <summary>
/// One answer of a generative model over all its messages: what a stream comes to. Holds numbers and words of the protocol, never a text. Reusable; fixed in size,
/// however long the stream.
/// </summary>
public sealed class Generation
{
    /// <summary>Choices whose finish reason is kept.</summary>
    public const int MaxChoices = GenerationPart.MaxFinished;

    // The protocol's own reasons have at most 17 bytes.
    private const int MaxReasonBytes = 32;
    private const int MaxNameBytes = 128;

    private readonly byte[] _reasons = new byte[MaxChoices * MaxReasonBytes];
    private readonly byte[] _reasonLengths = new byte[MaxChoices];
    private readonly byte[] _model = new byte[MaxNameBytes];
    private readonly byte[] _id = new byte[MaxNameBytes];
    private int _modelLength;
    private int _idLength;
    private bool _isSummarised;

    /// <summary>None: there was no message of a generation.</summary>
    public GenerationOperation Operation { get; private set; }

    /// <summary>It came as a stream of events.</summary>
    public bool IsStream { get; private set; }

    /// <summary>Events that could be read, the mark at the end and what follows it left out; of those, an error is one too.</summary>
    public int Events { get; private set; }

    /// <summary>Events that are pieces of the answer, with output in them or not: what a client's library gives its user.</summary>
    public int Chunks { get; private set; }

    /// <summary>Pieces with output in them.</summary>
    public int ContentChunks { get; private set; }

    /// <summary>Where the first piece with output ends in the body; -1 where there is none, or its place on the wire isn't known.</summary>
    public long FirstContentEnd { get; private set; }

    /// <summary>The stream said that nothing follows.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>It ended with an error of the server's.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>A choice has said why it ended.</summary>
    public bool HasFinished { get; private set; }

    public int Choices { get; private set; }

    /// <summary>Unicode characters of its text.</summary>
    public long Characters { get; private set; }

    /// <summary>The last that was told.</summary>
    public TokenUsage Usage { get; private set; }

    /// <summary>The model by the answer, at most 128 bytes of its name; empty where it names none.</summary>
    public ReadOnlySpan<byte> Model => _model.AsSpan(0, _modelLength);

    /// <summary>The answer's id, likewise.</summary>
    public ReadOnlySpan<byte> Id => _id.AsSpan(0, _idLength);

    /// <summary>Why a choice ended, at most 32 bytes of it; empty where it did not say.</summary>
    public ReadOnlySpan<byte> FinishReason(int choice) => (uint)choice < MaxChoices ? _reasons.AsSpan(choice * MaxReasonBytes, _reasonLengths[choice]) : default;

    /// <summary>Forgets the last one.</summary>
    public void Begin()
    {
        Operation = GenerationOperation.None;
        IsStream = HasEnded = HasFailed = HasFinished = _isSummarised = false;
        Events = Chunks = ContentChunks = Choices = _modelLength = _idLength = 0;
        Characters = 0;
        FirstContentEnd = -1;
        Usage = TokenUsage.Unknown;
        _reasonLengths.AsSpan().Clear();
    }

    public Generation() => Begin();

    /// <summary>Adds a message that was decoded without an error.</summary>
    /// <param name="end">Where it ends in the body; -1 where that says nothing of its place on the wire.</param>
    public void Add(TensorMessage message, long end)
    {
        ref readonly var part = ref message.Generation;
        if (part.Operation == GenerationOperation.None || HasEnded)
            return; // no client reads on behind the mark
        Operation = part.Operation;
        IsStream |= part.IsChunk || message.IsFinal;
        HasEnded = message.IsFinal;
        if (message.IsFinal && !part.IsChunk)
            return;
        Events++;
        Keep(message.ModelName, _model, ref _modelLength);
        Keep(message.Id, _id, ref _idLength);
        if (part.Usage.IsTold)
            Usage = part.Usage;
        if (message.HasError)
        {
            HasFailed = true;
            return;
        }

        Chunks += part.IsChunk ? 1 : 0;
        Choices = Math.Max(Choices, part.Choices);
        Characters += part.Characters;
        if (part.HasContent && ContentChunks++ == 0)
            FirstContentEnd = end;
        AddReasons(message);
    }

    /// <summary>
    /// Makes of a whole stream the message that it would have been without streaming, so that both are watched alike. Once, and only of a stream that came to its
    /// end: the length of a piece says nothing of the model.
    /// </summary>
    /// <param name="into">Cleared first.</param>
    /// <returns>False: there is nothing to sum up.</returns>
    public bool TrySummarise(TensorMessage into)
    {
        if (!IsStream || _isSummarised || HasFailed || !(HasEnded || HasFinished) || Chunks == 0)
            return false;
        _isSummarised = true;
        into.Clear();
        into.Part.Operation = Operation;
        into.Part.Choices = Choices;
        into.Part.Usage = Usage;
        into.Part.Characters = Characters;
        if (_modelLength > 0 && into.TryAppend(Model, out var model))
            into.SetModelName(model);
        if (_idLength > 0 && into.TryAppend(Id, out var id))
            into.SetId(id);
        return TryAddReasons(into)
            && TryAddCount(into, "prompt_tokens"u8, Usage.Input)
            && TryAddCount(into, "completion_tokens"u8, Usage.Output)
            && TryAddCount(into, "completion.characters"u8, Characters);
    }

    private void AddReasons(TensorMessage message)
    {
        var at = message.Find("finish_reason"u8);
        if (at < 0)
            return;
        var number = 0;
        foreach (var reason in message.Strings(at))
        {
            var choice = number < GenerationPart.MaxFinished ? message.Generation.Finished[number] : MaxChoices;
            number++;
            HasFinished |= !reason.IsEmpty;
            if (choice >= MaxChoices)
                continue;
            _reasonLengths[choice] = (byte)Math.Min(reason.Length, MaxReasonBytes);
            reason[.._reasonLengths[choice]].CopyTo(_reasons.AsSpan(choice * MaxReasonBytes));
        }
    }

    private bool TryAddReasons(TensorMessage into)
    {
        var start = into.Used;
        var tensor = new Tensor { DataType = DataType.Bytes, Rank = 1, BinaryBytes = -1 };
        for (var choice = 0; choice < MaxChoices; choice++)
        {
            var reason = FinishReason(choice);
            if (reason.IsEmpty)
                continue;
            if (!into.TryAppend([(byte)reason.Length, 0, 0, 0], out _) || !into.TryAppend(reason, out _))
                return false;
            tensor.SentElements++;
        }

        if (tensor.SentElements == 0)
            return true;
        tensor.Elements = tensor.Dims[0] = tensor.SentElements;
        tensor.DataSlice = new Slice(start, into.Used - start);
        return into.TryAppend("finish_reason"u8, out tensor.NameSlice) && into.TryAdd(in tensor);
    }

    private static bool TryAddCount(TensorMessage into, ReadOnlySpan<byte> name, long count) =>
        count < 0 || OpenAi.Scalar.Of(count).TryAddTo(into, name, DataType.Int64);

    private static void Keep(ReadOnlySpan<byte> text, byte[] into, ref int length)
    {
        if (text.IsEmpty)
            return;
        length = Math.Min(text.Length, into.Length);
        text[..length].CopyTo(into);
    }
}
