using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Offline;

/// <summary>One exchange as one line of JSON. Room README: what each member means.</summary>
internal static class ExchangeJson
{
    /// <param name="metadata">What the recorded server said of the model; null where it was not asked.</param>
    public static string Line(int index, DecodedExchange exchange, ModelMetadata? metadata = null)
    {
        var bytes = new ArrayBufferWriter<byte>();
        // Read by people in a terminal: no escapes beyond what JSON needs.
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            Write(json, index, exchange, ExchangeDecoding.Of(exchange, metadata));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>What could not be followed, for people.</summary>
    public static string Explain(OpaqueReason reason) => reason switch
    {
        OpaqueReason.Tls => "the connection is encrypted (TLS): record it where it is decrypted, such as between the sidecar and its upstream",
        OpaqueReason.UnknownProtocol => "the client's bytes begin like neither HTTP/1.x nor HTTP/2: is it the client's file, and from the connection's start?",
        OpaqueReason.Upgraded => "the connection switched to another protocol (101 or CONNECT): what follows is not HTTP",
        OpaqueReason.UnsolicitedResponse => "the server sent bytes that answer no request: what follows can't be told apart",
        OpaqueReason.HeaderCompression => "a header block can't be decoded: do the files begin with the connection?",
        _ => $"what follows can't be told ({Labels<OpaqueReason>.Of((int)reason)})",
    };

    private static void Write(Utf8JsonWriter json, int index, DecodedExchange exchange, ExchangeDecoding? decoding)
    {
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("method", exchange.Method);
        json.WriteString("authority", exchange.Authority);
        json.WriteString("path", exchange.Path);
        json.WriteString("http_version", exchange.HttpVersion);
        // As clients of gRPC see it: an error has no HTTP status of its own (there HTTP says 200).
        if (exchange.Status is { } status && exchange.GrpcStatus is null or 0 && !(exchange.IsGrpc && exchange.GrpcStatus is null))
            json.WriteNumber("http_status", status);
        else
            json.WriteNull("http_status");
        if (exchange.GrpcStatus is { } grpc)
        {
            json.WriteNumber("grpc_status", grpc);
            json.WriteString("grpc_status_name", ErrorTypes.OfGrpc(grpc));
            if (exchange.GrpcMessage is not null)
                json.WriteString("grpc_message", exchange.GrpcMessage);
        }

        if (decoding is not null)
            json.WriteString("protocol", decoding.Protocol.Label());
        var bodyId = string.IsNullOrEmpty(decoding?.Requests.FirstOrDefault()?.Id) ? null : decoding.Requests[0].Id;
        var (id, origin) = bodyId is null ? (exchange.RequestId, exchange.RequestIdOrigin) : (bodyId, RequestIdOrigin.Body);
        if (id is not null)
        {
            json.WriteString("request_id", id);
            json.WriteString("request_id_origin", Labels<RequestIdOrigin>.Of((int)origin));
        }

        if (exchange.PreviousAttempts > 0)
            json.WriteNumber("previous_attempts", exchange.PreviousAttempts);
        json.WriteString("ended", exchange.Ended is { } ended ? Ended(ended) : "incomplete");
        if (exchange.Opaque != OpaqueReason.None)
            json.WriteString("opaque", Labels<OpaqueReason>.Of((int)exchange.Opaque));
        if (exchange.Ended is ExchangeEnd.ClientAborted or ExchangeEnd.ClientReset)
            json.WriteString("aborted", "by client");
        else if (exchange.Ended is ExchangeEnd.UpstreamAborted or ExchangeEnd.UpstreamReset or ExchangeEnd.Refused)
            json.WriteString("aborted", "by server");
        json.WriteStartObject("request");
        if (decoding is not null)
            InferenceJson.WriteRequest(json, decoding);
        Message(json, exchange.Request, exchange.IsGrpc);
        json.WriteEndObject();
        if (exchange.Status is { } onWire)
        {
            json.WriteStartObject("response");
            json.WriteNumber("http_status_on_wire", onWire);
            if (decoding is not null)
                InferenceJson.WriteResponse(json, decoding);
            Message(json, exchange.Response, exchange.IsGrpc);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static string Ended(ExchangeEnd end) => end == ExchangeEnd.ConnectionOpaque ? "opaque" : Labels<ExchangeEnd>.Of((int)end);

    private static void Message(Utf8JsonWriter json, DecodedMessage message, bool grpc)
    {
        Text(json, "content_type", message.ContentType);
        Text(json, "content_encoding", message.ContentEncoding);
        Text(json, "grpc_encoding", message.GrpcEncoding);
        json.WriteBoolean("whole", message.Ended);
        if (grpc)
        {
            json.WriteNumber("message_count", message.Messages.Messages);
            json.WriteNumber("compressed_message_count", message.Messages.CompressedMessages);
        }

        var plain = message.Plain();
        if (message.ContentEncoding.Length > 0)
            json.WriteNumber("coded_nbytes", message.Body.Length);
        if (plain is { } body)
        {
            json.WriteStartObject("body");
            json.WriteNumber("nbytes", body.Length);
            json.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(body.Span)));
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("body");
        }

        Time(json, "first_byte_ms", message.FirstByteAt);
        Time(json, "last_byte_ms", message.LastByteAt);
    }

    private static void Text(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
            json.WriteString(name, value);
    }

    private static void Time(Utf8JsonWriter json, string name, double? milliseconds)
    {
        if (milliseconds > 0)
            json.WriteNumber(name, milliseconds.Value);
    }
}
