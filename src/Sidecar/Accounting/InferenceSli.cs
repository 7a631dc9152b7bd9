using System.Diagnostics;
using System.Diagnostics.Metrics;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Accounting;

/// <summary>Success and latency, from heads: true whatever else is shed.</summary>
/// <param name="inference">Seconds from the request's first byte to the response's last.</param>
/// <param name="upstream">Seconds from the request's last byte to the response's first.</param>
/// <param name="retries">Told of every attempt.</param>
/// <param name="listeners">Names, in configuration order.</param>
public sealed class InferenceSli(Histogram<double> inference, Histogram<double> upstream, RetryBook retries, string[] listeners, TimeProvider time)
{
    private readonly double _secondsPerTick = 1.0 / time.TimestampFrequency;

    /// <summary>Counts one exchange with its model.</summary>
    /// <param name="requestId">The best id that is known of it; empty = none.</param>
    public void Record(Exchange exchange, ModelIdentity model, ReadOnlySpan<byte> requestId)
    {
        retries.Note(exchange, model, requestId);
        var tags = new TagList
        {
            { "model", model.Name },
            { "model_version", model.Version },
        };
        // Time in the model is only known when it got the whole request before it answered.
        if (exchange.RequestLastByte != 0 && exchange.ResponseFirstByte >= exchange.RequestLastByte)
            upstream.Record((exchange.ResponseFirstByte - exchange.RequestLastByte) * _secondsPerTick, tags);

        tags.Add("listener", listeners[exchange.Listener]);
        tags.Add("protocol", Protocol(exchange));
        if (ErrorTypes.Of(exchange) is { } error)
            tags.Add("error.type", error);
        inference.Record((exchange.EndedAt - exchange.RequestFirstByte) * _secondsPerTick, tags);
    }

    /// <summary>The inference protocol, as the label says it.</summary>
    private static string Protocol(Exchange exchange) => exchange.Protocol != InferenceProtocol.None ? exchange.Protocol.Label() : exchange.IsGrpc ? "grpc" : "unknown";
}
