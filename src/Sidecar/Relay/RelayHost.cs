using System.Net;
using Sidecar.Model;

namespace Sidecar.Relay;

/// <summary>A listener to open: where to listen and which upstream its connections go to, by TCP or through a Unix socket.</summary>
public sealed record RelayRoute(string Name, IPEndPoint Listen, EndPoint Upstream);

/// <summary>The relay: its listeners and its threads. Knows bytes, not HTTP.</summary>
public sealed class RelayHost : IDisposable
{
    private readonly RelayListener[] _listeners;
    private readonly RelayThread[] _threads;
    private readonly TimeProvider _time;
    private bool _disposed;

    /// <summary>Binds every listener, then starts relaying at once.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">An address can't be bound; its message names no address, so the caller adds it.</exception>
    public RelayHost(IReadOnlyList<RelayRoute> routes, int threads, RelaySettings settings, IConnectionTapSource taps, TimeProvider time)
    {
        _time = time;
        var listeners = new List<RelayListener>(routes.Count);
        try
        {
            foreach (var route in routes)
                listeners.Add(new RelayListener(listeners.Count, route.Name, route.Listen, route.Upstream, settings));
        }
        catch
        {
            listeners.ForEach(listener => listener.Dispose());
            throw;
        }

        _listeners = [.. listeners];
        Counters = [.. listeners.Select(listener => new RelayCounters(listener.Name))];
        var counters = Counters.ToArray();
        _threads = new RelayThread[threads];
        for (var i = 0; i < threads; i++)
            _threads[i] = new RelayThread(i, _listeners, counters, taps, time, settings, Math.Max(1, settings.MaxConnections / threads));
    }

    /// <summary>One entry a listener, in configuration order.</summary>
    public IReadOnlyList<RelayCounters> Counters { get; }

    /// <summary>The bound addresses, with real ports, in configuration order.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints => [.. _listeners.Select(listener => listener.Bound)];

    /// <summary>The age of the oldest loop iteration: how long a relay thread has been stuck, at worst.</summary>
    public TimeSpan OldestHeartbeat => _threads.Max(thread => _time.GetElapsedTime(thread.Heartbeat));

    public int OpenConnections => _threads.Sum(thread => thread.OpenConnections);

    /// <summary>Stops accepting, closes connections as they fall idle, and resets what is left at the deadline.</summary>
    /// <returns>How many connections were cut at the deadline.</returns>
    public async Task<int> DrainAsync(TimeSpan deadline, CancellationToken cancellation = default)
    {
        foreach (var thread in _threads)
            thread.Drain();
        var started = _time.GetTimestamp();
        while (OpenConnections > 0 && _time.GetElapsedTime(started) < deadline && !cancellation.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, CancellationToken.None).ConfigureAwait(false);
        var cut = OpenConnections;
        foreach (var thread in _threads)
            thread.Stop();
        return cut;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var thread in _threads)
            thread.Dispose();
        foreach (var listener in _listeners)
            listener.Dispose();
    }
}
