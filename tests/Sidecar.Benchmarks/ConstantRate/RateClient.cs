using System.Net;
using System.Net.Sockets;

namespace Sidecar.Benchmarks.ConstantRate;

/// <summary>One connection of the load; never blocks once it is connected.</summary>
internal abstract class RateClient : IDisposable
{
    private readonly Socket _socket;

    protected RateClient(IPEndPoint target, RateLog log)
    {
        Log = log;
        _socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(target);
        _socket.Blocking = false;
    }

    public int Descriptor => (int)_socket.Handle;

    /// <summary>True if a request can be sent now.</summary>
    public abstract bool IsFree { get; }

    /// <summary>True if the system took only a part of what is to be sent.</summary>
    public abstract bool HasUnsent { get; }

    protected RateLog Log { get; }

    /// <summary>Sends the request that was due at that time.</summary>
    public abstract void Start(long due);

    public abstract void OnWritable();

    public abstract void OnReadable();

    public virtual void Dispose() => _socket.Dispose();

    /// <returns>Bytes that the system took; 0 if it takes none now.</returns>
    protected int Send(ReadOnlySpan<byte> bytes)
    {
        var sent = _socket.Send(bytes, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => 0,
            _ => throw new SocketException((int)error),
        };
    }

    /// <returns>Bytes received; 0 if there are none now. The end of the connection is an error: nobody asked for it.</returns>
    protected int Receive(Span<byte> buffer)
    {
        var received = _socket.Receive(buffer, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success when received > 0 => received,
            SocketError.Success => throw new SocketException((int)SocketError.ConnectionReset),
            SocketError.WouldBlock => 0,
            _ => throw new SocketException((int)error),
        };
    }
}
