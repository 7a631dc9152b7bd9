using System.Runtime.CompilerServices;

namespace Sidecar.Tensors;

/// <summary>What one message says of a generation, beside its tensors; blank for other protocols.</summary>
public struct GenerationPart
{
    /// <summary>Finish reasons of one message whose choice is kept. Chunks hold one; more choices than these are asked for by nobody but tests.</summary>
    internal const int MaxFinished = 16;

    internal Slice ErrorType;
    internal Slice ErrorCode;

    /// <summary>Which choice the elements of the tensor <c>finish_reason</c> belong to.</summary>
    internal ChoiceNumbers Finished;

    internal static GenerationPart Blank => new() { Usage = TokenUsage.Unknown, ErrorType = Slice.Absent, ErrorCode = Slice.Absent };

    public GenerationOperation Operation { get; internal set; }

    /// <summary>An event of a stream: a piece of an answer, so that none of its outputs is missing.</summary>
    public bool IsChunk { get; internal set; }

    /// <summary>It carries generated output: text, reasoning, a refusal, a tool call. The first chunk, which only names the role, does not.</summary>
    public bool HasContent { get; internal set; }

    /// <summary>The greatest number of a choice, plus one; 0 where it holds none.</summary>
    public int Choices { get; internal set; }

    /// <summary>Unicode characters of the text in it, of all choices.</summary>
    public long Characters { get; internal set; }

    public TokenUsage Usage { get; internal set; }

    [InlineArray(MaxFinished)]
    internal struct ChoiceNumbers
    {
        private byte _first;
    }
}
