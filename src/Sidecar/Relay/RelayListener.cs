using System.Net;
using System.Net.Sockets;

namespace Sidecar.Relay;

/// <summary>A bound listening socket and where its connections go.</summary>
internal sealed class RelayListener : IDisposable
{
    private readonly Socket _socket;

    /// <exception cref="SocketException">The address is taken or not ours.</exception>
    public RelayListener(int index, string name, IPEndPoint listen, EndPoint upstream, RelaySettings settings)
    {
        Index = index;
        Name = name;
        _socket = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (listen.AddressFamily == AddressFamily.InterNetworkV6)
                _socket.DualMode = listen.Address.Equals(IPAddress.IPv6Any);
            _socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            _socket.Blocking = false;
            // Before listening, because TCP agrees on its window's scale from them; accepted sockets inherit them.
            if (settings.SocketBuffers > 0)
                _socket.SendBufferSize = _socket.ReceiveBufferSize = settings.SocketBuffers;
            _socket.Bind(listen);
            _socket.Listen(settings.Backlog);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        Bound = (IPEndPoint)_socket.LocalEndPoint!;
        var address = upstream.Serialize();
        UpstreamFamily = address.Family switch // as Linux numbers them
        {
            AddressFamily.Unix => Native.Libc.AF_UNIX,
            AddressFamily.InterNetworkV6 => Native.Libc.AF_INET6,
            _ => Native.Libc.AF_INET,
        };
        UpstreamAddress = address.Buffer[..address.Size].ToArray();
    }

    public int Index { get; }
    public string Name { get; }

    /// <summary>The address with the port that the system chose where 0 was asked for.</summary>
    public IPEndPoint Bound { get; }

    /// <summary>The next client, for listeners that no relay thread accepts on.</summary>
    public async ValueTask<Socket> AcceptAsync(CancellationToken cancellation)
    {
        var client = await _socket.AcceptAsync(cancellation).ConfigureAwait(false);
        client.Blocking = true; // as streams want to see it; their asynchronous calls never block
        return client;
    }

    public int Descriptor => (int)_socket.SafeHandle.DangerousGetHandle();
    public int UpstreamFamily { get; }

    /// <summary>The upstream's struct sockaddr.</summary>
    public byte[] UpstreamAddress { get; }

    public void Dispose() => _socket.Dispose();
}
