using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>
/// A TCP pass-through that takes down what it carries. One in front of the sidecar and one behind it tell whether a byte was altered on the way.
/// <para>
/// It reads each side to its end, also when the other side is gone, and ends the other side in order: a byte that one pass-through was given
/// then reaches the next one whatever the ends do, so two that carried the same talk hold the same bytes.
/// </para>
/// </summary>
internal sealed class PassThrough : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly EndPoint _target;
    private readonly bool _keep;
    private readonly List<PassedConnection> _connections = [];
    private readonly List<Task> _passing = [];
    private readonly Task _accepting;

    /// <param name="keepBytes">Keeps all bytes; else their number and SHA-256 only.</param>
    public PassThrough(EndPoint target, bool keepBytes = false)
    {
        (_target, _keep) = (target, keepBytes);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _accepting = Task.Run(AcceptAsync);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Changes what the server sent, for a test of those that must notice it.</summary>
    public Action<Memory<byte>>? Tamper { get; init; }

    /// <summary>The connections since the last call, in the order in which they were made; waits until all of them are over.</summary>
    public async Task<IReadOnlyList<PassedConnection>> TakeAsync()
    {
        await RelayUnderTest.UntilAsync(() => { lock (_connections) return _connections.TrueForAll(connection => connection.IsOver); }, "the connections end");
        lock (_connections)
        {
            PassedConnection[] taken = [.. _connections];
            _connections.Clear();
            _passing.Clear();
            return taken;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        Task[] passing;
        lock (_connections)
        {
            _connections.ForEach(connection => connection.Abort());
            passing = [.. _passing];
        }

        await Task.WhenAll(passing);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptAsync();
                var server = new Socket(_target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                client.NoDelay = true;
                await server.ConnectAsync(_target);
                lock (_connections)
                {
                    var connection = new PassedConnection(client, server, _keep, Tamper);
                    _connections.Add(connection);
                    _passing.Add(connection.PassAsync());
                }
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // Disposed. A target that does not listen shows in clients that get no answer.
        }
    }
}

/// <summary>What passed on one connection.</summary>
internal sealed class PassedConnection(Socket client, Socket server, bool keepBytes, Action<Memory<byte>>? tamper)
{
    private volatile bool _isOver;

    public PassedBytes FromClient { get; } = new(keepBytes);

    public PassedBytes FromServer { get; } = new(keepBytes);

    /// <summary>Nothing more is to come from either side.</summary>
    public bool IsOver => _isOver;

    public override string ToString() => $"client {FromClient} server {FromServer}";

    public async Task PassAsync()
    {
        await Task.WhenAll(PassAsync(client, server, FromClient, null), PassAsync(server, client, FromServer, tamper));
        Abort();
        _isOver = true;
    }

    public void Abort()
    {
        client.Dispose();
        server.Dispose();
    }

    private static async Task PassAsync(Socket from, Socket to, PassedBytes passed, Action<Memory<byte>>? tamper)
    {
        var buffer = new byte[64 * 1024];
        var taken = true;
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer.AsMemory())) > 0)
            {
                tamper?.Invoke(buffer.AsMemory(0, count));
                passed.Add(buffer.AsSpan(0, count));
                taken = taken && await TrySendAsync(to, buffer.AsMemory(0, count));
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // A reset is an end like another one: what came before it has passed.
        }

        try
        {
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
        }
    }

    private static async Task<bool> TrySendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
                bytes = bytes[await to.SendAsync(bytes)..];
            return true;
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}

/// <summary>The bytes of one direction.</summary>
internal sealed class PassedBytes(bool keep)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly MemoryStream? _bytes = keep ? new() : null;

    public long Length { get; private set; }

    /// <summary>All of them, a character a byte, where they are kept.</summary>
    public string Text => Encoding.Latin1.GetString(_bytes!.GetBuffer(), 0, (int)_bytes.Length);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        _hash.AppendData(bytes);
        _bytes?.Write(bytes);
    }

    public override string ToString() => $"{Length} {Convert.ToHexString(_hash.GetCurrentHash())}";
}
