using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using Sidecar.Model;

namespace Sidecar.Relay.Tls;

/// <summary>
/// One relayed connection of which at least one side speaks TLS. It lives on the thread pool: the cryptography of one connection must
/// not hold up those that a relay thread owns.
/// </summary>
internal sealed class TlsConnection
{
    // As much as a TLS record holds (RFC 8446 §5.1).
    private const int BufferSize = 16 * 1024;

    // Long for a handshake over the slowest link, short for somebody who only wants to hold a place.
    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(20);

    private readonly TlsRelay _relay;
    private readonly TlsRoute _route;
    private readonly RelayCounters _counters;
    private readonly Socket _clientSocket;
    private readonly Socket _upstreamSocket;
    private readonly Lock _order = new();
    private readonly TapGate _tap;
    private Stream? _client;
    private Stream? _upstream;
    private int _end = -1;
    private long _lastActive;
    private bool _spoke;
    private bool _relaying;
    private bool _clientGone;
    private bool _upstreamGone;

    public TlsConnection(TlsRelay relay, TlsRoute route, RelayCounters counters, Socket client, Socket upstream, TapGate tap)
    {
        _relay = relay;
        _route = route;
        _counters = counters;
        _clientSocket = client;
        _upstreamSocket = upstream;
        _tap = tap;
        _lastActive = relay.Time.GetTimestamp();
    }

    /// <summary>When a byte was last read from either side, or it was accepted.</summary>
    public long LastActive => Volatile.Read(ref _lastActive);

    /// <summary>True while it is being set up, or an exchange is under way, or nobody can tell.</summary>
    public bool IsBusy => Volatile.Read(ref _relaying) ? _tap.IsBusy : _route.Server is not null || Volatile.Read(ref _spoke);

    /// <summary>Relays until either side or <see cref="End"/> ends it. Throws nothing.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (await ConnectAsync().ConfigureAwait(false) is var (client, upstream))
            {
                (_client, _upstream) = (client, upstream);
                Volatile.Write(ref _relaying, true);
                await Task.WhenAll(PumpAsync(client, upstream, fromClient: true), PumpAsync(upstream, client, fromClient: false)).ConfigureAwait(false);
                End(ConnectionEnd.Closed, reset: false);
                await client.DisposeAsync().ConfigureAwait(false);
                await upstream.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            // Whatever it is, it ends this connection and nothing else.
            _relay.Failed(failure);
            End(ConnectionEnd.Shutdown, reset: true);
        }

