using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>A TCP connection driven byte by byte, for either end; whatever takes longer than the patience throws.</summary>
internal sealed class RawConnection(Socket socket) : IDisposable
{
    private readonly RecordedConnection _stream = new(new NetworkStream(socket, ownsSocket: true));
    private readonly List<byte> _ahead = [];

    public Socket Socket { get; } = socket;

    /// <summary>All bytes both ways so far.</summary>
    public RecordedConnection Transcript => _stream;

    public static async Task<RawConnection> ConnectAsync(EndPoint server, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
            socket.ReceiveBufferSize = receiveBuffer;
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        await socket.ConnectAsync(server, patience.Token);
        return new RawConnection(socket);
    }

    public Task SendAsync(string latin1) => SendAsync(Encoding.Latin1.GetBytes(latin1));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        await _stream.WriteAsync(bytes, patience.Token);
    }

    /// <summary>Sends until nothing more is taken: the peer does not read, and all buffers on the way are full.</summary>
    /// <returns>How many bytes were taken.</returns>
    public async Task<long> SendUntilFullAsync()
    {
        var piece = new byte[64 * 1024];
        long taken = 0;
        while (true)
        {
            // Bytes move on from buffer to buffer for a while; half a second of standing still is taken for the end of that.
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            try
            {
                taken += await Socket.SendAsync(piece, SocketFlags.None, patience.Token);
            }
            catch (OperationCanceledException)
            {
                return taken;
            }
        }
    }

    /// <summary>Sends a body as its case frames it; chunks of uneven lengths.</summary>
    public async Task SendBodyAsync(HttpCase request)
    {
        var body = request.Body;
        if (request.Framing == BodyFraming.ContentLength)
            await SendAsync(body);
        if (request.Framing != BodyFraming.Chunked)
            return;
        var sizes = new Random(request.BodyLength);
        for (var at = 0; at < body.Length;)
        {
            var length = Math.Min(body.Length - at, sizes.Next(1, 3000));
            await SendAsync(Encoding.ASCII.GetBytes(length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"));
            await SendAsync(body.AsMemory(at, length));
            await SendAsync("\r\n");
            at += length;
        }

        await SendAsync("0\r\n\r\n");
    }

    /// <summary>What comes next, as much as one read gives; nothing at the peer's end, however it ended.</summary>
    public async Task<byte[]> ReceiveSomeAsync()
    {
        try
        {
            if (_ahead.Count == 0)
                await FillAsync();
        }
        catch (IOException failure) when (failure.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
        }

        return Take(_ahead.Count);
    }

    /// <summary>The next bytes, as many as asked for.</summary>
    public async Task<byte[]> ReceiveAsync(int count)
    {
        while (_ahead.Count < count)
        {
            if (await FillAsync() == 0)
                throw new EndOfStreamException($"the peer closed after {_ahead.Count} of {count} bytes");
        }

        return Take(count);
    }

    /// <summary>Everything up to and including a mark.</summary>
    public async Task<string> ReceiveThroughAsync(string mark)
    {
        int at;
        while ((at = Encoding.Latin1.GetString([.. _ahead]).IndexOf(mark, StringComparison.Ordinal)) < 0)
        {
            if (await FillAsync() == 0)
                throw new EndOfStreamException($"the peer closed before {mark}");
        }

        return Encoding.Latin1.GetString(Take(at + mark.Length));
    }

    /// <summary>Everything up to the peer's orderly end.</summary>
    public async Task<byte[]> ReceiveToEndAsync()
    {
        while (await FillAsync() > 0)
        {
        }

        return Take(_ahead.Count);
    }

    /// <summary>Reads on until the peer's end; says whether that was a reset (true) or an orderly close (false), and what came before.</summary>
    public async Task<(byte[] Bytes, bool Reset)> ReceiveToAnyEndAsync()
    {
        try
        {
            return (await ReceiveToEndAsync(), false);
        }
        catch (IOException failure) when (failure.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return (Take(_ahead.Count), true);
        }
    }

    /// <summary>One whole response, by its own framing: interim ones are passed over.</summary>
    /// <returns>Head and decoded body.</returns>
    public async Task<(string Head, byte[] Body)> ReceiveResponseAsync(bool headOnly = false)
    {
        string head;
        do
            head = await ReceiveThroughAsync("\r\n\r\n");
        while (head.StartsWith("HTTP/1.1 1", StringComparison.Ordinal));

        var status = head.Substring(9, 3);
        if (headOnly || status is "204" or "304")
            return (head, []);
        if (HeaderOf(head, "Transfer-Encoding") == "chunked")
            return (head, await ReceiveChunksAsync());
        return HeaderOf(head, "Content-Length") is { } length
            ? (head, await ReceiveAsync(int.Parse(length, CultureInfo.InvariantCulture)))
            : (head, await ReceiveToEndAsync());
    }

    /// <summary>The value of a header; null where it is missing.</summary>
    public static string? HeaderOf(string head, string name) => head.Split("\r\n")
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    /// <summary>No more bytes from here; the other way stays open.</summary>
    public void CloseSending() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Close();
    }

    public void Dispose() => _stream.Dispose();

    private async Task<byte[]> ReceiveChunksAsync()
    {
        var body = new List<byte>();
        while (true)
        {
            var line = await ReceiveThroughAsync("\r\n");
            var length = int.Parse(line.AsSpan().TrimEnd(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (length == 0)
                break;
            body.AddRange(await ReceiveAsync(length));
            await ReceiveAsync(2);
        }

        while (await ReceiveThroughAsync("\r\n") != "\r\n")
        {
        }

        return [.. body];
    }

    private async Task<int> FillAsync()
    {
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        var buffer = new byte[16 * 1024];
        var count = await _stream.ReadAsync(buffer, patience.Token);
        _ahead.AddRange(buffer.AsSpan(0, count));
        return count;
    }

    private byte[] Take(int count)
    {
        var bytes = _ahead.GetRange(0, count).ToArray();
        _ahead.RemoveRange(0, count);
        return bytes;
    }
}
