using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>
/// A model server on raw sockets that does with each request what its test says: answers V2, hangs, resets, answers too early, sends wrong lengths.
/// Without a script it is a good one: every inference gets the same answer, every other request an empty 200, and metadata a 404 unless
/// <see cref="Metadata"/> is set.
/// </summary>
internal sealed class FakeModelServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private Task _accepting = Task.CompletedTask;

    /// <param name="listening">False: the port is held and connections to it are refused until <see cref="Listen"/>.</param>
    public FakeModelServer(bool listening = true)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        if (listening)
            Listen();
    }

    public IPEndPoint EndPoint { get; }

    public int Port => EndPoint.Port;

    /// <summary>What to do with a request whose head was read; null, or a task that ends with false: as a good server does.</summary>
    public Func<FakeExchange, Task<bool>>? Script { get; set; }

    /// <summary>The body of the answer to each request for a model's metadata; null for 404.</summary>
    public string? Metadata { get; set; }

    /// <summary>The body of the answer to each inference.</summary>
    public string Answer { get; set; } = V2.Answer();

    /// <summary>The first lines of all requests so far.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Bytes of all bodies read so far.</summary>
    public long BodyBytes;

    /// <summary>Accepts connections from now on.</summary>
    public void Listen()
    {
        _listener.Listen(512);
        _accepting = Task.Run(AcceptAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        foreach (var socket in _connections.Keys)
            socket.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Values);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                socket.NoDelay = true;
                _connections[socket] = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            var reader = new WireReader(socket);
            while (await reader.ReadHeadAsync(_stop.Token) is { } head)
            {
                Requests.Enqueue(head.First);
                var exchange = new FakeExchange(this, socket, reader, head, _stop.Token);
                if (Script is null || !await Script(exchange))
                    await ServeWellAsync(exchange);
                if (exchange.IsOver || head.Closes)
                    break;
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer is gone, or the test is over.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private async Task ServeWellAsync(FakeExchange exchange)
    {
        await exchange.ReadBodyAsync();
        if (exchange.Head.Path.EndsWith("/infer", StringComparison.Ordinal))
            await exchange.AnswerAsync(200, Answer);
        else if (exchange.IsMetadata)
            await exchange.AnswerAsync(Metadata is null ? 404 : 200, Metadata ?? "{}");
        else
            await exchange.AnswerAsync(200, "");
    }
}

/// <summary>One request at the fake server.</summary>
internal sealed class FakeExchange(FakeModelServer server, Socket socket, WireReader reader, WireHead head, CancellationToken stop)
{
    public WireHead Head => head;

    public bool IsInference => head.Path.EndsWith("/infer", StringComparison.Ordinal);

    /// <summary>GET of a model's metadata.</summary>
    public bool IsMetadata => head.Method == "GET" && head.Path.StartsWith("/v2/models/", StringComparison.Ordinal);

    /// <summary>The connection was ended by the script.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Reads the body to its end and counts its bytes; a large one is not kept.</summary>
    public async Task<byte[]> ReadBodyAsync()
    {
        if (head.Fields.TryGetValue("expect", out var expected) && expected == "100-continue")
            await SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
        var body = await reader.ReadBodyAsync(head, keep: head.ContentLength < 1 << 20, stop);
        Interlocked.Add(ref server.BodyBytes, head.IsChunked ? body.Length : head.ContentLength);
        return body;
    }

    /// <summary>Sends a whole answer with a right length.</summary>
    public Task AnswerAsync(int status, string body, string fields = "Content-Type: application/json\r\n") =>
        SendAsync($"HTTP/1.1 {status} X\r\n{fields}Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(string raw)
    {
        ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(raw);
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, stop)..];
    }

    /// <summary>Ends the connection in order.</summary>
    public void Close()
    {
        IsOver = true;
        socket.Shutdown(SocketShutdown.Both);
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        IsOver = true;
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }
}
