using System.Globalization;
using System.Net;
using System.Text;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.ConstantRate;

/// <summary>One HTTP/1.1 connection: one request at a time.</summary>
internal sealed class HttpRateClient(IPEndPoint target, BodyKind body, RequestTexts requests, RateLog log) : RateClient(target, log)
{
    private readonly byte[] _answer = new byte[64 * 1024];
    private byte[]? _request;
    private int _sent;
    private long _due;
    private int _received;
    private int _missing;
    private bool _good;

    public override bool IsFree => _request is null;

    public override bool HasUnsent => _request is not null && _sent < _request.Length;

    public override void Start(long due)
    {
        (_request, _sent, _due, _received, _missing) = (requests.Next(), 0, due, 0, -1);
        OnWritable();
    }

    public override void OnWritable()
    {
        while (HasUnsent && Send(_request.AsSpan(_sent)) is var sent and > 0)
            _sent += sent;
    }

    public override void OnReadable()
    {
        // The head is kept until it is whole; of the body only the bytes are counted.
        while (_request is not null && Receive(_missing < 0 ? _answer.AsSpan(_received) : _answer) is var count and > 0)
        {
            if (_missing >= 0)
            {
                _missing -= count;
            }
            else
            {
                _received += count;
                var end = _answer.AsSpan(0, _received).IndexOf("\r\n\r\n"u8);
                if (end < 0)
                    continue;
                var length = LengthOfBody(_answer.AsSpan(0, end));
                _good = length == body.Answer.Length && _answer.AsSpan().StartsWith("HTTP/1.1 200"u8);
                _missing = length - (_received - end - 4);
            }

            if (_missing > 0)
                continue;
            _request = null;
            if (_missing == 0 && _good)
                Log.Answered(_due);
            else
                Log.Failed(1, "another answer than the model server's");
        }
    }

    private static int LengthOfBody(ReadOnlySpan<byte> head)
    {
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            var colon = line.IndexOf((byte)':');
            if (colon > 0 && Ascii.EqualsIgnoreCase(line[..colon], "content-length"u8)
                && int.TryParse(line[(colon + 1)..], CultureInfo.InvariantCulture, out var length))
                return length;
        }

        return 0;
    }
}
