using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>Reads HTTP/1.1 messages from a socket, as far as both ends of these tests need it. Not lenient, not fast, not the code under test.</summary>
internal sealed class WireReader(Socket socket)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>The next head, up to and without its empty line; null when the peer closes before one begins.</summary>
    /// <exception cref="IOException">The peer closed in the middle of a head.</exception>
    public async Task<WireHead?> ReadHeadAsync(CancellationToken cancellation)
    {
        var head = new StringBuilder();
        while (true)
        {
            while (_start < _end)
            {
                head.Append((char)_buffer[_start++]);
                if (head.Length >= 4 && head[^1] == '\n' && head[^2] == '\r' && head[^3] == '\n' && head[^4] == '\r')
                    return WireHead.Parse(head.ToString(0, head.Length - 4));
            }

            if (!await FillAsync(cancellation))
                return head.Length == 0 ? null : throw new IOException($"closed after {head.Length} bytes of a head");
        }
    }

    /// <summary>The body that belongs to a head.</summary>
    /// <param name="keep">False: it is read and forgotten, however long it is.</param>
    /// <exception cref="IOException">The peer closed before its end.</exception>
    public async Task<byte[]> ReadBodyAsync(WireHead head, bool keep, CancellationToken cancellation)
    {
        using var body = new MemoryStream();
        if (head.IsChunked)
        {
            while (int.Parse(await ReadLineAsync(cancellation), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
            {
                await CopyAsync(size, keep ? body : null, cancellation);
                await ReadLineAsync(cancellation);
            }

            await ReadLineAsync(cancellation);
        }
        else
        {
            await CopyAsync(head.ContentLength, keep ? body : null, cancellation);
        }

        return body.ToArray();
    }

    /// <summary>Everything up to the peer's close.</summary>
    /// <returns>What came, and whether the peer reset the connection rather than closing it in order.</returns>
    public async Task<(byte[] Bytes, bool Reset)> ReadToEndAsync(CancellationToken cancellation)
    {
        using var all = new MemoryStream();
        try
        {
            while (_start < _end || await FillAsync(cancellation))
            {
                all.Write(_buffer, _start, _end - _start);
                _start = _end;
            }
        }
        catch (SocketException)
        {
            return (all.ToArray(), true);
        }

        return (all.ToArray(), false);
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellation)
    {
        var line = new StringBuilder();
        while (line.Length < 2 || line[^1] != '\n' || line[^2] != '\r')
        {
            if (_start == _end && !await FillAsync(cancellation))
                throw new IOException("closed in a line of chunked framing");
            line.Append((char)_buffer[_start++]);
        }

        return line.ToString(0, line.Length - 2);
    }

    private async Task CopyAsync(long count, Stream? into, CancellationToken cancellation)
    {
        while (count > 0)
        {
            if (_start == _end && !await FillAsync(cancellation))
                throw new IOException($"closed {count} bytes before the end of a body");
            var piece = (int)Math.Min(count, _end - _start);
            into?.Write(_buffer, _start, piece);
            _start += piece;
            count -= piece;
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellation)
    {
        _start = 0;
        _end = await socket.ReceiveAsync(_buffer, SocketFlags.None, cancellation);
        return _end > 0;
    }
}

/// <summary>The head of a request or a response.</summary>
internal sealed record WireHead(string First, IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>A request's method.</summary>
    public string Method => First.Split(' ')[0];

    /// <summary>A request's target.</summary>
    public string Path => First.Split(' ')[1];

    /// <summary>A response's status.</summary>
    public int Status => int.Parse(First.Split(' ')[1], CultureInfo.InvariantCulture);

    public bool IsChunked => Fields.TryGetValue("transfer-encoding", out var coding) && coding == "chunked";

    public long ContentLength => Fields.TryGetValue("content-length", out var length) ? long.Parse(length, CultureInfo.InvariantCulture) : 0;

    public bool Closes => Fields.TryGetValue("connection", out var option) && option == "close";

    public static WireHead Parse(string head)
    {
        var lines = head.Split("\r\n");
        return new WireHead(lines[0], lines.Skip(1).Select(line => line.Split(':', 2))
            .ToDictionary(field => field[0].ToLowerInvariant(), field => field[1].Trim()));
    }
}
