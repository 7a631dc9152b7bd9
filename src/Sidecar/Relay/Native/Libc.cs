using System.Runtime.InteropServices;

namespace Sidecar.Relay.Native;

/// <summary>The few libc calls of the relay's event loop: readiness by epoll(7), and reads and writes that never block.</summary>
/// <remarks>Linux only, x64 and arm64; the numbers below are the same on both.</remarks>
internal static unsafe partial class Libc
{
    public const int EINTR = 4, EAGAIN = 11, ENOMEM = 12, ENFILE = 23, EMFILE = 24, EPIPE = 32, ECONNRESET = 104, ENOBUFS = 105, ETIMEDOUT = 110, EINPROGRESS = 115;
    public const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10;
    public const uint EPOLLIN = 0x1, EPOLLOUT = 0x4, EPOLLERR = 0x8, EPOLLHUP = 0x10, EPOLLRDHUP = 0x2000;
    public const uint EPOLLEXCLUSIVE = 1u << 28, EPOLLET = 1u << 31;
    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2;
    public const int SOCK_STREAM = 1, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    public const int SHUT_WR = 1;
    public const int SOL_SOCKET = 1, SO_ERROR = 4, SO_SNDBUF = 7, SO_RCVBUF = 8, SO_KEEPALIVE = 9, SO_LINGER = 13;
    public const int IPPROTO_TCP = 6, TCP_NODELAY = 1, TCP_KEEPIDLE = 4, TCP_KEEPINTVL = 5, TCP_KEEPCNT = 6;
    public const int MSG_NOSIGNAL = 0x4000;
    private const string Library = "libc";

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int fd, byte* epollEvent);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int fd, nint address, nint addressLength, int flags);

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(int fd, byte* address, int addressLength);

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int fd, int how);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int fd, int level, int name, byte* value, int length);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetOption(int fd, int level, int name, byte* value, int* length);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, byte* buffer, nuint length);

    /// <summary>
    /// Properties of a TCP connection. No delay for small answers: the bytes' own sender decided how to cut them. And keep-alive probes, since ours
    /// answer for a peer that has vanished behind them: after a minute without a byte, six of them ten seconds apart.
    /// </summary>
    public static void Tune(int fd)
    {
        Set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        Set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
        Set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
        Set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
        Set(fd, IPPROTO_TCP, TCP_KEEPCNT, 6);
    }

    /// <summary>Sets an option that is a number; where the system refuses it, its own default stays.</summary>
    public static void Set(int fd, int level, int name, int value) => _ = SetOption(fd, level, name, (byte*)&value, sizeof(int));

    /// <summary>Closes so that the peer sees a reset and not an orderly end.</summary>
    public static void Reset(int fd)
    {
        var linger = stackalloc int[2] { 1, 0 };
        _ = SetOption(fd, SOL_SOCKET, SO_LINGER, (byte*)linger, 2 * sizeof(int));
        _ = Close(fd);
    }

    /// <summary>The error that a connection attempt ended with; 0 = connected.</summary>
    public static int TakeError(int fd)
    {
        int error = 0, length = sizeof(int);
        return GetOption(fd, SOL_SOCKET, SO_ERROR, (byte*)&error, &length) == 0 ? error : Marshal.GetLastPInvokeError();
    }
}
