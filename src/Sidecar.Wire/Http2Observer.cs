namespace Sidecar.Wire;

/// <summary>
/// Watches one HTTP/2 connection's two byte streams and tells the exchanges in them (RFC 9113): one a stream. It changes nothing, and
/// throws for no input. Header blocks are always decoded, also of streams that are not followed, because each changes the compression
/// state of its direction (RFC 7541 §2.2); where that is lost the connection becomes opaque.
/// <para>
/// State: two HPACK tables, a header block that is split over frames, and a small record for each open stream, all pooled and bounded by
/// <see cref="ObserverLimits"/>. Not thread-safe, and ordered, as <see cref="Http1Observer"/>.
/// </para>
/// </summary>
internal sealed partial class Http2Observer
{
    // Events are told during the call, so one block serves all connections of a thread.
    [ThreadStatic]
    private static HeaderBlock? t_block;

    private readonly ObserverLimits _limits;
    private readonly Direction _client;
    private readonly Direction _server;
    private IExchangeEvents? _events;
    private StreamTable _streams;
    private int _prefaceLeft;
    private int _lastClientStream;
    private bool _clientClosed;
    private bool _serverClosed;

    public Http2Observer(ObserverLimits limits)
    {
        _limits = limits;
        _client = new Direction(limits);
        _server = new Direction(limits);
    }

    /// <summary>Why nothing more is told; None while it is observed.</summary>
    public OpaqueReason OpaqueReason { get; private set; }

    /// <summary>While an exchange ends as <see cref="ExchangeEnd.ConnectionOpaque"/> on its own, its connection being observed further: why.</summary>
    public OpaqueReason StreamReason { get; private set; }

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Starts over for a new connection, before the client's preface.</summary>
    public void Reset(IExchangeEvents events)
    {
        Release();
        _events = events;
        _prefaceLeft = Preface.Length;
        _lastClientStream = 0;
        _clientClosed = _serverClosed = false;
        OpaqueReason = OpaqueReason.None;
    }

    /// <summary>
    /// Starts in the middle of a connection, after a 101: the request that asked for it is stream 1, whole (RFC 7540 §3.2), and goes on in its slot.
    /// </summary>
    public void ResetUpgraded(IExchangeEvents events, int slot)
    {
        Reset(events);
        _streams.AddAt(slot, 1);
        _streams[slot].RequestEnded = true;
        _lastClientStream = 1;
    }

    /// <summary>Gives everything pooled back; what follows is ignored until the next reset.</summary>
    public void Release()
    {
        _events = null;
        _streams.Clear();
        _client.Release();
        _server.Release();
    }

    /// <summary>The next bytes that the client sent, in any portions.</summary>
    public void OnClientBytes(ReadOnlySpan<byte> bytes)
    {
        if (_events is null || _clientClosed)
            return;
        if (_prefaceLeft > 0)
        {
            var length = Math.Min(bytes.Length, _prefaceLeft);
            if (!Preface.Slice(Preface.Length - _prefaceLeft, length).SequenceEqual(bytes[..length]))
            {
                BecomeOpaque(OpaqueReason.MalformedRequest);
                return;
            }

            _prefaceLeft -= length;
            bytes = bytes[length..];
        }

        Read(_client, bytes, ofClient: true);
    }

    /// <summary>The next bytes that the server sent, in any portions.</summary>
    public void OnServerBytes(ReadOnlySpan<byte> bytes)
    {
        if (!_serverClosed)
            Read(_server, bytes, ofClient: false);
    }

    /// <summary>The client closed its sending half: streams whose answers are still due go on.</summary>
    public void OnClientClosed() => _clientClosed = true;

    /// <summary>The server closed its sending half: what isn't answered never will be.</summary>
    public void OnServerClosed()
    {
        _serverClosed = true;
        EndOpen(_clientClosed ? ExchangeEnd.ClientAborted : ExchangeEnd.UpstreamAborted);
    }

    /// <summary>Ends every open exchange that isn't answered.</summary>
    public void End(ExchangeEnd end)
    {
        if (end == ExchangeEnd.UpstreamReset && _clientClosed)
            end = ExchangeEnd.ClientAborted;
        EndOpen(end);
        Release();
    }

