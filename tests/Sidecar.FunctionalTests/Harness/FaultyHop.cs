using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>A hop on the way that does to connections what bad networks and dying peers do.</summary>
internal sealed class FaultyHop : IAsyncDisposable
{
    private readonly RawServer _listener = new();
    private readonly IPEndPoint _next;
    private readonly int _portion;
    private readonly ConcurrentQueue<Link> _links = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    /// <param name="next">Where its connections lead.</param>
    /// <param name="portion">Bytes that it passes on at a time.</param>
    public FaultyHop(IPEndPoint next, int portion = int.MaxValue)
    {
        (_next, _portion) = (next, portion);
        _accepting = Task.Run(AcceptAsync);
    }

    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <summary>Resets every connection towards the near end, and closes it towards the far one.</summary>
    public Task ResetNearAsync() => ResetAsync(link => link.Near);

    /// <summary>Resets every connection towards the far end, and closes it towards the near one.</summary>
    public Task ResetFarAsync() => ResetAsync(link => link.Far);

    /// <summary>Closes the sending half of every connection towards the near end, in order; what still comes for it is lost, and the other way goes on.</summary>
    public void FinishNear() => _links.ToList().ForEach(link => link.Finish(link.Near));

    /// <summary>The same towards the far end.</summary>
    public void FinishFar() => _links.ToList().ForEach(link => link.Finish(link.Far));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await ResetAsync(link => link.Near);
        _stop.Dispose();
    }

    private async Task ResetAsync(Func<Link, Socket> which)
    {
        foreach (var link in _links)
        {
            // A socket with a read under way would be shut down first, and not reset.
            await link.Stop.CancelAsync();
            await link.Running;
            Reset(which(link));
            link.Near.Dispose();
            link.Far.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = (await _listener.AcceptAsync(_stop.Token)).Socket;
                var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await far.ConnectAsync(_next, _stop.Token);
                var link = new Link(near, far);
                link.Running = Task.WhenAll(PumpAsync(link, near, far), PumpAsync(link, far, near));
                _links.Enqueue(link);
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task PumpAsync(Link link, Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, SocketFlags.None, link.Stop.Token) is > 0 and var count)
            {
                for (var at = 0; at < count && !link.IsFinished(to);)
                    at += await to.SendAsync(buffer.AsMemory(at, Math.Min(_portion, count - at)), SocketFlags.None, link.Stop.Token);
            }

            link.Finish(to);
        }
        catch (SocketException) when (link.IsFinished(to))
        {
            // It was finished in the middle of a write.
        }
        catch (SocketException)
        {
            // One end is gone, and so is the other.
            Reset(to);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // It was gone already.
        }
    }

    private sealed class Link(Socket near, Socket far)
    {
        private volatile bool _nearFinished;
        private volatile bool _farFinished;

        public Socket Near => near;
        public Socket Far => far;
        public CancellationTokenSource Stop { get; } = new();
        public Task Running { get; set; } = Task.CompletedTask;

        public bool IsFinished(Socket towards) => towards == near ? _nearFinished : _farFinished;

        public void Finish(Socket towards)
        {
            if (towards == near)
                _nearFinished = true;
            else
                _farFinished = true;
            towards.Shutdown(SocketShutdown.Send);
        }
    }
}
