using System.Buffers;
using System.Text.Json;
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
    /// <param name="values">Writes a tensor's values, where they may leave.</param>
    public static IEnumerable<SidecarEvent> Of(Exchange exchange, InferenceRecord record, string service, string space, double weight, ValueCapture? values)
    {
        var id = ExchangeEvents.IdOf(exchange, record);
        var when = DateTimeOffset.UnixEpoch.AddTicks(exchange.StartedUnixNanos / 100);
        KeyValuePair<string, string>[] extensions =
            [new("inferenceservicename", service), new("namespace", space), new("component", "predictor"), new("endpoint", "")];
        SidecarEvent Event(string type, TensorMessage? message) => new(type, record.Model.ToString(), when, weight, Body(id, record, message, values, out var captured))
        {
            Id = id,
            Key = id,
            Extensions = extensions,
            Classification = captured ? EventTypes.Captured : null,
        };
        return exchange.Status == 0
            ? [Event(RequestType, record.HasRequest ? record.Request : null)]
            : [Event(RequestType, record.HasRequest ? record.Request : null), Event(ResponseType, record.HasResponse ? record.Response : null)];
    }

    private static ReadOnlyMemory<byte> Body(string id, InferenceRecord record, TensorMessage? message, ValueCapture? values, out bool captured)
    {
        captured = false;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("model_name", record.Model.Name);
            json.WriteString("model_version", record.Model.Version);
            if (message is not null)
                captured = ExchangeEvents.WriteTensors(json, message == record.Request ? "inputs" : "outputs", message, values);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