        _clientSocket.Dispose();
        _upstreamSocket.Dispose();
        _tap.Ended((ConnectionEnd)_end, _relay.Time.GetTimestamp());
        _counters.Ended((ConnectionEnd)_end);
    }

    /// <summary>Ends it; the first reason counts.</summary>
    public void End(ConnectionEnd end, bool reset)
    {
        if (Interlocked.CompareExchange(ref _end, (int)end, -1) != -1)
            return;
        Close(_clientSocket, reset);
        Close(_upstreamSocket, reset);
    }

    /// <summary>Ends an idle one as a server that stops would: with TLS's own goodbye, where there is TLS.</summary>
    public async Task CloseInOrderAsync(ConnectionEnd end)
    {
        if (Volatile.Read(ref _relaying))
        {
            await CloseSendingAsync(_client!, _clientSocket).ConfigureAwait(false);
            await CloseSendingAsync(_upstream!, _upstreamSocket).ConfigureAwait(false);
        }

        End(end, reset: false);
    }

    private static void Close(Socket socket, bool reset)
    {
        try
        {
            if (reset)
                socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        socket.Close();
    }

    /// <returns>Both sides, ready for bytes in clear text; null when the connection was ended.</returns>
    private async Task<(Stream Client, Stream Upstream)?> ConnectAsync()
    {
        Stream client = new NetworkStream(_clientSocket, ownsSocket: true);
        if (await ReadAheadAsync(client).ConfigureAwait(false) is not { } ahead)
            return null;
        client = new PrefixedStream(ahead, client);

        if (_route.Server is not { } server)
        {
            var spoken = Alpn.ForPlainClient(ahead.Span) ?? SslApplicationProtocol.Http11;
            return await DialAsync().ConfigureAwait(false) is { } plain && await BeginAsync(plain, [spoken]).ConfigureAwait(false) is { } encrypted
                ? (client, encrypted)
                : null;
        }

        var offered = Alpn.Allowed(Wire.TlsClientHello.Protocols(ahead.Span), server.Protocols);
        if (_route.Client is null)
        {
            // The upstream hears of no client that can't even finish its handshake.
            return await AnswerAsync(client, Alpn.ForPlainUpstream(offered, server.Protocols.Count > 0)).ConfigureAwait(false) is { } heard
                && await DialAsync().ConfigureAwait(false) is { } upstream
                ? (heard, upstream)
                : null;
        }

        // The upstream chooses the application protocol, so it is asked first. One that agrees on none speaks HTTP/1.1, and so must the client.
        if (await DialAsync().ConfigureAwait(false) is not { } dialled || await BeginAsync(dialled, offered).ConfigureAwait(false) is not { } begun)
            return null;
        var agreed = begun.Tls.NegotiatedApplicationProtocol;
        SslApplicationProtocol? forClient = !agreed.Protocol.IsEmpty ? agreed : offered.Contains(SslApplicationProtocol.Http11) ? SslApplicationProtocol.Http11 : null;
        return await AnswerAsync(client, forClient).ConfigureAwait(false) is { } answered ? (answered, begun) : null;
    }

    /// <summary>The client's first bytes, as far as they must be known before anything is agreed on.</summary>
    private async Task<ReadOnlyMemory<byte>?> ReadAheadAsync(Stream client)
    {
        using var patience = Patience();
        var ahead = new byte[Wire.TlsClientHello.MaxBytes];
        var length = 0;
        try
        {
            while (length < ahead.Length && !IsEnough(ahead.AsSpan(0, length)))
            {
                // In clear text, whoever has not said a word yet is idle, and nobody to hurry.
                var count = await client.ReadAsync(ahead.AsMemory(length), _route.Server is null ? _relay.Stopping : patience.Token).ConfigureAwait(false);
                if (count == 0)
                    break;
                length += count;
            }
        }
        catch (Exception failure) when (IsPeersFailure(failure))
        {
            End(IsReset(failure) ? ConnectionEnd.ClientReset : ConnectionEnd.ClientHandshakeFailed, reset: true);
            return null;
        }

        if (length == 0)
            End(ConnectionEnd.Closed, reset: false);
        Volatile.Write(ref _spoke, length > 0);
        return length > 0 ? ahead.AsMemory(0, length) : null;
    }

    private bool IsEnough(ReadOnlySpan<byte> first) => _route.Server is null
        ? Alpn.ForPlainClient(first) is not null
        : Wire.TlsClientHello.Look(first) != Wire.TlsHelloStep.Partial;

    private async Task<NetworkStream?> DialAsync()
    {
        using var patience = Patience();
        try
        {
            await _upstreamSocket.ConnectAsync(_route.Upstream, patience.Token).ConfigureAwait(false);
            return new NetworkStream(_upstreamSocket, ownsSocket: true);
        }
        catch (Exception failure) when (IsPeersFailure(failure))
        {
            End(ConnectionEnd.UpstreamRefused, reset: true);
            return null;
        }
    }

    private async Task<TlsStream?> BeginAsync(Stream upstream, List<SslApplicationProtocol> protocols)
    {
        using var patience = Patience();
        var tls = TlsStream.Over(upstream);
        try
        {
            await tls.Tls.AuthenticateAsClientAsync(_route.ClientOptions(protocols), patience.Token).ConfigureAwait(false);
            return tls;
        }
        catch (Exception failure)
        {
            // Of any kind: some first bytes make the TLS library throw what it does not promise to.
            _relay.HandshakeFailed(_counters.Listener, "the upstream", failure);
            End(ConnectionEnd.UpstreamHandshakeFailed, reset: true);
            return null;
        }
    }

    private async Task<TlsStream?> AnswerAsync(Stream client, SslApplicationProtocol? protocol)
    {
        using var patience = Patience();
        var tls = TlsStream.Over(client);
        try
        {
            await tls.Tls.AuthenticateAsServerAsync(_route.ServerOptions(protocol), patience.Token).ConfigureAwait(false);
            return tls;
        }
        catch (Exception failure)
        {
            _relay.HandshakeFailed(_counters.Listener, "a client", failure);
            End(ConnectionEnd.ClientHandshakeFailed, reset: false);
            return null;
        }
    }

    private CancellationTokenSource Patience() => new(HandshakePatience, _relay.Time);

    private async Task PumpAsync(Stream source, Stream destination, bool fromClient)
    {
        // Started for both directions by one caller: the second must not wait for the first one's first read.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            byte[]? buffer = null;
            try
            {
                // An idle connection holds no buffer: wait until there is something to read, then take one.
                await source.ReadAsync(Memory<byte>.Empty, _relay.Stopping).ConfigureAwait(false);
                buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                var count = await source.ReadAsync(buffer.AsMemory(0, BufferSize), _relay.Stopping).ConfigureAwait(false);
                var now = _relay.Time.GetTimestamp();
                Volatile.Write(ref _lastActive, now);
                if (count == 0 && Volatile.Read(ref fromClient ? ref _clientGone : ref _upstreamGone))
                {
                    // A failed write took the socket's error with it: this end is that reset, not an orderly close.
                    End(fromClient ? ConnectionEnd.ClientReset : ConnectionEnd.UpstreamReset, reset: true);
                    return;
                }

                if (count == 0)
                {
                    _tap.Closed(fromClient, now);
                    break;
                }

                _counters.Relayed(fromClient, count);
                if (!await ForwardAsync(destination, buffer.AsMemory(0, count), now, fromClient).ConfigureAwait(false))
                    return;
            }
            catch (Exception failure)
            {
                if (!IsPeersFailure(failure))
                    _relay.Failed(failure);
                End(Gone(fromClient, failure), reset: true);
                return;
            }
            finally
            {
                if (buffer is not null)
                    ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        await CloseSendingAsync(destination, fromClient ? _upstreamSocket : _clientSocket).ConfigureAwait(false);
    }

    /// <returns>False: the destination no longer reads. It may have answered already, so the other way goes on to its own end.</returns>
    private async Task<bool> ForwardAsync(Stream destination, ReadOnlyMemory<byte> bytes, long now, bool fromClient)
    {
        try
        {
            ValueTask write;
            // Forwarded first, observed second; and a request is observed before its answer can be, because that waits here.
            lock (_order)
            {
                write = destination.WriteAsync(bytes, _relay.Stopping);
                _tap.Bytes(bytes.Span, now, fromClient);
            }

            if (write.IsCompleted)
            {
                await write.ConfigureAwait(false);
                return true;
            }

            if (!fromClient)
                _tap.Stalled(true, now);
            await write.ConfigureAwait(false);
            if (!fromClient)
                _tap.Stalled(false, _relay.Time.GetTimestamp());
            return true;
        }
        catch (Exception failure)
        {
            if (!IsPeersFailure(failure))
                _relay.Failed(failure);
            Volatile.Write(ref fromClient ? ref _upstreamGone : ref _clientGone, true);
            return false;
        }
    }

    private static async Task CloseSendingAsync(Stream destination, Socket socket)
    {
        try
        {
            if (destination is TlsStream tls)
                await tls.GoodbyeAsync().ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception)
        {
            // Whoever reads from it finds out.
        }
    }

    private static bool IsPeersFailure(Exception failure) => failure is
        IOException or SocketException or ObjectDisposedException or OperationCanceledException
        or System.Security.Authentication.AuthenticationException or System.Security.Cryptography.CryptographicException;

    private static bool IsReset(Exception failure) => (failure.InnerException ?? failure) is SocketException
    {
        SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted,
    };

    private static ConnectionEnd Gone(bool client, Exception failure)
    {
        var timedOut = (failure.InnerException ?? failure) is SocketException { SocketErrorCode: SocketError.TimedOut };
        return (client, timedOut) switch
        {
            (true, false) => ConnectionEnd.ClientReset,
            (true, true) => ConnectionEnd.ClientTimedOut,
            (false, false) => ConnectionEnd.UpstreamReset,
            (false, true) => ConnectionEnd.UpstreamTimedOut,
        };
    }
}
