using System.Diagnostics;
using System.Diagnostics.Metrics;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Accounting;

/// <summary>
/// Tokens and speed of generations, by OpenTelemetry's conventions (<c>gen_ai.*</c>), from exchanges that were decoded. What the server does not tell is not
/// estimated; the request's name of the model is the client's, and no label.
/// </summary>
/// <param name="tokens">Tokens of each generation, in and out.</param>
/// <param name="firstToken">Seconds to the first token.</param>
/// <param name="perToken">Seconds for each token after it.</param>
public sealed class GenerationSli(Histogram<double> tokens, Histogram<double> firstToken, Histogram<double> perToken, TimeProvider time)
{
    // The convention's discriminator of formats: the API that is spoken, whoever speaks it.
    private const string Provider = "openai";

    private readonly long _frequency = time.TimestampFrequency;
    private readonly Lock _lock = new();
    private readonly Dictionary<(ModelIdentity Model, GenerationOperation Operation, GenerationEnd End), long> _ended = [];

    /// <summary>Counts a decoded exchange, if it was a generation that the server answered.</summary>
    public void Record(Exchange exchange, InferenceRecord record)
    {
        var generation = record.Generation;
        if (generation.Operation == GenerationOperation.None || !exchange.IsAnswered)
            return;
        if (generation.Operation != GenerationOperation.Embeddings)
            Count(record.Model, generation.Operation, GenerationEnds.Of(generation));
        var timing = GenerationTiming.Of(exchange, generation, _frequency);
        var tags = new TagList
        {
            { "model", record.Model.Name },
            { "model_version", record.Model.Version },
            { "gen_ai.operation.name", generation.Operation.Label() },
            { "gen_ai.provider.name", Provider },
        };
        if (!double.IsNaN(timing.FirstToken))
            firstToken.Record(timing.FirstToken, tags);
        if (generation.Usage is { IsCounted: true } usage)
        {
            RecordTokens(usage.Input, "input", tags);
            RecordTokens(usage.Output, "output", tags);
        }

        if (double.IsNaN(timing.PerOutputToken))
            return;
        tags.Add("source", Labels<TokenSource>.Of((int)timing.Source));
        perToken.Record(timing.PerOutputToken, tags);
    }

    /// <summary>Generations so far.</summary>
    public IReadOnlyList<(ModelIdentity Model, string Operation, GenerationEnd End, long Count)> Totals()
    {
        // Two paths have one label.
        lock (_lock)
        {
            return [.. _ended.GroupBy(pair => (pair.Key.Model, Operation: pair.Key.Operation.Label(), pair.Key.End))
                .Select(group => (group.Key.Model, group.Key.Operation, group.Key.End, group.Sum(pair => pair.Value)))];
        }
    }

    private void Count(ModelIdentity model, GenerationOperation operation, GenerationEnd end)
    {
        lock (_lock)
            _ended[(model, operation, end)] = _ended.GetValueOrDefault((model, operation, end)) + 1;
    }

    private void RecordTokens(long count, string type, TagList tags)
    {
        if (count < 0)
            return;
        tags.Add("gen_ai.token.type", type);
        tokens.Record(count, tags);
    }
}
