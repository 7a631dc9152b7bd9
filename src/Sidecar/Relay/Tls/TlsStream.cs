using System.Net.Security;

namespace Sidecar.Relay.Tls;

/// <summary>A side that speaks TLS: an <see cref="SslStream"/> whose goodbye may be said while another thread reads from it.</summary>
/// <remarks>
/// SslStream itself lets its one reader and its one writer into OpenSSL in turns. Its <see cref="SslStream.ShutdownAsync"/> takes no part in that: beside a read that decrypts, two threads are
/// in one SSL object, which then may not be whole, and the process dies (seen: SSL_get_error on a connection without its BIO). So here a reader holds the turn, except while it waits
/// for the peer's bytes, and the goodbye takes its turn too. One reader and one writer at a time, as with SslStream.
/// </remarks>
internal sealed class TlsStream : RelayStream
{
    private readonly Turn _turn;
    private readonly SemaphoreSlim _sending = new(1, 1);

    private TlsStream(Turn turn, SslStream tls)
        : base(tls)
    {
        _turn = turn;
        Tls = tls;
    }

    /// <summary>For the handshake and what it agreed on.</summary>
    public SslStream Tls { get; }

    /// <summary>On a transport, which is disposed of with it.</summary>
    public static TlsStream Over(Stream transport)
    {
        var turn = new Turn(transport);
        return new TlsStream(turn, new SslStream(turn));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _turn.TakeAsync().ConfigureAwait(false);
        try
        {
            return await Tls.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Give();
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Tls.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Says that nothing more will be sent (close_notify); nothing if a write, or another goodbye, is under way.</summary>
    public async Task GoodbyeAsync()
    {
        if (!await _sending.WaitAsync(TimeSpan.Zero).ConfigureAwait(false))
            return;
        try
        {
            await _turn.TakeAsync().ConfigureAwait(false);
            Task sent;
            try
            {
                sent = Tls.ShutdownAsync(); // what OpenSSL has to do is done when this returns
            }
            finally
            {
                _turn.Give();
            }

            await sent.ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The transport, on which a reader that waits for bytes gives its turn to others.</summary>
    private sealed class Turn(Stream transport) : RelayStream(transport)
    {
        private readonly SemaphoreSlim _free = new(1, 1);
        private bool _isTaken;

        public async Task TakeAsync()
        {
            await _free.WaitAsync().ConfigureAwait(false);
            _isTaken = true;
        }

        public void Give()
        {
            _isTaken = false;
            _free.Release();
        }

        // A handshake reads without a turn: nobody else is there yet.
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = Rest.ReadAsync(buffer, cancellationToken);
            return read.IsCompleted || !_isTaken ? read : WaitAsync(read);
        }

        private async ValueTask<int> WaitAsync(ValueTask<int> read)
        {
            Give();
            try
            {
                return await read.ConfigureAwait(false);
            }
            finally
            {
                await TakeAsync().ConfigureAwait(false);
            }
        }
    }
}
