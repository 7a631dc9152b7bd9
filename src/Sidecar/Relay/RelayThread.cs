using System.Runtime.InteropServices;
using Sidecar.Model;
using Sidecar.Relay.Native;

namespace Sidecar.Relay;

/// <summary>
/// An event loop that owns its connections alone: accepts, dials, reads, writes, and only then shows the bytes to the
/// tap. Nothing else ever runs on this thread, so nothing else can stop it.
/// </summary>
/// <remarks>
/// All readiness is edge-triggered and registered once per socket. One read buffer serves every connection, so an idle
/// connection holds no buffer at all; only bytes that a slow destination would not take are copied, mostly at most
/// <see cref="BufferSize"/> a direction, and then the source is not read further (TCP's own back-pressure).
/// </remarks>
internal sealed unsafe partial class RelayThread : IDisposable
{
    /// <summary>What is read at once: enough for most messages whole, and the copy of a blocked direction stays small.</summary>
    public const int BufferSize = 64 * 1024;

    /// <summary>What is read at once from a source that fills the other again and again: a large body costs a quarter of the calls.</summary>
    public const int BulkBufferSize = 256 * 1024;

    // Blocked directions that may hold so much: 8 MiB a thread. With that many nobody is read in bulk.
    private const int MostBulkPending = 32;

    // A busy sender gets this many reads before the others have their turn.
    private const int ReadsPerTurn = 16;

