using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sidecar.Benchmarks.ConstantRate;

/// <summary>All connections of a run on one thread: sends what is due, sleeps until something is, or until an answer comes.</summary>
internal sealed class RateClients : IDisposable
{
    private const short PollIn = 1;
    private const short PollOut = 4;
    private const int SetTimerSlack = 29;

    private readonly RateClient[] _clients;
    private readonly PollEntry[] _polled;
    private int _last;

    public RateClients(int connections, Func<RateLog, RateClient> connect)
    {
        _clients = [.. Enumerable.Range(0, connections).Select(_ => connect(Log))];
        _polled = [.. _clients.Select(client => new PollEntry(client.Descriptor, 0, 0))];
    }

    public RateLog Log { get; } = new();

    public void Run(RateSchedule schedule)
    {
        // A thread's sleep may else be stretched by 50 µs (prctl(2)), which is half of what is measured.
        _ = ProcessControl(SetTimerSlack, 1, 0, 0, 0);
        Log.Reserve(schedule.Total);
        var start = Stopwatch.GetTimestamp();
        Log.MeasuredFrom = start + schedule.MeasuredFrom;
        var started = 0;
        try
        {
            while (Log.Finished < schedule.Total)
            {
                var now = Stopwatch.GetTimestamp() - start;
                while (started < schedule.Total && schedule.Due(started) <= now && NextFree() is { } client)
                    client.Start(start + schedule.Due(started++));
                if (now >= schedule.End)
                {
                    Log.Failed(schedule.Total - Log.Finished, "not answered in time");
                    break;
                }

                // Requests that are due and find no free connection go out when an answer comes, not when the next one is due.
                var waiting = started < schedule.Total && schedule.Due(started) <= now;
                Wait((started < schedule.Total && !waiting ? schedule.Due(started) : schedule.End) - (Stopwatch.GetTimestamp() - start), schedule.Frequency);
            }
        }
        catch (SocketException broken)
        {
            // Every connection has to live as long as the run; a proxy that closes one has failed, and latencies of the others say nothing.
            Log.Failed(schedule.Total - Log.Finished, broken.Message);
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
    }

    private RateClient? NextFree()
    {
        for (var i = 0; i < _clients.Length; i++)
        {
            _last = (_last + 1) % _clients.Length;
            if (_clients[_last].IsFree)
                return _clients[_last];
        }

        return null;
    }

    private void Wait(long ticks, long frequency)
    {
        for (var i = 0; i < _clients.Length; i++)
            _polled[i].Events = _clients[i].HasUnsent ? (short)(PollIn | PollOut) : PollIn;
        var nanos = Math.Max(0, (long)((Int128)ticks * 1_000_000_000 / frequency));
        var timeout = new Timespec { Seconds = nanos / 1_000_000_000, Nanoseconds = nanos % 1_000_000_000 };
        if (Poll(_polled, (nuint)_polled.Length, timeout, 0) <= 0)
            return;
        for (var i = 0; i < _clients.Length; i++)
        {
            if ((_polled[i].Happened & PollOut) != 0)
                _clients[i].OnWritable();
            if ((_polled[i].Happened & ~PollOut) != 0)
                _clients[i].OnReadable();
        }
    }

    [DllImport("libc", EntryPoint = "ppoll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll([In, Out] PollEntry[] entries, nuint count, in Timespec timeout, nint signals);

    [DllImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int ProcessControl(int option, nuint value, nuint third, nuint fourth, nuint fifth);

    // struct pollfd; the system writes the last field.
    private record struct PollEntry(int Descriptor, short Events, short Happened);

    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
