using System.Buffers;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Sidecar.Demo.Serving;

/// <summary>The V2 REST paths for one model: health, metadata, infer. Errors are <c>{"error":"…"}</c>, 400 for a bad request, 404 for an unknown model.</summary>
internal sealed class InferEndpoint(OnnxModel model, TimeProvider time)
{
    /// <summary>Some thousand rows of a demo request.</summary>
    public const long MaxBody = 1 << 20;

    private readonly string _modelPath = $"/v2/models/{model.Name}";
    private readonly string _versionPath = $"/v2/models/{model.Name}/versions/{model.Version}";
    private long _addedLatencyTicks;

    /// <summary>Waited before each inference is answered; may be changed at any time.</summary>
    public TimeSpan AddedLatency
    {
        get => new(Volatile.Read(ref _addedLatencyTicks));
        set => Volatile.Write(ref _addedLatencyTicks, value.Ticks);
    }

    public async Task AnswerAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context, context.Request.Path.Value ?? "");
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            // The client left or the listener was taken away: there is nobody to answer.
        }
    }

    private Task RouteAsync(HttpContext context, string path)
    {
        var get = HttpMethods.IsGet(context.Request.Method);
        var post = HttpMethods.IsPost(context.Request.Method);
        if (get && path is "/v2/health/live" or "/v2/health/ready")
            return Task.CompletedTask;
        if (get && (path == _modelPath || path == _versionPath))
            return SendAsync(context, StatusCodes.Status200OK, model.WriteMetadata);
        if (get && (path == _modelPath + "/ready" || path == _versionPath + "/ready"))
            return Task.CompletedTask;
        if (post && (path == _modelPath + "/infer" || path == _versionPath + "/infer"))
            return InferAsync(context);
        return ErrorAsync(context, StatusCodes.Status404NotFound, $"Request for unknown model or path: '{path}' is not found");
    }

    private async Task InferAsync(HttpContext context)
    {
        JsonDocument body;
        try
        {
            body = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        }
        catch (JsonException malformed)
        {
            await ErrorAsync(context, StatusCodes.Status400BadRequest, $"failed to parse the request JSON buffer: {malformed.Message}");
            return;
        }

        using (body)
        {
            if (AddedLatency is { Ticks: > 0 } latency)
                await Task.Delay(latency, time, context.RequestAborted);
            var answer = new ArrayBufferWriter<byte>(1024);
            using var json = new Utf8JsonWriter(answer);
            var error = Infer(model, body.RootElement, json);
            if (error is not null)
            {
                await ErrorAsync(context, StatusCodes.Status400BadRequest, error);
                return;
            }

            await json.FlushAsync(context.RequestAborted);
            await SendAsync(context, StatusCodes.Status200OK, answer.WrittenMemory);
        }
    }

    /// <summary>Scores a request and writes the V2 answer.</summary>
    /// <returns>Null, or why the request is refused; then nothing was written.</returns>
    public static string? Infer(OnnxModel model, JsonElement body, Utf8JsonWriter json) => InferRequest.Read(body, out var unreadable) is { } request
        ? model.Infer([.. request.Inputs.Select(InputTensor.Create)], outputs => WriteResponse(model, json, request.Id, outputs))
        : unreadable;

    private static void WriteResponse(OnnxModel model, Utf8JsonWriter json, string? id, IEnumerable<(string Name, OrtValue Value)> outputs)
    {
        json.WriteStartObject();
        if (id is not null)
            json.WriteString("id", id);
        json.WriteString("model_name", model.Name);
        json.WriteString("model_version", model.Version);
        json.WriteStartArray("outputs");
        foreach (var (name, value) in outputs)
            OutputTensor.Write(json, name, value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static Task ErrorAsync(HttpContext context, int status, string error) => SendAsync(context, status, json =>
    {
        json.WriteStartObject();
        json.WriteString("error", error);
        json.WriteEndObject();
    });

    private static Task SendAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body))
            write(json);
        return SendAsync(context, status, body.WrittenMemory);
    }

    private static async Task SendAsync(HttpContext context, int status, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
