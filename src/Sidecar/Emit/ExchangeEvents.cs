using System.Buffers;
using System.Text;
using System.Text.Json;
using Sidecar.Emit.Redaction;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Emit;

/// <summary>The payloads of events: facts about exchanges, windows and contracts; values of tensors only where <see cref="ValueCapture"/> lets them out.</summary>
public static class ExchangeEvents
{
    public const string ExchangeType = "io.sidecar.exchange.v1";
    public const string DriftType = "io.sidecar.drift.report.v1";
    public const string DriftEpisodeType = "io.sidecar.drift.episode.v1";
    public const string ContractType = "io.sidecar.contract.changed.v1";
    public const string ClosedType = "io.sidecar.audit.closed.v1";
    public const string DiscrepancyType = "io.sidecar.shadow.discrepancy.v1";

    /// <summary>
    /// How many exchanges like it an event of this one stands for: one over the probability that it became an event, being what it is (Horvitz and
    /// Thompson), so that sums of weights estimate numbers of exchanges. A failure is known from the head, so it always does; a violation is found
    /// in what was decoded, and all of those do; of the others the configured share, among what was decoded too.
    /// </summary>
    /// <returns>0: it becomes none.</returns>
    public static double WeightOf(Exchange exchange, int violations, double rate)
    {
        if (ErrorTypes.Of(exchange) is not null)
            return 1;
        // Both shares go by the same hash, so the smaller one lies within the larger one.
        var share = violations > 0 ? exchange.DecodeRate : Math.Min(exchange.DecodeRate, rate);
        return exchange.Share < share ? 1 / share : 0;
    }

    /// <summary>One exchange.</summary>
    /// <param name="record">What was decoded of it; of one that was not, the model alone.</param>
    /// <param name="weight">How many exchanges like it this event stands for.</param>
    /// <param name="values">What of its texts and values may leave.</param>
    public static SidecarEvent OfExchange(Exchange exchange, InferenceRecord record, string listener, double weight, TimeProvider time, ValueCapture values)
    {
        var captured = values.IsWanted(exchange, record.Violations) ? values : null;
        RedactionResult? inside = null;
        var id = IdOf(exchange, record, values);
        var secondsPerTick = 1.0 / time.TimestampFrequency;
        var payload = Write(json =>
        {
            json.WriteString("model", record.Model.Name);
            json.WriteString("modelVersion", record.Model.Version);
            json.WriteString("modelVersionSource", Labels<IdentitySource>.Of((int)record.Model.Source));
            json.WriteString("listener", listener);
            WriteRequestId(json, exchange, record, id);
            json.WriteString("method", exchange.Method);
            json.WriteString("authority", values.Text(exchange.Authority));
            json.WriteNumber("status", exchange.Status);
            if (exchange.GrpcStatus >= 0)
                json.WriteNumber("grpcStatus", exchange.GrpcStatus);
            json.WriteString("end", Labels<Wire.ExchangeEnd>.Of((int)exchange.End));
            if (ErrorTypes.Of(exchange) is { } error)
                json.WriteString("errorType", error);
            json.WriteNumber("durationSeconds", (exchange.EndedAt - exchange.RequestFirstByte) * secondsPerTick);
            if (exchange.RequestLastByte != 0 && exchange.ResponseFirstByte >= exchange.RequestLastByte)
                json.WriteNumber("upstreamSeconds", (exchange.ResponseFirstByte - exchange.RequestLastByte) * secondsPerTick);
            if (exchange.ClientStall > 0)
                json.WriteNumber("clientStallSeconds", exchange.ClientStall * secondsPerTick);
            if (exchange.PreviousAttempts > 0)
                json.WriteNumber("previousAttempts", exchange.PreviousAttempts);
            if (exchange.IsRetry)
                json.WriteBoolean("retry", true);
            json.WriteNumber("requestBytes", exchange.RequestBytes);
            json.WriteNumber("responseBytes", exchange.ResponseBytes);
            json.WriteNumber("contractViolations", record.Violations);
            if (record.Undecodable is { } reason)
                json.WriteString("undecodable", Labels<UndecodableReason>.Of((int)reason));
            else if (exchange.Fate != HeadFate.None)
                json.WriteString("notDecoded", Labels<HeadFate>.Of((int)exchange.Fate));
            if (record.Generation.Operation != GenerationOperation.None)
                WriteGeneration(json, exchange, record.Generation, time.TimestampFrequency);
            if (record.HasRequest)
                WriteTensors(json, "inputs", record.Request, values, captured, ref inside);
            else if (captured is not null)
                WriteBody(json, "requestBody", exchange.RequestBody, exchange.RequestFormat, exchange.RequestCoding, captured, ref inside);
            if (record.HasResponse)
                WriteTensors(json, "outputs", record.Response, values, captured, ref inside);
            else if (captured is not null)
                WriteBody(json, "responseBody", exchange.ResponseBody, exchange.ResponseFormat, exchange.ResponseCoding, captured, ref inside);
        });
        return new SidecarEvent(ExchangeType, record.Model.ToString(), DateTimeOffset.UnixEpoch.AddTicks(exchange.StartedUnixNanos / 100), weight, payload)
        {
            Key = id,
            Classification = values.Redactor.Policy.ClassificationOf(inside),
        };
    }

