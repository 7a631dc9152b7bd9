using System.Text.Json;
using Sidecar.Tensors;

namespace Sidecar.Offline;

/// <summary>What was decoded of an inference, as members of the object that is open.</summary>
internal static class InferenceJson
{
    public static void WriteRequest(Utf8JsonWriter json, ExchangeDecoding decoding)
    {
        if (decoding is { IsStream: true, Protocol: InferenceProtocol.OpenInferenceGrpc })
            WriteMessages(json, decoding.Requests, decoding.RequestProblem);
        else if (decoding.Requests is [var request, ..])
            WriteMessage(json, request, decoding.Model, decoding.Version, decoding.RequestProblem);
        else
            WriteProblem(json, decoding.RequestProblem);
    }

    public static void WriteResponse(Utf8JsonWriter json, ExchangeDecoding decoding)
    {
        if (decoding.IsStream)
            WriteMessages(json, decoding.Responses, decoding.ResponseProblem);
        else if (decoding.Responses is [var response, ..])
            WriteMessage(json, response, response.Model, response.Version, decoding.ResponseProblem);
        else
            WriteProblem(json, decoding.ResponseProblem);
    }

    private static void WriteMessages(Utf8JsonWriter json, List<DecodedInference> messages, string? problem)
    {
        json.WriteNumber("count", messages.Count);
        json.WriteStartArray("messages");
        foreach (var message in messages)
        {
            json.WriteStartObject();
            WriteMessage(json, message, message.Model, message.Version, null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteProblem(json, problem);
    }

    private static void WriteMessage(Utf8JsonWriter json, DecodedInference message, string? model, string? version, string? problem)
    {
        if (message.Id is not null)
            json.WriteString("id", message.Id);
        if (model is not null || version is not null)
        {
            json.WriteStartObject("model");
            json.WriteString("name", model);
            json.WriteString("version", version);
            json.WriteEndObject();
        }

        WriteProblem(json, message.Problem == DecodeError.None ? problem : message.Problem.Label());
        if (message.Error is not null)
        {
            json.WriteString("error", message.Error);
            return;
        }

        json.WriteStartArray("tensors");
        foreach (var tensor in message.Tensors)
        {
            json.WriteStartObject();
            tensor.Write(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteProblem(Utf8JsonWriter json, string? problem)
    {
        if (problem is not null)
            json.WriteString("undecodable", problem);
    }
}
