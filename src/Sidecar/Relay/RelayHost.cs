using System.Net;
using System.Net.Security;
using Sidecar.Model;
using Sidecar.Relay.Tls;

namespace Sidecar.Relay;

/// <summary>A listener to open: where to listen and which upstream its connections go to, by TCP or through a Unix socket.</summary>
/// <param name="Tls">How clients are spoken to; null: in clear text.</param>
/// <param name="UpstreamTls">How the upstream is spoken to; null: in clear text.</param>
public sealed record RelayRoute(string Name, IPEndPoint Listen, EndPoint Upstream, TlsServerSettings? Tls = null, TlsClientSettings? UpstreamTls = null)
{
    /// <summary>At least one side speaks TLS.</summary>
    public bool IsEncrypted => Tls is not null || UpstreamTls is not null;
}

/// <summary>The relay: its listeners and its threads. Knows bytes, not HTTP.</summary>
public sealed class RelayHost : IDisposable
{
    private readonly RelayListener[] _listeners;
    private readonly RelayThread[] _threads;
    private readonly TlsRelay? _tls;
    private readonly TlsRoute?[] _encrypted;
    private readonly TimeProvider _time;
    private bool _disposed;

    /// <summary>Binds every listener, then starts relaying at once.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">An address can't be bound; its message names no address, so the caller adds it.</exception>
    /// <exception cref="TlsMaterialException">A certificate, key or bundle can't be used.</exception>
    public RelayHost(IReadOnlyList<RelayRoute> routes, int threads, RelaySettings settings, IConnectionTapSource taps, TimeProvider time, ILogger log)
    {
        _time = time;
        var listeners = new List<RelayListener>(routes.Count);
        var encrypted = new List<TlsRoute?>(routes.Count);
        try
        {
            foreach (var route in routes)
            {
                encrypted.Add(route.IsEncrypted ? new TlsRoute(route, time, log) : null);
                listeners.Add(new RelayListener(listeners.Count, route.Name, route.Listen, route.Upstream, settings));
            }
        }
        catch
        {
            listeners.ForEach(listener => listener.Dispose());
            encrypted.ForEach(route => route?.Dispose());
            throw;
        }

        _listeners = [.. listeners];
        _encrypted = [.. encrypted];
        Counters = [.. listeners.Select(listener => new RelayCounters(listener.Name))];
        var counters = Counters.ToArray();
        RelayListener[] clear = [.. listeners.Where(listener => encrypted[listener.Index] is null)];
        _threads = new RelayThread[threads];
        // The limit is for the whole process, so listeners of the two kinds share it by their numbers.
        var forTls = settings.MaxConnections * (listeners.Count - clear.Length) / listeners.Count;
        for (var i = 0; i < threads; i++)
            _threads[i] = new RelayThread(i, clear, counters, taps, time, settings, Math.Max(1, (settings.MaxConnections - forTls) / threads));
        if (clear.Length == listeners.Count)
            return;
        _tls = new TlsRelay(taps, threads, TapPoolsForTls(routes), settings with { MaxConnections = Math.Max(1, forTls) }, time, log);
        foreach (var listener in listeners)
        {
            if (encrypted[listener.Index] is { } route)
                _tls.Start(listener, route, counters[listener.Index]);
        }
    }

    /// <summary>How many pools of taps, behind those of the relay threads, the connections with TLS take turns on.</summary>
    public static int TapPoolsForTls(IReadOnlyList<RelayRoute> routes) => routes.Any(route => route.IsEncrypted) ? Math.Min(Environment.ProcessorCount, 4) : 0;

    /// <summary>How a TLS handshake with the upstream of a listener that has one is begun; HTTP/1.1 is offered.</summary>
    public SslClientAuthenticationOptions UpstreamTls(int listener) => _encrypted[listener]!.ClientOptions([SslApplicationProtocol.Http11]);

    /// <summary>When the certificates that clients see end, by listener.</summary>
    public IEnumerable<(string Listener, DateTimeOffset NotAfter)> Certificates => _tls?.Certificates ?? [];

    /// <summary>One entry a listener, in configuration order.</summary>
    public IReadOnlyList<RelayCounters> Counters { get; }

    /// <summary>The bound addresses, with real ports, in configuration order.</summary>
    public IReadOnlyList<IPEndPoint> Endpoints => [.. _listeners.Select(listener => listener.Bound)];

    /// <summary>The age of the oldest loop iteration: how long a relay thread has been stuck, at worst.</summary>
    public TimeSpan OldestHeartbeat => _threads.Max(thread => _time.GetElapsedTime(thread.Heartbeat));

    public int OpenConnections => _threads.Sum(thread => thread.OpenConnections) + (_tls?.OpenConnections ?? 0);

    /// <summary>Stops accepting, closes connections as they fall idle, and resets what is left at the deadline.</summary>
    /// <returns>How many connections were cut at the deadline.</returns>
    public async Task<int> DrainAsync(TimeSpan deadline, CancellationToken cancellation = default)
    {
        foreach (var thread in _threads)
            thread.Drain();
        _tls?.Drain();
        var started = _time.GetTimestamp();
        while (OpenConnections > 0 && _time.GetElapsedTime(started) < deadline && !cancellation.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, CancellationToken.None).ConfigureAwait(false);
            _tls?.Drain(); // those that have fallen idle since
        }

        var cut = OpenConnections;
        foreach (var thread in _threads)
            thread.Stop();
        _tls?.Stop();
        return cut;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var thread in _threads)
            thread.Dispose();
        _tls?.Dispose();
        foreach (var listener in _listeners)
            listener.Dispose();
    }
}