    /// <summary>The id that an exchange's event speaks of: the request's, else one of its own.</summary>
    internal static string IdOf(Exchange exchange, InferenceRecord record, ValueCapture values) =>
        record.RequestId(exchange) is { IsEmpty: false } id ? values.Text(id) : $"{exchange.StartedUnixNanos:x}-{exchange.Thread:x}";

    /// <summary>An exchange on whose answer a shadow disagrees, with both answers.</summary>
    public static SidecarEvent OfDiscrepancy(ShadowDiscrepancy found, ValueCapture values)
    {
        RedactionResult? inside = null;
        var payload = Write(json =>
        {
            json.WriteString("model", found.Job.Model.Name);
            json.WriteString("modelVersion", found.Job.Model.Version);
            json.WriteString("shadow", found.Shadow);
            json.WriteString("requestId", values.Text(found.Job.RequestId));
            var captured = values.IsWantedOfDiscrepancies ? values : null;
            WriteTensors(json, "inputs", found.Job.Inputs, values, captured, ref inside);
            WriteTensors(json, "outputs", found.Job.Outputs, values, captured, ref inside);
            WriteTensors(json, "shadowOutputs", found.Outputs, values, captured, ref inside);
        });
        return new SidecarEvent(DiscrepancyType, found.Job.Model.ToString(), DateTimeOffset.UnixEpoch.AddTicks(found.Job.StartedUnixNanos / 100), 1 / found.Rate, payload)
        {
            Key = values.Text(found.Job.RequestId) is { Length: > 0 } id ? id : null,
            Classification = values.Redactor.Policy.ClassificationOf(inside),
        };
    }

    // As it came: what is coded would have to be undone first, and the analysis does that for what it decodes.
    private static void WriteBody(
        Utf8JsonWriter json, string member, CapturedBody? body, BodyFormat format, ContentCoding coding, ValueCapture values, ref RedactionResult? inside)
    {
        if (body is not null && format == BodyFormat.Json && coding == ContentCoding.Identity)
            values.WriteBody(json, member, body.Bytes, ref inside);
    }

    /// <summary>Numbers and words of the protocol; nothing of what was asked or answered.</summary>
    private static void WriteGeneration(Utf8JsonWriter json, Exchange exchange, Generation generation, long frequency)
    {
        var timing = GenerationTiming.Of(exchange, generation, frequency);
        json.WriteStartObject("generation");
        json.WriteString("operation", generation.Operation.Label());
        json.WriteBoolean("streamed", generation.IsStream);
        if (generation.IsStream)
        {
            json.WriteNumber("chunks", generation.Chunks);
            json.WriteNumber("contentChunks", generation.ContentChunks);
            json.WriteBoolean("ended", generation.HasEnded);
        }

        if (generation.Operation != GenerationOperation.Embeddings)
        {
            json.WriteString("finishReason", Labels<GenerationEnd>.Of((int)GenerationEnds.Of(generation)));
            json.WriteNumber("choices", generation.Choices);
            json.WriteNumber("characters", generation.Characters);
        }

        if (generation.Usage.Input >= 0)
            json.WriteNumber("inputTokens", generation.Usage.Input);
        if (generation.Usage.Output >= 0)
            json.WriteNumber("outputTokens", generation.Usage.Output);
        if (double.IsFinite(timing.FirstToken))
            json.WriteNumber("timeToFirstTokenSeconds", timing.FirstToken);
        if (double.IsFinite(timing.PerOutputToken))
        {
            json.WriteNumber("timePerOutputTokenSeconds", timing.PerOutputToken);
            json.WriteString("outputTokenSource", Labels<TokenSource>.Of((int)timing.Source));
        }

        json.WriteEndObject();
    }

    // Without an id of its own an exchange gets one, so that an event can be spoken of; it says where it comes from.
    private static void WriteRequestId(Utf8JsonWriter json, Exchange exchange, InferenceRecord record, string id)
    {
        var origin = record.RequestId(exchange).IsEmpty ? RequestIdOrigin.Generated : record.HasBodyId ? RequestIdOrigin.Body : exchange.RequestIdOrigin;
        json.WriteString("requestId", id);
        json.WriteString("requestIdOrigin", Labels<RequestIdOrigin>.Of((int)origin));
    }

