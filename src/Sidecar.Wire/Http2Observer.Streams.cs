namespace Sidecar.Wire;

/// <content>What the frames of a stream mean for its exchange.</content>
internal sealed partial class Http2Observer
{
    private const int RefusedStream = 0x7;

    private void OnRequestFields(int id, int slot, HeaderBlock fields, bool endsStream)
    {
        if (slot >= 0)
        {
            // Trailers, which end the request; a second head in its middle would be an error of the client's, that its server answers.
            if (endsStream)
                EndRequest(slot);
            return;
        }

        // A new stream of a client has an odd number above all former ones (RFC 9113 §5.1.1); anything else is late for a stream that has ended.
        if ((id & 1) == 0 || id <= _lastClientStream)
            return;
        _lastClientStream = id;
        if (fields.Overflowed || !RequestHead.TryRead(fields.Bytes, endsStream, out var head))
        {
            _events!.OnExchangeSkipped(fields.Overflowed ? OpaqueReason.HeadTooLarge : OpaqueReason.MalformedRequest);
            return;
        }

        slot = _streams.Add(id, _limits.MaxStreams);
        if (slot < 0)
        {
            _events!.OnExchangeSkipped(OpaqueReason.TooManyStreams);
            return;
        }

        _events!.OnRequestHead(slot, head);
        if (_serverClosed)
            EndStream(slot, ExchangeEnd.UpstreamAborted);
        else if (endsStream)
            EndRequest(slot);
    }

    private void OnResponseFields(int slot, HeaderBlock fields, bool endsStream)
    {
        ref var stream = ref _streams[slot];
        if (stream.ResponseEnded)
            return;
        if (fields.Overflowed)
        {
            // The status may be among what is missing.
            EndUnread(slot, OpaqueReason.HeadTooLarge);
            return;
        }

        if (stream.ResponseStarted)
        {
            _events!.OnResponseTrailers(slot, new ResponseTrailers(fields.Bytes));
        }
        else if (!ResponseHead.TryRead(fields.Bytes, endsStream, out var head))
        {
            EndUnread(slot, OpaqueReason.MalformedResponse);
            return;
        }
        else if (head.StatusCode < 200)
        {
            // Interim: the final one follows (RFC 9110 §15.2). There is no 101 in HTTP/2 (RFC 9113 §8.6).
            stream.InterimCount++;
            return;
        }
        else
        {
            stream.ResponseStarted = true;
            // An answer of gRPC is whole with its trailers only.
            stream.ResponseLeft = head.ContentType.StartsWith("application/grpc"u8) ? -1 : head.ContentLength;
            head.InterimCount = stream.InterimCount;
            _events!.OnResponseHead(slot, head);
        }

        if (endsStream)
            EndResponse(slot);
    }

    private void OnData(Direction direction, ReadOnlySpan<byte> data, bool ofClient)
    {
        var slot = _streams.Find(direction.Frames.StreamId);
        if (slot < 0)
            return;
        // Data where none can be (before the head, after the end) is the sender's error, and no part of a body.
        if (ofClient ? _streams[slot].RequestEnded : _streams[slot].ResponseEnded || !_streams[slot].ResponseStarted)
            return;
        if (!data.IsEmpty && ofClient)
            _events!.OnRequestBody(slot, data);
        else if (!data.IsEmpty)
            OnResponseData(slot, data);
        if (!direction.Frames.EndsFrame || (direction.Frames.Flags & Direction.EndStreamFlag) == 0)
            return;
        if (ofClient)
            EndRequest(slot);
        else
            EndResponse(slot);
    }

    private void OnResponseData(int slot, ReadOnlySpan<byte> data)
    {
        if (_streams[slot].ResponseLeft >= 0)
            _streams[slot].ResponseLeft -= data.Length; // to below 0 where there is more than was declared
        _events!.OnResponseBody(slot, data);
    }

    private void OnReset(int id, int code, bool ofClient)
    {
        var slot = _streams.Find(id);
        if (slot < 0)
            return;
        var end = ofClient ? ExchangeEnd.ClientReset : code == RefusedStream ? ExchangeEnd.Refused : ExchangeEnd.UpstreamReset;
        // After its whole answer a server resets what is left of the request (RFC 9113 §8.1): nothing is missing then.
        EndStream(slot, _streams[slot].ResponseEnded ? ExchangeEnd.Complete : end);
    }

    private void OnGoAway(int lastStream, bool ofClient)
    {
        if (ofClient)
            return;
        // Streams above were not worked on, and their client tries them elsewhere (RFC 9113 §6.8).
        for (var slot = 0; slot < _streams.Capacity && _streams.Count > 0; slot++)
        {
            if (_streams[slot].Id > lastStream)
                EndStream(slot, _streams[slot].ResponseEnded ? ExchangeEnd.Complete : ExchangeEnd.Refused);
        }
    }

    private void EndRequest(int slot)
    {
        if (_streams[slot].RequestEnded)
            return;
        _streams[slot].RequestEnded = true;
        _events!.OnRequestEnd(slot);
        EndWhole(slot);
    }

    private void EndResponse(int slot)
    {
        _streams[slot].ResponseEnded = true;
        _events!.OnResponseEnd(slot);
        EndWhole(slot);
    }

    private void EndUnread(int slot, OpaqueReason reason)
    {
        StreamReason = reason;
        EndStream(slot, ExchangeEnd.ConnectionOpaque);
        StreamReason = OpaqueReason.None;
    }

    private void EndWhole(int slot)
    {
        if (_streams[slot] is { RequestEnded: true, ResponseEnded: true })
            EndStream(slot, ExchangeEnd.Complete);
    }
}
