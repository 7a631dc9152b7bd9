using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>
/// Step 6: bodies into named tensors, message by message: most exchanges have one each way, streams have many. Allocates nothing in the steady state for bodies
/// that aren't compressed.
/// </summary>
/// <param name="maxBody">What a body may expand to, in bytes.</param>
/// <param name="configured">The decoder of each configured route that has one of its own.</param>
internal sealed class ExchangeDecoder(int maxBody, IReadOnlyList<IProtocolDecoder?> configured) : IDisposable
{
    // One each: what they hold is looked at until the next message.
    private readonly MessageReader _requests = new(maxBody);
    private readonly MessageReader _responses = new(maxBody);
    private IProtocolDecoder? _protocol;
    private ModelMetadata? _metadata;
    private bool _answered;
    private bool _first;

    /// <summary>Begins with an exchange; <see cref="Next"/> gives its messages, at least once.</summary>
    /// <param name="metadata">What the server says of the model; null where that isn't known.</param>
    public void Open(Exchange exchange, InferenceRecord record, ModelMetadata? metadata)
    {
        record.Begin();
        _metadata = metadata;
        _protocol = exchange.ConfiguredRoute >= 0 && configured[exchange.ConfiguredRoute] is { } own ? own : ProtocolDecoders.Of(exchange.Protocol);
        _answered = exchange.IsAnswered;
        _first = true;
        _requests.Close();
        _responses.Close();
        if (exchange.RequestBody is { } request)
            _requests.Open(request.Memory, exchange.RequestCoding, Framing(exchange, BodyFormat.Unknown), exchange.RequestMessageCoding);
        else
            record.Undecodable = WhyNoBody(exchange.RequestBodyState, exchange.RequestCoding, exchange.RequestLastByte != 0);
        if (exchange.ResponseBody is { } response)
            _responses.Open(response.Memory, exchange.ResponseCoding, Framing(exchange, exchange.ResponseFormat), exchange.ResponseMessageCoding);
        else if (_answered)
            record.Undecodable ??= WhyNoBody(exchange.ResponseBodyState, exchange.ResponseCoding, exchange.ResponseLastByte != 0);
    }

