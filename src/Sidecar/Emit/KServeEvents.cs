using System.Buffers;
using System.Text.Json;
using Sidecar.Emit.Redaction;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Emit;

/// <summary>
/// Events as KServe's payload logger sends them, for consumers that were written for it: one for the request and one for the response, of the same id. Unlike that logger's, they come for
/// failed exchanges too, and hold what was decoded, as an Open Inference Protocol V2 body; values only where they are captured.
/// </summary>
/// <remarks>kserve/kserve: pkg/logger/worker.go (types and extensions).</remarks>
internal static class KServeEvents
{
    public const string RequestType = "org.kubeflow.serving.inference.request";
    public const string ResponseType = "org.kubeflow.serving.inference.response";

    /// <summary>The two events of an exchange; the second only where the server answered.</summary>
    /// <param name="service">Name of the InferenceService.</param>
    /// <param name="space">Its namespace.</param>
    /// <param name="values">What of its texts and values may leave.</param>
    public static IReadOnlyList<SidecarEvent> Of(Exchange exchange, InferenceRecord record, string service, string space, double weight, ValueCapture values)
    {
        var id = ExchangeEvents.IdOf(exchange, record, values);
        var request = Event(RequestType, id, exchange, record, record.HasRequest ? record.Request : null, service, space, weight, values);
        return exchange.Status == 0 ? [request] : [request, Event(ResponseType, id, exchange, record, record.HasResponse ? record.Response : null, service, space, weight, values)];
    }

    private static SidecarEvent Event(
        string type, string id, Exchange exchange, InferenceRecord record, TensorMessage? message, string service, string space, double weight, ValueCapture values)
    {
        RedactionResult? inside = null;
        var captured = values.IsWanted(exchange, record.Violations) ? values : null;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("model_name", record.Model.Name);
            json.WriteString("model_version", record.Model.Version);
            if (message is not null)
                ExchangeEvents.WriteTensors(json, message == record.Request ? "inputs" : "outputs", message, values, captured, ref inside);
            json.WriteEndObject();
        }

        return new SidecarEvent(type, record.Model.ToString(), DateTimeOffset.UnixEpoch.AddTicks(exchange.StartedUnixNanos / 100), weight, buffer.WrittenMemory)
        {
            Id = id,
            Key = id,
            Extensions = [new("inferenceservicename", service), new("namespace", space), new("component", "predictor"), new("endpoint", "")],
            Classification = values.Redactor.Policy.ClassificationOf(inside),
        };
    }
}

/// <summary>What KServe's events call this.</summary>
/// <param name="Service">The InferenceService; null: the model's name.</param>
/// <param name="Space">Its namespace.</param>
public sealed record KServeNames(string? Service, string Space);
