using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>An upstream for crowds: takes every connection, reads what comes, forgets it, and says nothing unless told to.</summary>
internal sealed class SinkServer : IDisposable
{
    private static readonly byte[] Zeros = new byte[16 * 1024];
    private readonly RawServer _listener = new();
    private readonly CancellationTokenSource _stop = new();
    private long _received;
    private int _accepted;

    public SinkServer() => _ = AcceptAsync();

    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Bytes of all connections so far.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Connections so far, each with its answer decided.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>What connections made from now on are answered with, at their first bytes.</summary>
    public string? Answer { get; set; }

    /// <summary>After the answer, connections made from now on are sent zeros for as long as they take them.</summary>
    public bool Floods { get; set; }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync((await _listener.AcceptAsync(_stop.Token)).Socket);
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        var (answer, floods) = (Answer, Floods);
        Interlocked.Increment(ref _accepted);
        var buffer = new byte[512];
        try
        {
            while (await socket.ReceiveAsync(buffer, SocketFlags.None, _stop.Token) is > 0 and var count)
            {
                Interlocked.Add(ref _received, count);
                if (answer is not null)
                    await socket.SendAsync(Encoding.ASCII.GetBytes(answer), SocketFlags.None, _stop.Token);
                answer = null;
                while (floods)
                    await socket.SendAsync(Zeros, SocketFlags.None, _stop.Token);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The peer is gone, or the test is over.
        }
        finally
        {
            socket.Dispose();
        }
    }
}