    private void Read(Direction direction, ReadOnlySpan<byte> bytes, bool ofClient)
    {
        while (_events is not null)
        {
            switch (direction.Frames.Read(ref bytes, _limits.MaxHeadBytes, out var payload))
            {
                case Http2Step.Data when direction.InBlock: BecomeOpaque(Malformed(ofClient)); return;
                case Http2Step.Data: OnData(direction, payload, ofClient); continue;
                case Http2Step.Frame: OnFrame(direction, payload, ofClient); continue;
                case Http2Step.Malformed: BecomeOpaque(Malformed(ofClient)); return;
                case Http2Step.TooLarge: BecomeOpaque(OpaqueReason.HeadTooLarge); return;
                default: return;
            }
        }
    }

    private void OnFrame(Direction direction, ReadOnlySpan<byte> payload, bool ofClient)
    {
        // Between a header block's frames there may be no other (RFC 9113 §6.10). Those that we skip are not looked at.
        var type = direction.Frames.Type;
        if (direction.InBlock != (type == Http2FrameType.Continuation))
        {
            BecomeOpaque(Malformed(ofClient));
            return;
        }

        switch (type)
        {
            case Http2FrameType.ResetStream: OnReset(direction.Frames.StreamId, Int32(payload), ofClient); return;
            case Http2FrameType.GoAway: OnGoAway(Int32(payload) & int.MaxValue, ofClient); return;
        }

        switch (direction.AddBlock(payload, _limits.MaxHeadBytes, out var block))
        {
            case BlockStep.Whole: OnBlock(direction, block, ofClient); direction.EndBlock(); break;
            case BlockStep.Malformed: BecomeOpaque(Malformed(ofClient)); break;
            case BlockStep.TooLarge: BecomeOpaque(OpaqueReason.HeadTooLarge); break;
        }
    }

    private void OnBlock(Direction direction, ReadOnlySpan<byte> block, bool ofClient)
    {
        var fields = t_block ??= new HeaderBlock();
        fields.Clear(_limits.MaxHeadBytes);
        if (!direction.Hpack.TryDecode(block, fields))
        {
            BecomeOpaque(OpaqueReason.HeaderCompression);
            return;
        }

        if (direction.IsPromise)
            return; // decoded to keep the table in step; no client of a model takes pushes
        var id = direction.BlockStream;
        var slot = _streams.Find(id);
        if (ofClient)
            OnRequestFields(id, slot, fields, direction.EndsStream);
        else if (slot >= 0)
            OnResponseFields(slot, fields, direction.EndsStream);
    }

    private static OpaqueReason Malformed(bool ofClient) => ofClient ? OpaqueReason.MalformedRequest : OpaqueReason.MalformedResponse;

    private static int Int32(ReadOnlySpan<byte> payload) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(payload);

    private void BecomeOpaque(OpaqueReason reason)
    {
        OpaqueReason = reason;
        var events = _events;
        EndOpen(ExchangeEnd.ConnectionOpaque);
        Release();
        events?.OnOpaque(reason);
    }

    private void EndOpen(ExchangeEnd end)
    {
        for (var slot = 0; slot < _streams.Capacity && _streams.Count > 0; slot++)
        {
            ref var stream = ref _streams[slot];
            if (stream.Id != 0)
                EndStream(slot, stream.ResponseEnded && end != ExchangeEnd.ConnectionOpaque ? ExchangeEnd.Complete : end);
        }
    }

    private void EndStream(int slot, ExchangeEnd end)
    {
        // A client that has all of the declared length need not wait for the end of the stream, which servers may send in a frame of its own.
        if (end is ExchangeEnd.ClientReset or ExchangeEnd.ClientAborted && _streams[slot] is { ResponseStarted: true, ResponseEnded: false, ResponseLeft: 0 })
        {
            _events!.OnResponseEnd(slot);
            end = ExchangeEnd.Complete;
        }

        _streams.Remove(slot);
        _events!.OnExchangeEnded(slot, end);
    }
}
