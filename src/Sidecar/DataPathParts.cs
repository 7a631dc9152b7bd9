using Sidecar.Accounting;
using Sidecar.Analysis;
using Sidecar.Emit;
using Sidecar.Emit.Otlp;
using Sidecar.Model;
using Sidecar.Shadow;

namespace Sidecar;

/// <summary>The rooms that the story calls.</summary>
public sealed record DataPathParts
{
    public required ExchangeBook Book { get; init; }
    public required InferenceSli Sli { get; init; }
    public required GenerationSli Generations { get; init; }
    public required BodyPool Bodies { get; init; }
    public required ModelAnalysis Analysis { get; init; }
    public required IReadOnlyList<ShadowLane> Shadows { get; init; }

    /// <summary>Null: no events.</summary>
    public required IEventSink? Events { get; init; }

    /// <summary>What of texts and values may be in events and spans.</summary>
    public required ValueCapture Values { get; init; }

    /// <summary>Events of exchanges are KServe's; null: ours.</summary>
    public required KServeNames? KServe { get; init; }

    /// <summary>Null: no spans.</summary>
    public required ExchangeSpans? Spans { get; init; }

    /// <summary>Where failed exchanges that have a span are told, one line each; the console leaves this category out.</summary>
    public required ILogger ExchangeLog { get; init; }

    /// <summary>Share of ordinary exchanges that become events.</summary>
    public required double EventRate { get; init; }

    /// <summary>Names, in configuration order.</summary>
    public required IReadOnlyList<string> Listeners { get; init; }

    public required TimeProvider Time { get; init; }
    public required ILogger Log { get; init; }

    /// <summary>Lets a test stall or break the analysis; null otherwise.</summary>
    public Action<Exchange>? BeforeAnalysis { get; init; }
}
