using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Relay.Tls;

/// <summary>
/// The listeners that speak TLS on at least one side: they accept, and each connection lives on the thread pool. Counters, taps, limits and
/// the way of ending are those of the other listeners.
/// </summary>
internal sealed partial class TlsRelay : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly IConnectionTapSource _taps;
    private readonly Lock[] _lanes;
    private readonly int _firstLane;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<TlsConnection, bool> _connections = new();
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _drain = new();
    private readonly List<(RelayListener Listener, TlsRoute Route)> _listeners = [];
    private readonly List<Task> _accepting = [];
    private readonly ITimer _timer;
    private int _next;
    private int _handshakeFailures;

    /// <param name="firstLane">The first of the tap pools that are for TLS alone; one for each of <paramref name="lanes"/>.</param>
    public TlsRelay(IConnectionTapSource taps, int firstLane, int lanes, RelaySettings settings, TimeProvider time, ILogger log)
    {
        _taps = taps;
        _firstLane = firstLane;
        _lanes = [.. Enumerable.Range(0, lanes).Select(_ => new Lock())];
        _log = log;
        Settings = settings;
        Time = time;
        _places = new SemaphoreSlim(settings.MaxConnections);
        _timer = time.CreateTimer(static state => ((TlsRelay)state!).CloseIdle(), this, LookEvery, LookEvery);
    }

    public RelaySettings Settings { get; }

    public TimeProvider Time { get; }

    /// <summary>Cancelled when nothing may go on.</summary>
    public CancellationToken Stopping => _stop.Token;

    public int OpenConnections => _connections.Count;

    /// <summary>When the certificates that clients see end, by listener.</summary>
    public IEnumerable<(string Listener, DateTimeOffset NotAfter)> Certificates =>
        _listeners.Where(pair => pair.Route.NotAfter is not null).Select(pair => (pair.Listener.Name, pair.Route.NotAfter!.Value));

    /// <summary>Begins to accept.</summary>
    public void Start(RelayListener listener, TlsRoute route, RelayCounters counters)
    {
        _listeners.Add((listener, route));
        _accepting.Add(Task.Run(() => AcceptAsync(listener, route, counters)));
    }

    /// <summary>Accept nothing more; close connections as they fall idle.</summary>
    public void Drain()
    {
        _drain.Cancel();
        CloseIdle();
    }

    /// <summary>Resets what is left.</summary>
    public void Stop()
    {
        _drain.Cancel();
        foreach (var connection in _connections.Keys)
            connection.End(ConnectionEnd.Shutdown, reset: true);
        _stop.Cancel();
    }

    public void Dispose()
    {
        Stop();
        _timer.Dispose();
        // What was reset ends by itself in a moment; its last words go into the books.
        SpinWait.SpinUntil(() => _connections.IsEmpty, TimeSpan.FromSeconds(5));
        foreach (var (_, route) in _listeners)
            route.Dispose();
        _places.Dispose();
        _stop.Dispose();
        _drain.Dispose();
    }

    public void HandshakeFailed(string listener, string who, Exception failure)
    {
        // The first few help whoever sets it up; the counter tells how often.
        if (Interlocked.Increment(ref _handshakeFailures) <= 10)
            Log.HandshakeFailed(_log, listener, who, failure.InnerException is { } inner ? $"{failure.Message} {inner.Message}" : failure.Message);
    }

    public void Failed(Exception failure) => Log.Failed(_log, failure);

    private static Socket NewSocket(EndPoint target, RelaySettings settings)
    {
        if (target is UnixDomainSocketEndPoint)
            return new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        Tune(socket, settings);
        return socket;
    }

    private static void Tune(Socket socket, RelaySettings settings)
    {
        Native.Libc.Tune((int)socket.SafeHandle.DangerousGetHandle());
        if (settings.SocketBuffers > 0)
            socket.SendBufferSize = socket.ReceiveBufferSize = settings.SocketBuffers;
    }

    private async Task AcceptAsync(RelayListener listener, TlsRoute route, RelayCounters counters)
    {
        var drained = _drain.Token;
        // The upstream's socket first: a client that is accepted and can't be connected would have to be reset; in the backlog it waits.
        Socket? upstream = null;
        try
        {
            while (true)
            {
                if (_places.CurrentCount == 0)
                    counters.ConnectionLimitReached(); // the system's backlog holds the others until one of ours closes
                await _places.WaitAsync(drained).ConfigureAwait(false);
                try
                {
                    upstream ??= NewSocket(route.Upstream, Settings);
                    var client = await listener.AcceptAsync(drained).ConfigureAwait(false);
                    Tune(client, Settings);
                    _ = RunAsync(client, upstream, listener, route, counters);
                    upstream = null;
                }
                catch (SocketException failure)
                {
                    _places.Release();
                    if (failure.SocketErrorCode != SocketError.TooManyOpenSockets)
                        continue; // that client was gone before it was accepted
                    counters.ConnectionLimitReached();
                    await Task.Delay(TimeSpan.FromMilliseconds(100), Time, drained).ConfigureAwait(false);
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
            // Draining.
        }
        finally
        {
            upstream?.Dispose();
        }
    }

    private async Task RunAsync(Socket client, Socket upstream, RelayListener listener, TlsRoute route, RelayCounters counters)
    {
        var lane = (int)((uint)Interlocked.Increment(ref _next) % (uint)_lanes.Length);
        counters.Opened();
        var connection = new TlsConnection(this, route, counters, client, upstream, new TapGate(_lanes[lane], _taps, _firstLane + lane, listener.Index));
        _connections.TryAdd(connection, true);
        if (_stop.IsCancellationRequested)
            connection.End(ConnectionEnd.Shutdown, reset: true);
        await connection.RunAsync().ConfigureAwait(false);
        _places.Release(); // first: who disposes of the places waits for the connections
        _connections.TryRemove(connection, out _);
    }

    private void CloseIdle()
    {
        var draining = _drain.IsCancellationRequested;
        if (!draining && Settings.IdleTimeout == TimeSpan.Zero)
            return;
        var now = Time.GetTimestamp();
        foreach (var connection in _connections.Keys)
        {
            if (connection.IsBusy)
                continue;
            if (draining)
                _ = connection.CloseInOrderAsync(ConnectionEnd.Shutdown);
            else if (Time.GetElapsedTime(connection.LastActive, now) >= Settings.IdleTimeout)
                _ = connection.CloseInOrderAsync(ConnectionEnd.IdleTimeout);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.TlsHandshakeFailed, LogLevel.Warning, "{Listener}: the TLS handshake with {Who} failed: {Problem} (the first ten are logged, all are counted)")]
        public static partial void HandshakeFailed(ILogger logger, string listener, string who, string problem);

        [LoggerMessage(EventIds.TlsConnectionFailed, LogLevel.Error, "a TLS connection failed in a way that is a bug of the sidecar; it was reset")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
