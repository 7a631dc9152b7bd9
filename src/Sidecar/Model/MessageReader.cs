using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Model;

/// <summary>How messages lie in a body.</summary>
public enum MessageFraming : byte
{
    /// <summary>The body is one.</summary>
    Whole,

    /// <summary>gRPC's: a flag, a length, the message.</summary>
    Grpc,

    /// <summary>Server-sent events.</summary>
    EventStream,
}

/// <summary>
/// Takes the messages out of a captured body, their codings undone: the body's own, and for gRPC that of each message. What it gave is valid until its next
/// call. Not thread-safe. Bounded by <paramref name="maxBytes"/> for each coding that is undone.
/// </summary>
public sealed class MessageReader(int maxBytes) : IDisposable
{
    private readonly ContentDecoder _body = new(maxBytes);
    private readonly ContentDecoder _message = new(maxBytes);
    private ReadOnlyMemory<byte> _rest;
    private ServerSentEvents _events;
    private MessageFraming _framing;
    private ContentCoding _messageCoding;
    private int _length;
    private bool _isCoded;

    /// <summary>Why there is nothing more though there should be; Decoded where all was read.</summary>
    public DecodingResult Problem { get; private set; }

    /// <summary>The body ends in the middle of a message.</summary>
    public bool EndsEarly { get; private set; }

    /// <summary>Where the last event of a stream ends in the body as it was on the wire; -1 where that can't be told.</summary>
    public long Position => _framing == MessageFraming.EventStream && !_isCoded ? _length - _events.Remaining : -1;

    /// <summary>Forgets the last body: there is none now.</summary>
    public void Close()
    {
        _rest = default;
        _events = default;
        _framing = MessageFraming.Grpc; // which an empty body holds no message of
        Problem = DecodingResult.Decoded;
        EndsEarly = false;
    }

    /// <summary>Begins with a body.</summary>
    /// <param name="messageCoding">How gRPC messages are coded that say that they are.</param>
    public void Open(ReadOnlyMemory<byte> body, ContentCoding coding, MessageFraming framing, ContentCoding messageCoding)
    {
        Close();
        Problem = _body.TryDecode(coding, body, out var plain);
        if (Problem != DecodingResult.Decoded)
            return;
        _framing = framing;
        _messageCoding = messageCoding;
        _rest = plain;
        _length = plain.Length;
        _isCoded = coding != ContentCoding.Identity;
        if (framing == MessageFraming.EventStream)
            _events = new ServerSentEvents(plain);
    }

    /// <summary>The next message; false: there is none, and <see cref="Problem"/> says whether that is right.</summary>
    public bool Next(out ReadOnlyMemory<byte> message)
    {
        message = default;
        if (Problem != DecodingResult.Decoded)
            return false;
        switch (_framing)
        {
            case MessageFraming.EventStream:
                return _events.Next(out message);
            case MessageFraming.Whole:
                message = _rest;
                _framing = MessageFraming.Grpc;
                _rest = default;
                return true;
        }

        var rest = _rest.Span;
        if (rest.IsEmpty)
            return false;
        if (!GrpcMessageReader.TryTake(ref rest, out var compressed, out var inner))
        {
            EndsEarly = rest[0] <= 1;
            Problem = DecodingResult.Malformed;
            return false;
        }

        var coded = _rest.Slice(GrpcMessageReader.PrefixBytes, inner.Length);
        _rest = _rest[(GrpcMessageReader.PrefixBytes + inner.Length)..];
        if (!compressed)
        {
            message = coded;
            return true;
        }

        Problem = _message.TryDecode(_messageCoding, coded, out message);
        return Problem == DecodingResult.Decoded;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _body.Dispose();
        _message.Dispose();
    }
}
