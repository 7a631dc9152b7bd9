using Sidecar.Tensors;

namespace Sidecar.Model;

/// <summary>How a generation ended; the label <c>finish_reason</c>. Closed: what a server invents is Other.</summary>
public enum GenerationEnd : byte
{
    /// <summary>It came to its end without a word why.</summary>
    None,

    /// <summary>The model was done, or met a stop sequence.</summary>
    Stop,

    /// <summary>It was cut at the limit of tokens.</summary>
    Length,
    ToolCalls,
    FunctionCall,
    ContentFilter,

    /// <summary>A reason that the protocol does not have.</summary>
    Other,

    /// <summary>The server answered with an error in the middle of the stream, which HTTP's status does not tell.</summary>
    Error,

    /// <summary>The stream broke off: the client or the server left.</summary>
    Cut,
}

/// <summary>Reads ends of generations.</summary>
public static class GenerationEnds
{
    /// <summary>How a generation ended, by its first choice.</summary>
    public static GenerationEnd Of(Generation generation)
    {
        if (generation.HasFailed)
            return GenerationEnd.Error;
        var reason = generation.FinishReason(0);
        return reason switch
        {
            { IsEmpty: true } => generation.IsStream && !generation.HasEnded && !generation.HasFinished ? GenerationEnd.Cut : GenerationEnd.None,
            _ when reason.SequenceEqual("stop"u8) || reason.SequenceEqual("completed"u8) => GenerationEnd.Stop,
            _ when reason.SequenceEqual("length"u8) || reason.SequenceEqual("max_output_tokens"u8) => GenerationEnd.Length,
            _ when reason.SequenceEqual("tool_calls"u8) => GenerationEnd.ToolCalls,
            _ when reason.SequenceEqual("function_call"u8) => GenerationEnd.FunctionCall,
            _ when reason.SequenceEqual("content_filter"u8) => GenerationEnd.ContentFilter,
            _ => GenerationEnd.Other,
        };
    }
}
