using System.Runtime.InteropServices;

namespace Sidecar.Relay.Native;

/// <summary>One epoll instance with its event buffer and a wake-up descriptor; used by one thread, woken by any.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    /// <summary>The key of events that <see cref="Wake"/> caused.</summary>
    public const ulong WakeKey = ulong.MaxValue;

    // struct epoll_event is packed on x86-64 only: {u32 events; u64 data} is 12 bytes there and 16 elsewhere.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture is Architecture.X64 ? 12 : 16;
    private static readonly int KeyOffset = Stride - sizeof(ulong);
    private const int MaxEvents = 256;

    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed((nuint)(MaxEvents * 16));
    private readonly int _epoll;
    private readonly int _wake;

    public Epoll()
    {
        _epoll = Libc.EpollCreate(Libc.SOCK_CLOEXEC);
        _wake = Libc.EventFd(0, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
        if (_epoll < 0 || _wake < 0)
            throw new InvalidOperationException($"epoll is not available: errno {Marshal.GetLastPInvokeError()}");
        Add(_wake, Libc.EPOLLIN | Libc.EPOLLET, WakeKey);
    }

    /// <summary>Watches a descriptor; its events come back with <paramref name="key"/>.</summary>
    public bool Add(int fd, uint events, ulong key)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = events;
        *(ulong*)(entry + KeyOffset) = key;
        return Libc.EpollControl(_epoll, Libc.EPOLL_CTL_ADD, fd, entry) == 0;
    }

    /// <summary>Stops watching a descriptor (closing it does so by itself).</summary>
    public void Remove(int fd)
    {
        var entry = stackalloc byte[16];
        _ = Libc.EpollControl(_epoll, Libc.EPOLL_CTL_DEL, fd, entry);
    }

    /// <summary>Waits for events; 0 on a time-out or a signal.</summary>
    public int Wait(int timeoutMilliseconds) => Math.Max(0, Libc.EpollWait(_epoll, _events, MaxEvents, timeoutMilliseconds));

    /// <summary>Event <paramref name="index"/> of the last <see cref="Wait"/>.</summary>
    public (uint Events, ulong Key) this[int index]
    {
        get
        {
            var entry = _events + (index * Stride);
            return (*(uint*)entry, *(ulong*)(entry + KeyOffset));
        }
    }

    /// <summary>Makes the waiting thread's <see cref="Wait"/> return; from any thread.</summary>
    public void Wake()
    {
        var one = 1UL;
        _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Takes the wake-up's count, so that the next one is seen again.</summary>
    public void TakeWake()
    {
        ulong count;
        _ = Libc.Read(_wake, (byte*)&count, sizeof(ulong));
    }

    public void Dispose()
    {
        _ = Libc.Close(_epoll);
        _ = Libc.Close(_wake);
        NativeMemory.Free(_events);
    }
}