    /// <summary>One closed drift window.</summary>
    public static SidecarEvent OfDrift(DriftReport report) => new(DriftType, report.Model.ToString(), report.End, 1, Write(json =>
    {
        json.WriteString("model", report.Model.Name);
        json.WriteString("modelVersion", report.Model.Version);
        json.WriteString("side", Labels<Side>.Of((int)report.Side));
        json.WriteString("start", report.Start);
        json.WriteString("end", report.End);
        json.WriteNumber("rows", report.Rows);
        json.WriteString("result", Labels<DriftResult>.Of((int)report.Result));
        if (report.EstimatedAccuracy is { } estimate)
        {
            json.WriteStartObject("estimatedAccuracy");
            json.WriteNumber("ratio", estimate.Ratio);
            json.WriteNumber("rows", estimate.Rows);
            json.WriteEndObject();
        }

        json.WriteStartArray("features");
        foreach (var feature in report.Features)
        {
            json.WriteStartObject();
            json.WriteString("feature", feature.Feature);
            json.WriteString("result", Labels<DriftResult>.Of((int)feature.Result));
            json.WriteString("cause", feature.Cause);
            WriteFinite(json, "distance", feature.Distance);
            WriteFinite(json, "lowerBound", feature.LowerBound);
            json.WriteNumber("rows", feature.Rows);
            WriteFinite(json, "dispersion", feature.Dispersion);
            WriteHistogram(json, feature.Histogram);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }));

    /// <summary>An alarm of the drift engine: raised, louder or cleared.</summary>
    public static SidecarEvent OfAlarm(DriftAlarm alarm) => new(DriftEpisodeType, alarm.Model.ToString(), alarm.When, 1, Write(json =>
    {
        json.WriteString("model", alarm.Model.Name);
        json.WriteString("modelVersion", alarm.Model.Version);
        json.WriteString("side", Labels<Side>.Of((int)alarm.Side));
        json.WriteString("feature", alarm.Feature);
        json.WriteString("kind", alarm.Kind);
        json.WriteString("state", alarm.State);
        json.WriteString("severity", Labels<DriftResult>.Of((int)alarm.Result));
        json.WriteString("began", alarm.Began);
        WriteFinite(json, "effect", alarm.Effect);
        WriteFinite(json, "lowerBound", alarm.Bound);
    }));

    private static void WriteHistogram(Utf8JsonWriter json, DriftHistogram histogram)
    {
        json.WriteStartArray("edges");
        foreach (var edge in histogram.Edges)
            json.WriteNumberValue(edge);
        json.WriteEndArray();
        json.WriteStartArray("reference");
        foreach (var count in histogram.Reference)
            json.WriteNumberValue(count);
        json.WriteEndArray();
        json.WriteStartArray("window");
        foreach (var count in histogram.Window)
            json.WriteNumberValue(count);
        json.WriteEndArray();
    }

    /// <summary>A contract that was learned.</summary>
    public static SidecarEvent OfContract(ModelIdentity model, ModelMetadata metadata, DateTimeOffset when) => new(ContractType, model.ToString(), when, 1, Write(json =>
    {
        json.WriteString("model", model.Name);
        json.WriteString("platform", metadata.Platform);
        WriteTensors(json, "inputs", metadata.Inputs);
        WriteTensors(json, "outputs", metadata.Outputs);
    }));

    /// <summary>The graceful end of this source: nothing of it comes after this.</summary>
    public static SidecarEvent OfClosing(DateTimeOffset when, long observed, long dropped, int connectionsCut) => new(ClosedType, "", when, 1, Write(json =>
    {
        json.WriteNumber("exchangesObserved", observed);
        json.WriteNumber("exchangesDropped", dropped);
        json.WriteNumber("connectionsCut", connectionsCut);
    }));

    /// <summary>Writes a message's tensors, with their values where they are captured.</summary>
    internal static void WriteTensors(Utf8JsonWriter json, string name, TensorMessage message, ValueCapture texts, ValueCapture? captured, ref RedactionResult? inside)
    {
        json.WriteStartArray(name);
        for (var i = 0; i < message.Count; i++)
        {
            json.WriteStartObject();
            WriteTensor(json, texts.Text(message.Name(i)), message[i].DataType, message[i].Shape);
            captured?.WriteData(json, message, i, ref inside);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTensors(
        Utf8JsonWriter json, string name, IEnumerable<OwnedTensor> tensors, ValueCapture texts, ValueCapture? captured, ref RedactionResult? inside)
    {
        json.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            WriteTensor(json, texts.Text(Encoding.UTF8.GetBytes(tensor.Name)), tensor.DataType, tensor.Shape);
            captured?.WriteData(json, tensor, ref inside);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTensors(Utf8JsonWriter json, string name, IEnumerable<TensorMetadata> tensors)
    {
        json.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            WriteTensor(json, tensor.Name, tensor.DataType, tensor.Shape);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTensor(Utf8JsonWriter json, string name, DataType type, ReadOnlySpan<long> shape)
    {
        json.WriteString("name", name);
        json.WriteString("datatype", type.Name());
        json.WriteStartArray("shape");
        foreach (var dimension in shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
    }

    /// <summary>A number that is not known is null in JSON, never 0.</summary>
    private static void WriteFinite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
