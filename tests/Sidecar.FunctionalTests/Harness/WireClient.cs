using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>A client that sends exactly the bytes it is given.</summary>
internal sealed class WireClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly WireReader _reader;

    private WireClient() => _reader = new WireReader(_socket);

    /// <summary>Held against what a client saw elsewhere: all bytes that came, and how the connection ended.</summary>
    public readonly record struct Seen(string Bytes, bool Reset);

    public static async Task<WireClient> ConnectAsync(IPEndPoint server)
    {
        var client = new WireClient();
        using var patience = Patience();
        await client._socket.ConnectAsync(server, patience.Token);
        return client;
    }

    /// <summary>As <see cref="ConnectAsync"/>; null when the connection is reset before this end has noticed that it was made.</summary>
    public static async Task<WireClient?> TryConnectAsync(IPEndPoint server)
    {
        try
        {
            return await ConnectAsync(server);
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionReset)
        {
            return null;
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = Patience();
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None, patience.Token)..];
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>The next whole response.</summary>
    public async Task<(WireHead Head, string Body)> ReadAsync()
    {
        using var patience = Patience();
        var head = await _reader.ReadHeadAsync(patience.Token) ?? throw new IOException("closed before a response");
        return (head, Encoding.UTF8.GetString(await _reader.ReadBodyAsync(head, keep: true, patience.Token)));
    }

    /// <summary>Sends a request and reads its response.</summary>
    public async Task<(WireHead Head, string Body)> AskAsync(ReadOnlyMemory<byte> request)
    {
        await SendAsync(request);
        return await ReadAsync();
    }

    /// <summary>Says that no more will be sent.</summary>
    public void Finish() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>Everything up to the server's close.</summary>
    public async Task<Seen> ReadToEndAsync()
    {
        using var patience = Patience();
        var (bytes, reset) = await _reader.ReadToEndAsync(patience.Token);
        return new Seen(Encoding.UTF8.GetString(bytes), reset);
    }

    public void Dispose() => _socket.Dispose();

    // For each step: how many of them a test has is its own affair.
    private static CancellationTokenSource Patience() => new(RelayUnderTest.Patience);
}
