using System.Net;
using System.Net.Sockets;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>An upstream whose every byte the test decides.</summary>
internal sealed class RawServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <param name="receiveBuffer">Of each accepted connection, in bytes; 0: as the system likes, which may be many MiB.</param>
    /// <param name="listens">False: the port is kept from others and refuses connections until <see cref="Listen"/>.</param>
    public RawServer(int receiveBuffer = 0, bool listens = true)
    {
        if (receiveBuffer > 0)
            _listener.ReceiveBufferSize = receiveBuffer;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (listens)
            Listen();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public int Port => EndPoint.Port;

    /// <summary>Takes connections from now on.</summary>
    public void Listen() => _listener.Listen(512);

    public async Task<RawConnection> AcceptAsync()
    {
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        return await AcceptAsync(patience.Token);
    }

    /// <summary>The next connection, however long it takes.</summary>
    public async Task<RawConnection> AcceptAsync(CancellationToken cancellation)
    {
        var socket = await _listener.AcceptAsync(cancellation);
        socket.NoDelay = true;
        return new RawConnection(socket);
    }

    public void Dispose() => _listener.Dispose();
}
