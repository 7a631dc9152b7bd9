using System.Net;
using System.Net.Sockets;

namespace Sidecar.Relay;

/// <summary>A bound listening socket and where its connections go.</summary>
internal sealed class RelayListener : IDisposable
{
    private readonly Socket _socket;

    /// <exception cref="SocketException">The address is taken or not ours.</exception>
    public RelayListener(int index, string name, IPEndPoint listen, IPEndPoint upstream, int backlog)
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
            _socket.Bind(listen);
            _socket.Listen(backlog);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        Bound = (IPEndPoint)_socket.LocalEndPoint!;
        var address = upstream.Serialize();
        UpstreamFamily = (int)address.Family == (int)AddressFamily.InterNetworkV6 ? 10 : 2; // AF_INET6, AF_INET of Linux
        UpstreamAddress = address.Buffer[..address.Size].ToArray();
    }

    public int Index { get; }
    public string Name { get; }

    /// <summary>The address with the port that the system chose where 0 was asked for.</summary>
    public IPEndPoint Bound { get; }

    public int Descriptor => (int)_socket.SafeHandle.DangerousGetHandle();
    public int UpstreamFamily { get; }

    /// <summary>The upstream's struct sockaddr.</summary>
    public byte[] UpstreamAddress { get; }

    public void Dispose() => _socket.Dispose();
}