    /// <summary>The next message each way into the record, which says what could not be decoded.</summary>
    /// <returns>False: there is none any more. The first time there is always one, if only to say why there is none.</returns>
    public bool Next(Exchange exchange, InferenceRecord record)
    {
        var first = _first;
        _first = false;
        var hasRequest = _requests.Next(out var request);
        var hasResponse = _responses.Next(out var response);
        if (!hasRequest && exchange.RequestBody is not null)
            Judge(_requests, record.RequestMessages == 0, exchange.RequestLastByte == 0, record);
        if (!hasResponse && exchange.ResponseBody is not null && _answered)
            Judge(_responses, record.ResponseMessages == 0, exchange.ResponseLastByte == 0, record);
        if (!hasRequest && !hasResponse)
            return first || Summarise(record); // what the last messages held stays in the record
        record.Forget();
        if (hasRequest)
        {
            record.RequestMessages++;
            record.HasRequest = ReadRequest(exchange, request, record);
            record.SelectsOutputs = record.Request.RequestedCount > 0;
        }

        if (hasResponse)
        {
            record.ResponseMessages++;
            record.HasResponse = ReadResponse(exchange, response, record);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _requests.Dispose();
        _responses.Dispose();
    }

    private static MessageFraming Framing(Exchange exchange, BodyFormat format) =>
        exchange.IsGrpc ? MessageFraming.Grpc : format == BodyFormat.EventStream ? MessageFraming.EventStream : MessageFraming.Whole;

    private bool ReadRequest(Exchange exchange, ReadOnlyMemory<byte> message, InferenceRecord record)
    {
        var head = new MessageHead { Path = exchange.PathWithoutQuery, Format = exchange.RequestFormat, JsonBytes = exchange.RequestJsonBytes, Metadata = _metadata };
        // A message of a stream is whole even when the stream was cut.
        var endedEarly = exchange.RequestLastByte == 0 && !exchange.IsGrpc;
        return Read(_protocol?.DecodeRequest(head, message, record.Request) ?? DecodeError.UnsupportedEncoding, record.Request, record, endedEarly);
    }

    private bool ReadResponse(Exchange exchange, ReadOnlyMemory<byte> message, InferenceRecord record)
    {
        var head = new MessageHead { Path = exchange.PathWithoutQuery, Format = exchange.ResponseFormat, JsonBytes = exchange.ResponseJsonBytes, Metadata = _metadata };
        var error = _protocol?.DecodeResponse(head, message, record.Response) ?? DecodeError.UnsupportedEncoding;
        // An error's body is whatever the server likes; only an answer must keep to the protocol.
        if (!_answered)
            return false;
        var endedEarly = exchange.ResponseLastByte == 0 && !exchange.IsGrpc && exchange.ResponseFormat != BodyFormat.EventStream;
        if (error == DecodeError.None && !endedEarly)
            record.Generation.Add(record.Response, _responses.Position);
        return Read(error, record.Response, record, endedEarly) && !record.Response.HasError;
    }

    /// <summary>After its last event a streamed generation is one answer, as if it had not been streamed.</summary>
    private static bool Summarise(InferenceRecord record)
    {
        if (record.Generation.Chunks == 0)
            return false;
        record.Forget();
        return record.HasResponse = record.Generation.TrySummarise(record.Response);
    }

    /// <summary>There is no message (any more): is that right?</summary>
    private static void Judge(MessageReader reader, bool none, bool endedEarly, InferenceRecord record)
    {
        if (reader.Problem != DecodingResult.Decoded)
        {
            record.Undecodable ??= reader.Problem switch
            {
                DecodingResult.TooLarge => UndecodableReason.TooLarge,
                DecodingResult.Unsupported => UndecodableReason.UnsupportedEncoding,
                _ when endedEarly || reader.EndsEarly => UndecodableReason.Truncated,
                _ => UndecodableReason.Malformed,
            };
        }
        else if (none)
        {
            record.Undecodable ??= endedEarly ? UndecodableReason.Truncated : UndecodableReason.NotInference;
        }
    }

    /// <returns>True when the tensors can be looked at, even if one of them is wrong.</returns>
    private static bool Read(DecodeError error, TensorMessage message, InferenceRecord record, bool endedEarly)
    {
        if (endedEarly)
        {
            // Even where what came is a whole message by itself: nobody received it as one.
            record.Undecodable ??= UndecodableReason.Truncated;
            return false;
        }

        if (error == DecodeError.None)
            return true;
        record.Undecodable ??= Reason(error);
        return error is DecodeError.ShapeMismatch or DecodeError.ValueMismatch or DecodeError.UnsupportedDatatype or DecodeError.MissingMember
            && message.Count > 0;
    }

    private static UndecodableReason WhyNoBody(BodyState state, ContentCoding coding, bool complete) => state switch
    {
        BodyState.OverCap => UndecodableReason.TooLarge,
        _ when coding == ContentCoding.Unsupported => UndecodableReason.UnsupportedEncoding,
        _ when complete => UndecodableReason.NotInference, // an empty body
        _ => UndecodableReason.Truncated,
    };

    private static UndecodableReason Reason(DecodeError error) => error switch
    {
        DecodeError.Truncated => UndecodableReason.Truncated,
        DecodeError.TooLarge => UndecodableReason.TooLarge,
        DecodeError.NotInference => UndecodableReason.NotInference,
        DecodeError.MissingMember => UndecodableReason.MissingMember,
        DecodeError.UnsupportedDatatype => UndecodableReason.UnsupportedDatatype,
        DecodeError.ShapeMismatch => UndecodableReason.ShapeMismatch,
        DecodeError.ValueMismatch => UndecodableReason.ValueMismatch,
        DecodeError.UnsupportedEncoding => UndecodableReason.UnsupportedEncoding,
        DecodeError.SharedMemory => UndecodableReason.SharedMemory,
        _ => UndecodableReason.Malformed,
    };
}
