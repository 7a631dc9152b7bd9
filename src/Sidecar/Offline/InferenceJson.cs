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
        if (decoding is { Protocol: InferenceProtocol.OpenAi, Responses.Count: > 0 })
            WriteGeneration(json, decoding);
        else if (decoding.IsStream)
            WriteMessages(json, decoding.Responses, decoding.ResponseProblem);
        else if (decoding.Responses is [var response, ..])
            WriteMessage(json, response, response.Model, response.Version, decoding.ResponseProblem);
        else
            WriteProblem(json, decoding.ResponseProblem);
    }

    /// <summary>A generation, streamed or not, as one answer. Of its text nothing is printed.</summary>
    private static void WriteGeneration(Utf8JsonWriter json, ExchangeDecoding decoding)
    {
        var generation = decoding.Generation;
        if (generation.Id.Length > 0)
            json.WriteString("id", DecodedExchange.Text(generation.Id));
        if (generation.Model.Length > 0)
            json.WriteString("model", DecodedExchange.Text(generation.Model));
        WriteProblem(json, decoding.Responses.Find(message => message.Problem != DecodeError.None)?.Problem.Label() ?? decoding.ResponseProblem);
        if (decoding.Responses.Find(message => message.Error is not null) is { } failed)
            WriteError(json, failed);
        else if (generation.Operation != GenerationOperation.None)
            WriteFacts(json, decoding);
        if (!decoding.IsStream)
            return;
        json.WriteNumber("sse_count", generation.Events);
        // A client's library stops at the mark; how far it came in a stream that was cut, only the client knows.
        if (generation.HasEnded || decoding.IsWhole)
            json.WriteNumber("sse_chunks_seen_by_client", generation.Chunks);
    }

    private static void WriteFacts(Utf8JsonWriter json, ExchangeDecoding decoding)
    {
        var generation = decoding.Generation;
        if (generation.Usage.IsTold)
            WriteUsage(json, generation.Usage, isResponse: generation.Operation == GenerationOperation.Responses);
        else
            json.WriteNull("usage");
        if (generation.Operation != GenerationOperation.Embeddings)
        {
            if (generation.FinishReason(0) is { IsEmpty: false } reason)
                json.WriteString("finish_reason", DecodedExchange.Text(reason));
            else
                json.WriteNull("finish_reason");
            json.WriteNumber("choice_count", generation.Choices);
        }

        var answer = decoding.IsStream ? decoding.Summary : decoding.Responses[0];
        if (answer is not null)
            WriteTensors(json, answer);
    }

    private static void WriteUsage(Utf8JsonWriter json, TokenUsage usage, bool isResponse)
    {
        json.WriteStartObject("usage");
        if (usage.Input >= 0)
            json.WriteNumber(isResponse ? "input_tokens" : "prompt_tokens", usage.Input);
        if (usage.Output >= 0)
            json.WriteNumber(isResponse ? "output_tokens" : "completion_tokens", usage.Output);
        if (usage.Total >= 0)
            json.WriteNumber("total_tokens", usage.Total);
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, DecodedInference failed)
    {
        json.WriteString("error", failed.Error);
        if (failed.ErrorType is not null)
            json.WriteString("error_type", failed.ErrorType);
        if (failed.ErrorCode is not null)
            json.WriteString("error_code", failed.ErrorCode);
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
            WriteError(json, message);
            return;
        }

        WriteTensors(json, message);
    }

    private static void WriteTensors(Utf8JsonWriter json, DecodedInference message)
    {
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
