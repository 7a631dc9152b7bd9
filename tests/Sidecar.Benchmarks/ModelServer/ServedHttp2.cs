using System.Buffers.Binary;
using System.Net.Sockets;
using Sidecar.Benchmarks.Http2;

namespace Sidecar.Benchmarks.ModelServer;

/// <summary>
/// One connection of HTTP/2: every stream that the client ends gets the same answer. Request heads are not decoded, so HPACK needs no state here.
/// </summary>
internal sealed class ServedHttp2(Socket client, ModelAnswers answers)
{
    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(128 * 1024, pinned: true);
    private readonly Queue<int> _unanswered = new();
    private byte[] _output = GC.AllocateUninitializedArray<byte>(16 * 1024, pinned: true);
    private int _outputLength;
    private int _window = Http2Frame.InitialWindow;
    private ReceivedBytes _received;

    /// <param name="start">What was read so far: the preface, or its beginning, and perhaps more.</param>
    public async Task RunAsync(ReadOnlyMemory<byte> start)
    {
        start.CopyTo(_input);
        var filled = start.Length;
        while (filled < Http2Frame.Preface.Length)
        {
            var received = await client.ReceiveAsync(_input.AsMemory(filled));
            if (received == 0)
                return;
            filled += received;
        }

        Write(Http2Frame.WideOpen);
        for (var read = Http2Frame.Preface.Length; ;)
        {
            read += TakeFrames(_input.AsSpan(read, filled - read));
            _input.AsSpan(read, filled - read).CopyTo(_input);
            filled -= read;
            read = 0;

            AnswerWhatFits();
            for (var sent = 0; sent < _outputLength;)
                sent += await client.SendAsync(_output.AsMemory(sent, _outputLength - sent));
            _outputLength = 0;

            var received = await client.ReceiveAsync(_input.AsMemory(filled));
            if (received == 0)
                return;
            filled += received;
        }
    }

    /// <returns>Bytes of whole frames.</returns>
    private int TakeFrames(ReadOnlySpan<byte> bytes)
    {
        var read = 0;
        while (bytes.Length - read >= Http2Frame.HeaderLength)
        {
            var frame = Http2Frame.Read(bytes[read..]);
            var end = read + Http2Frame.HeaderLength + frame.Length;
            if (end > bytes.Length)
                break;
            Take(frame, bytes[(read + Http2Frame.HeaderLength)..end]);
            read = end;
        }

        return read;
    }

    private void Take(Http2Frame frame, ReadOnlySpan<byte> payload)
    {
        switch (frame.Type)
        {
            case Http2Frame.Data:
                Write(_received.Take(frame.Length));
                break;
            case Http2Frame.Settings when !frame.IsAck:
                Write(Http2Frame.SettingsAck);
                break;
            case Http2Frame.Ping when !frame.IsAck:
                Write(Http2Frame.Bytes(Http2Frame.Ping, Http2Frame.Ack, 0, payload));
                break;
            case Http2Frame.WindowUpdate when frame.Stream == 0:
                // A stream's window is never short: an answer is smaller than what every stream begins with.
                _window += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
        }

        if (frame.EndsStream)
            _unanswered.Enqueue(frame.Stream);
    }

    private void AnswerWhatFits()
    {
        while (_unanswered.Count > 0 && _window >= answers.GrpcDataLength)
        {
            var stream = _unanswered.Dequeue();
            var at = _outputLength;
            Write(answers.Grpc);
            Http2Frame.SetStream(_output.AsSpan(at), answers.GrpcFrameStarts, stream);
            _window -= answers.GrpcDataLength;
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        if (_output.Length - _outputLength < bytes.Length)
            Array.Resize(ref _output, Math.Max(2 * _output.Length, _outputLength + bytes.Length));
        bytes.CopyTo(_output.AsSpan(_outputLength));
        _outputLength += bytes.Length;
    }
}
