using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Sidecar.Benchmarks.Bodies;
using Sidecar.Benchmarks.Http2;

namespace Sidecar.Benchmarks.ConstantRate;

/// <summary>
/// One HTTP/2 connection with as many calls at a time as the other end allows, one sent after the other. Answers' heads are not decoded: a call
/// has succeeded when its stream ends with the bytes of the answer received (a failed one ends without them).
/// </summary>
internal sealed class GrpcRateClient : RateClient
{
    // Streams are told apart by their number modulo this; more are never open at a time.
    private const int MaxOpen = 1024;

    private readonly BodyKind _body;
    private readonly byte[] _head;
    private readonly Call[] _calls = new Call[MaxOpen];
    private readonly byte[] _input = new byte[128 * 1024];
    private byte[] _output = new byte[64 * 1024];
    private int _filled;
    private int _outputStart;
    private int _outputLength;
    private int _nextStream = 1;
    private int _open;
    private int _allowed = 100;
    private long _window = Http2Frame.InitialWindow;
    private long _streamWindow;
    private long _firstStreamWindow = Http2Frame.InitialWindow;
    private int _sending;
    private int _bodySent;
    private ReceivedBytes _received;

    public GrpcRateClient(IPEndPoint target, BodyKind body, RateLog log)
        : base(target, log)
    {
        _body = body;
        // Of the static table: 3 is :method POST, 6 is :scheme http, names 4 :path, 1 :authority, 31 content-type.
        _head =
        [
            0x83, 0x86, .. Http2Frame.Field(4, ":path", BodyKind.GrpcPath), .. Http2Frame.Field(1, ":authority", "127.0.0.1"),
            .. Http2Frame.Field(0, "te", "trailers"), .. Http2Frame.Field(31, "content-type", "application/grpc"),
        ];
        Write(Http2Frame.Preface);
        Write(Http2Frame.WideOpen);
        Flush();
    }

    /// <summary>The call before is sent to its end first: only then it is known what the next one may send.</summary>
    public override bool IsFree => _sending == 0 && _open < _allowed;

    public override bool HasUnsent => _outputLength > 0;

    public override void Start(long due)
    {
        _sending = _nextStream;
        _nextStream += 2;
        _open++;
        _bodySent = 0;
        _streamWindow = _firstStreamWindow;
        _calls[Slot(_sending)] = new Call { Due = due };
        WriteFrame(Http2Frame.Headers, Http2Frame.EndHeaders, _sending, _head);
        WriteBody();
        Flush();
    }

    public override void OnWritable()
    {
        Flush();
        WriteBody();
        Flush();
    }

    public override void OnReadable()
    {
        while (Receive(_input.AsSpan(_filled)) is var count and > 0)
        {
            _filled += count;
            var read = 0;
            while (_filled - read >= Http2Frame.HeaderLength)
            {
                var frame = Http2Frame.Read(_input.AsSpan(read));
                var end = read + Http2Frame.HeaderLength + frame.Length;
                if (end > _filled)
                    break;
                Take(frame, _input.AsSpan((read + Http2Frame.HeaderLength)..end));
                read = end;
            }

            _input.AsSpan(read, _filled - read).CopyTo(_input);
            _filled -= read;
        }

        OnWritable();
    }

    private static int Slot(int stream) => (stream >> 1) % MaxOpen;

    private void Take(Http2Frame frame, ReadOnlySpan<byte> payload)
    {
        switch (frame.Type)
        {
            case Http2Frame.Data:
                _calls[Slot(frame.Stream)].Received += frame.Length;
                Write(_received.Take(frame.Length));
                break;
            case Http2Frame.Settings when !frame.IsAck:
                TakeSettings(payload);
                break;
            case Http2Frame.Ping when !frame.IsAck:
                WriteFrame(Http2Frame.Ping, Http2Frame.Ack, 0, payload);
                break;
            case Http2Frame.WindowUpdate when frame.Stream == 0:
                _window += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case Http2Frame.WindowUpdate when frame.Stream == _sending:
                _streamWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case Http2Frame.ResetStream:
                _sending = frame.Stream == _sending ? 0 : _sending;
                _open--;
                Log.Failed(1, $"a stream was reset with code {BinaryPrimitives.ReadInt32BigEndian(payload)}");
                break;
            case Http2Frame.GoAway:
                throw new SocketException((int)SocketError.Disconnecting);
        }

        if (!frame.EndsStream)
            return;
        var call = _calls[Slot(frame.Stream)];
        _open--;
        if (call.Received == _body.Answer.Length)
            Log.Answered(call.Due);
        else
            Log.Failed(1, "another answer than the model server's");
    }

    private void TakeSettings(ReadOnlySpan<byte> settings)
    {
        for (; settings.Length >= 6; settings = settings[6..])
        {
            var value = BinaryPrimitives.ReadUInt32BigEndian(settings[2..]);
            switch (BinaryPrimitives.ReadUInt16BigEndian(settings))
            {
                case Http2Frame.SettingInitialWindow:
                    // A change reaches streams that are open, too (RFC 9113, 6.9.2).
                    _streamWindow += value - _firstStreamWindow;
                    _firstStreamWindow = value;
                    break;
                case Http2Frame.SettingMaxConcurrentStreams:
                    _allowed = (int)Math.Min(value, MaxOpen);
                    break;
            }
        }

        Write(Http2Frame.SettingsAck);
    }

    /// <summary>As much of the request's body as the windows allow.</summary>
    private void WriteBody()
    {
        while (_sending != 0)
        {
            var length = (int)Math.Min(Math.Min(_window, _streamWindow), Math.Min(Http2Frame.MaxPayload, _body.SampleRequest.Length - _bodySent));
            if (length <= 0)
                return;
            var ends = _bodySent + length == _body.SampleRequest.Length;
            WriteFrame(Http2Frame.Data, ends ? Http2Frame.EndStream : (byte)0, _sending, _body.SampleRequest.AsSpan(_bodySent, length));
            _bodySent += length;
            _window -= length;
            _streamWindow -= length;
            _sending = ends ? 0 : _sending;
        }
    }

    private void WriteFrame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        Span<byte> header = stackalloc byte[Http2Frame.HeaderLength];
        Http2Frame.Write(header, payload.Length, type, flags, stream);
        Write(header);
        Write(payload);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (_outputStart + _outputLength + bytes.Length > _output.Length)
        {
            _output.AsSpan(_outputStart, _outputLength).CopyTo(_output);
            _outputStart = 0;
            if (_outputLength + bytes.Length > _output.Length)
                Array.Resize(ref _output, 2 * (_outputLength + bytes.Length));
        }

        bytes.CopyTo(_output.AsSpan(_outputStart + _outputLength));
        _outputLength += bytes.Length;
    }

    private void Flush()
    {
        while (_outputLength > 0 && Send(_output.AsSpan(_outputStart, _outputLength)) is var sent and > 0)
        {
            _outputStart += sent;
            _outputLength -= sent;
        }

        if (_outputLength == 0)
            _outputStart = 0;
    }

    private struct Call
    {
        public long Due;
        public int Received;
    }
}
