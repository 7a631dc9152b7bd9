using Sidecar.Tensors;

namespace Sidecar.Model;

/// <summary>How the number of output tokens is known.</summary>
public enum TokenSource : byte
{
    /// <summary>Nothing tells it.</summary>
    None,

    /// <summary>The server counts them.</summary>
    Usage,

    /// <summary>Each chunk with output in it is taken for one token, which is what most servers send.</summary>
    Chunks,
}

/// <summary>How fast a streamed generation was, as far as that can be told from outside.</summary>
/// <param name="FirstToken">Seconds from the request's first byte to the chunk with the first output; NaN = not known.</param>
/// <param name="PerOutputToken">Seconds for each token after the first; NaN = not known.</param>
/// <param name="Source">How the tokens behind <paramref name="PerOutputToken"/> were counted.</param>
public readonly record struct GenerationTiming(double FirstToken, double PerOutputToken, TokenSource Source)
{
    /// <param name="frequency">Of the exchange's timestamps: ticks in a second.</param>
    public static GenerationTiming Of(Exchange exchange, Generation generation, long frequency)
    {
        var first = exchange.IsAnswered && generation is { IsStream: true, HasFailed: false, FirstContentEnd: >= 0 }
            ? exchange.Arrivals.Of(generation.FirstContentEnd)
            : 0;
        if (first == 0)
            return new GenerationTiming(double.NaN, double.NaN, TokenSource.None);
        var (tokens, source) = generation.Usage.Output > 0 ? (generation.Usage.Output, TokenSource.Usage) : (generation.ContentChunks, TokenSource.Chunks);
        // Not known for a stream that was cut, for choices that were generated side by side, for one token, for a client that did not take what was there, and
        // where something between collected the whole stream.
        var isTimed = (generation.HasEnded || generation.HasFinished) && generation.Choices <= 1 && tokens > 1
            && exchange.ClientStall == 0 && exchange.Arrivals.LastAt > first;
        return new GenerationTiming(
            (double)(first - exchange.RequestFirstByte) / frequency,
            isTimed ? (double)(exchange.Arrivals.LastAt - first) / frequency / (tokens - 1) : double.NaN,
            isTimed ? source : TokenSource.None);
    }
}
