using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>Step 6: bodies into named tensors. Allocates nothing in the steady state for bodies that aren't compressed.</summary>
/// <param name="maxBody">What a body may expand to, in bytes.</param>
internal sealed class ExchangeDecoder(int maxBody) : IDisposable
{
    // One each: what they hold is looked at until the next exchange.
    private readonly ContentDecoder _requests = new(maxBody);
    private readonly ContentDecoder _responses = new(maxBody);

    /// <summary>Decodes what was captured of an exchange into the record, and says in it what could not be.</summary>
    public void Decode(Exchange exchange, InferenceRecord record)
    {
        record.HasRequest = record.HasResponse = record.SelectsOutputs = false;
        record.Undecodable = null;
        record.Violations = 0;
        record.Request.Clear();
        record.Response.Clear();

        var answered = exchange.Status is >= 200 and < 300;
        if (exchange.RequestBody is { } request)
        {
            if (Plain(_requests, exchange.RequestCoding, request, exchange.RequestLastByte == 0, record) is { } plain)
                record.HasRequest = Read(OpenInferenceJson.DecodeRequest(plain.Span, record.Request), record.Request, record, exchange.RequestLastByte == 0);
            record.SelectsOutputs = record.Request.RequestedCount > 0;
        }
        else
        {
            record.Undecodable = WhyNoBody(exchange.RequestBodyState, exchange.RequestCoding == ContentCoding.Unsupported, exchange.RequestLastByte != 0);
        }

        if (exchange.ResponseBody is { } response)
        {
            // An error's body is whatever the server likes; only an answer must keep to the protocol.
            if (Plain(_responses, exchange.ResponseCoding, response, exchange.ResponseLastByte == 0, answered ? record : null) is not { } plain)
                return;
            var error = OpenInferenceJson.DecodeResponse(plain.Span, record.Response);
            if (answered)
                record.HasResponse = Read(error, record.Response, record, exchange.ResponseLastByte == 0) && !record.Response.HasError;
        }
        else if (answered)
        {
            record.Undecodable ??= WhyNoBody(exchange.ResponseBodyState, exchange.ResponseCoding == ContentCoding.Unsupported, exchange.ResponseLastByte != 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _requests.Dispose();
        _responses.Dispose();
    }

    /// <returns>The body without its coding; null, with the reason in the record, when it can't be had.</returns>
    private static ReadOnlyMemory<byte>? Plain(ContentDecoder decoder, ContentCoding coding, CapturedBody body, bool endedEarly, InferenceRecord? record)
    {
        var result = decoder.TryDecode(coding, body.Memory, out var plain);
        if (result == DecodingResult.Decoded)
            return plain;
        if (record is not null)
        {
            record.Undecodable ??= result switch
            {
                DecodingResult.TooLarge => UndecodableReason.TooLarge,
                DecodingResult.Unsupported => UndecodableReason.UnsupportedEncoding,
                _ when endedEarly => UndecodableReason.Truncated,
                _ => UndecodableReason.Malformed,
            };
        }

        return null;
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

    private static UndecodableReason WhyNoBody(BodyState state, bool encoded, bool complete) => state switch
    {
        BodyState.OverCap => UndecodableReason.TooLarge,
        _ when encoded => UndecodableReason.UnsupportedEncoding,
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