    private const ulong ListenerKey = 1UL << 63;
    private readonly Epoll _epoll = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BulkBufferSize, pinned: true);
    private readonly byte* _read;
    private readonly RelayListener[] _listeners;
    private readonly int[] _upstreams; // the next connection's socket to the upstream, one for each listener; -1 where there is none yet
    private readonly RelayCounters[] _counters;
    private readonly IConnectionTapSource _taps;
    private readonly TimeProvider _time;
    private readonly int _index;
    private readonly RelaySettings _settings;
    private readonly int _maxConnections;
    private readonly List<RelayConnection> _connections = [];
    private readonly Stack<RelayConnection> _free = new();
    private readonly Stack<byte[]> _spare = new();
    private readonly Stack<byte[]> _bulkSpare = new();
    private readonly Queue<RelayConnection> _again = new();
    private readonly Thread _thread;
    private long _heartbeat;
    private long _acceptAgainAt;
    private long _sweptAt;
    private int _open;
    private int _bulkPending;
    private bool _accepting = true;
    private volatile Phase _phase = Phase.Running;

    private enum Phase : byte { Running, Draining, Stopping }

    public RelayThread(int index, RelayListener[] listeners, RelayCounters[] counters, IConnectionTapSource taps, TimeProvider time, RelaySettings settings, int maxConnections)
    {
        _index = index;
        _listeners = listeners;
        _upstreams = [.. listeners.Select(_ => -1)];
        _counters = counters;
        _taps = taps;
        _time = time;
        _settings = settings;
        _maxConnections = maxConnections;
        _read = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0);
        _heartbeat = time.GetTimestamp();
        _thread = new Thread(Run) { Name = $"relay-{index}", IsBackground = true };
        Listen(true);
        _thread.Start();
    }

    /// <summary>When the loop last came round (a timestamp of the TimeProvider): what liveness is judged by.</summary>
    public long Heartbeat => Volatile.Read(ref _heartbeat);

    public int OpenConnections => Volatile.Read(ref _open);

    /// <summary>Accept nothing more; close connections as they fall idle; the loop ends with the last one.</summary>
    public void Drain() => Enter(Phase.Draining);

    /// <summary>Reset what is left and end.</summary>
    public void Stop() => Enter(Phase.Stopping);

    /// <summary>Waits for the loop's end.</summary>
    public bool Join(TimeSpan patience) => _thread.Join(patience);

    public void Dispose()
    {
        Stop();
        _thread.Join();
        _epoll.Dispose();
    }

    private void Enter(Phase phase)
    {
        if (phase > _phase)
            _phase = phase;
        _epoll.Wake();
    }

    private void Run()
    {
        while (_phase != Phase.Stopping && !(_phase == Phase.Draining && _open == 0))
        {
            // A second at most, so that the heartbeat of an idle thread stays fresh.
            var events = _epoll.Wait(_again.Count > 0 ? 0 : _phase == Phase.Draining || !_accepting ? 50 : 1000);
            Volatile.Write(ref _heartbeat, _time.GetTimestamp());
            for (var i = 0; i < events; i++)
            {
                var (ready, key) = _epoll[i];
                if (key == Epoll.WakeKey)
                    _epoll.TakeWake();
                else if ((key & ListenerKey) != 0)
                    Accept((int)(key & 0xFFFF));
                else
                    OnReady(ready, key);
            }

            for (var turns = _again.Count; turns > 0; turns--)
                Resume(_again.Dequeue());

            if (_phase == Phase.Draining)
                CloseIdle();
            else if (!_accepting && _open < _maxConnections && _heartbeat >= _acceptAgainAt)
                Listen(true);
            if (_settings.IdleTimeout > TimeSpan.Zero)
                CloseIdleSince(_heartbeat);
        }

        Listen(false);
        foreach (var connection in _connections)
        {
            if (connection.Open)
                End(connection, ConnectionEnd.Shutdown, reset: true);
        }

        foreach (var upstream in _upstreams.Where(upstream => upstream >= 0))
            _ = Libc.Close(upstream);
    }

    private void Listen(bool accept)
    {
        if (!accept)
        {
            foreach (var listener in _listeners)
                _epoll.Remove(listener.Descriptor);
        }
        else
        {
            for (var i = 0; i < _listeners.Length; i++)
                _epoll.Add(_listeners[i].Descriptor, Libc.EPOLLIN | Libc.EPOLLEXCLUSIVE, ListenerKey | (uint)i);
        }

        _accepting = accept;
    }

    private void Accept(int number)
    {
        var listener = _listeners[number];
        for (var i = 0; i < 16; i++)
        {
            if (_open >= _maxConnections)
            {
                // The system's backlog holds the others until one of ours closes.
                _counters[listener.Index].ConnectionLimitReached();
                Listen(false);
                return;
            }

            // The upstream's socket first: a client that is accepted and can't be connected would have to be reset; in the backlog it waits.
            ref var upstream = ref _upstreams[number];
            if (upstream < 0)
                upstream = Libc.Socket(listener.UpstreamFamily, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
            var client = upstream < 0 ? -1 : Libc.Accept(listener.Descriptor, 0, 0, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
            if (client < 0)
            {
                if (Marshal.GetLastPInvokeError() is Libc.EMFILE or Libc.ENFILE or Libc.ENOBUFS or Libc.ENOMEM)
                {
                    _counters[listener.Index].ConnectionLimitReached();
                    Listen(false); // level-triggered: it would wake us again at once
                    _acceptAgainAt = _heartbeat + (_time.TimestampFrequency / 10);
                }

                return;
            }

            Libc.Tune(client);
            Dial(listener, client, upstream);
            upstream = -1;
        }

        // Full: what waits must wake another thread.
        if (_open >= _maxConnections)
        {
            _counters[listener.Index].ConnectionLimitReached();
            Listen(false);
        }
    }

    private void Dial(RelayListener listener, int client, int upstream)
    {
        var connection = Rent();
        connection.Client = client;
        connection.Listener = listener.Index;
        connection.Tap = OpenTap(listener.Index);
        connection.Connecting = true;
        connection.Open = true;
        connection.LastActive = _heartbeat;
        _open++;
        _counters[listener.Index].Opened();

        connection.Upstream = upstream;
        if (listener.UpstreamFamily != Libc.AF_UNIX)
            Libc.Tune(connection.Upstream);
        if (_settings.SocketBuffers > 0)
        {
            Libc.Set(connection.Upstream, Libc.SOL_SOCKET, Libc.SO_SNDBUF, _settings.SocketBuffers);
            Libc.Set(connection.Upstream, Libc.SOL_SOCKET, Libc.SO_RCVBUF, _settings.SocketBuffers);
        }

        int result;
        fixed (byte* address = listener.UpstreamAddress)
            result = Libc.Connect(connection.Upstream, address, listener.UpstreamAddress.Length);
        if (result < 0 && Marshal.GetLastPInvokeError() is not (Libc.EINPROGRESS or Libc.EINTR))
        {
            End(connection, ConnectionEnd.UpstreamRefused, reset: true);
            return;
        }

        const uint interest = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET;
        if (!_epoll.Add(connection.Upstream, interest, connection.Key(upstream: true))
            || !_epoll.Add(client, interest, connection.Key(upstream: false)))
            End(connection, ConnectionEnd.OutOfSockets, reset: true);
    }

    private void OnReady(uint ready, ulong key)
    {
        var slot = (int)((uint)key >> 1);
        var connection = _connections[slot];
        if (!connection.Open || connection.Generation != (uint)(key >> 32))
            return; // closed earlier in this batch
        var fromUpstream = (key & 1) != 0;

        if (connection.Connecting && fromUpstream)
        {
            if ((ready & (Libc.EPOLLOUT | Libc.EPOLLERR | Libc.EPOLLHUP)) == 0)
                return;
            var error = Libc.TakeError(connection.Upstream);
            if (error is not (0 or Libc.ECONNRESET or Libc.EPIPE))
            {
                End(connection, ConnectionEnd.UpstreamRefused, reset: true);
                return;
            }

            // A reset follows an accepted dial (a refused one says so): what the upstream sent before it is read first.
            connection.FromClient.Broken = error != 0;
            connection.Connecting = false;
        }

        ref var half = ref fromUpstream ? ref connection.FromUpstream : ref connection.FromClient;
        if ((ready & (Libc.EPOLLIN | Libc.EPOLLRDHUP | Libc.EPOLLERR | Libc.EPOLLHUP)) != 0)
        {
            half.Readable = true;
            half.Hangup |= (ready & (Libc.EPOLLRDHUP | Libc.EPOLLERR | Libc.EPOLLHUP)) != 0;
            half.Failed |= (ready & Libc.EPOLLERR) != 0;
        }

        if (!connection.Connecting)
            Move(connection);
    }

    private void Resume(RelayConnection connection)
    {
        connection.Queued = false;
        if (connection.Open && !connection.Connecting)
            Move(connection);
    }

    private IConnectionTap? OpenTap(int listener)
    {
        try
        {
            return _taps.Open(_index, listener);
        }
        catch (Exception failure)
        {
            _taps.TapFailed(listener, null, failure);
            return null;
        }
    }

    private void End(RelayConnection connection, ConnectionEnd end, bool reset)
    {
        // Bytes that a reset source had sent before are given to the peer as far as it takes them now.
        if (end is ConnectionEnd.UpstreamReset or ConnectionEnd.UpstreamTimedOut && connection.FromUpstream.PendingLength > 0)
            Flush(ref connection.FromUpstream, connection.Client);
        if (end is ConnectionEnd.ClientReset or ConnectionEnd.ClientTimedOut && connection.FromClient.PendingLength > 0)
            Flush(ref connection.FromClient, connection.Upstream);

        if (reset)
        {
            Libc.Reset(connection.Client);
            if (connection.Upstream >= 0)
                Libc.Reset(connection.Upstream);
        }
        else
        {
            _ = Libc.Close(connection.Client);
            _ = Libc.Close(connection.Upstream);
        }

        if (connection.Tap is { } tap)
        {
            try
            {
                tap.OnEnded(end, _time.GetTimestamp());
            }
            catch (Exception failure)
            {
                Detach(connection, failure);
            }
        }

        _counters[connection.Listener].Ended(end);
        Return(connection);
    }

    /// <summary>While draining: an idle keep-alive connection is closed in order, as a server that stops would.</summary>
    private void CloseIdle()
    {
        if (_accepting)
            Listen(false);
        foreach (var connection in _connections)
        {
            if (connection.Open && !connection.IsBusy)
                End(connection, ConnectionEnd.Shutdown, reset: false);
        }
    }

    /// <summary>About once a second: connections on which nothing moved for the configured time. One that is in the middle of anything is left alone.</summary>
    private void CloseIdleSince(long now)
    {
        if (_time.GetElapsedTime(_sweptAt, now) < TimeSpan.FromSeconds(1))
            return;
        _sweptAt = now;
        foreach (var connection in _connections)
        {
            if (connection.Open && !connection.IsBusy && _time.GetElapsedTime(connection.LastActive, now) >= _settings.IdleTimeout)
                End(connection, ConnectionEnd.IdleTimeout, reset: false);
        }
    }

    private RelayConnection Rent()
    {
        if (_free.TryPop(out var connection))
            return connection;
        connection = new RelayConnection(_connections.Count);
        _connections.Add(connection);
        return connection;
    }

    private void Return(RelayConnection connection)
    {
        Spare(ref connection.FromClient);
        Spare(ref connection.FromUpstream);
        connection.FromClient = default;
        connection.FromUpstream = default;
        connection.Tap = null;
        connection.Open = false;
        connection.Connecting = false;
        connection.Generation = (connection.Generation + 1) & 0x7FFFFFFF; // the key's top bit marks listeners
        _free.Push(connection);
        _open--;
    }
}
