namespace Sidecar.Tensors;

/// <summary>How a body is written, by its media type.</summary>
public enum BodyFormat : byte
{
    /// <summary>No media type, or one that says nothing of inference.</summary>
    Unknown,
    Json,

    /// <summary>JSON, then tensors in binary (<c>application/octet-stream</c>, and the types of SageMaker and Vertex AI).</summary>
    Binary,
    JsonLines,

    /// <summary>Comma-separated values; whether the first line names the columns isn't said.</summary>
    Csv,

    /// <summary>With <c>header=present</c>.</summary>
    CsvWithHeader,

    /// <summary>With <c>header=absent</c>.</summary>
    CsvWithoutHeader,

    /// <summary><c>text/event-stream</c>.</summary>
    EventStream,

    /// <summary>A CloudEvent in JSON, its data inside.</summary>
    CloudEvent,

    /// <summary>Protocol Buffers in gRPC's framing.</summary>
    Grpc,

    /// <summary>Another form, which no decoder reads: <c>text/libsvm</c>, images, forms.</summary>
    Other,
}

/// <summary>Reads media types (RFC 9110 §8.3.1).</summary>
public static class BodyFormats
{
    /// <summary>What a <c>Content-Type</c> says.</summary>
    /// <param name="mediaType">The field's value.</param>
    /// <param name="jsonBytes">The length of the JSON in front of binary tensors (<c>json-header-size</c>); -1 where it isn't given.</param>
    public static BodyFormat Parse(ReadOnlySpan<byte> mediaType, out long jsonBytes)
    {
        jsonBytes = -1;
        var semicolon = mediaType.IndexOf((byte)';');
        var parameters = semicolon < 0 ? default : mediaType[(semicolon + 1)..];
        var type = (semicolon < 0 ? mediaType : mediaType[..semicolon]).Trim(" \t"u8);
        if (Is(type, "application/json"u8))
            return BodyFormat.Json;
        if (StartsWith(type, "application/grpc"u8))
            return BodyFormat.Grpc;
        if (Is(type, "application/octet-stream"u8))
            return BodyFormat.Binary;
        if (Is(type, "application/vnd.sagemaker-triton.binary+json"u8) || Is(type, "application/vnd.vertex-ai-triton.binary+json"u8))
        {
            jsonBytes = Number(Parameter(parameters, "json-header-size"u8));
            return BodyFormat.Binary;
        }

        if (Is(type, "text/csv"u8) || Is(type, "application/csv"u8))
        {
            var header = Parameter(parameters, "header"u8);
            return Is(header, "present"u8) ? BodyFormat.CsvWithHeader : Is(header, "absent"u8) ? BodyFormat.CsvWithoutHeader : BodyFormat.Csv;
        }

        if (Is(type, "application/jsonlines"u8) || Is(type, "application/x-jsonlines"u8) || Is(type, "application/jsonl"u8) || Is(type, "application/x-ndjson"u8))
            return BodyFormat.JsonLines;
        if (Is(type, "text/event-stream"u8))
            return BodyFormat.EventStream;
        if (Is(type, "application/cloudevents+json"u8))
            return BodyFormat.CloudEvent;
        // Some servers send JSON as text.
        return type.IsEmpty || Is(type, "text/plain"u8) ? BodyFormat.Unknown : EndsWith(type, "+json"u8) ? BodyFormat.Json : BodyFormat.Other;
    }

    private static ReadOnlySpan<byte> Parameter(ReadOnlySpan<byte> parameters, ReadOnlySpan<byte> name)
    {
        while (!parameters.IsEmpty)
        {
            var end = parameters.IndexOf((byte)';');
            var parameter = (end < 0 ? parameters : parameters[..end]).Trim(" \t"u8);
            parameters = end < 0 ? default : parameters[(end + 1)..];
            if (parameter.Length > name.Length && parameter[name.Length] == '=' && Is(parameter[..name.Length], name))
                return parameter[(name.Length + 1)..].Trim((byte)'"');
        }

        return default;
    }

    private static long Number(ReadOnlySpan<byte> text) =>
        System.Buffers.Text.Utf8Parser.TryParse(text, out long value, out var used) && used == text.Length && value >= 0 ? value : -1;

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase) => System.Text.Ascii.EqualsIgnoreCase(text, lowerCase);

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase) => text.Length >= lowerCase.Length && Is(text[..lowerCase.Length], lowerCase);

    private static bool EndsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase) => text.Length >= lowerCase.Length && Is(text[^lowerCase.Length..], lowerCase);
}
