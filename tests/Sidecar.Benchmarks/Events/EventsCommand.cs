using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Emit;
using Sidecar.Emit.Kafka;
using Sidecar.Model;

namespace Sidecar.Benchmarks.Events;

/// <summary>
/// How many events a second the Kafka sink takes: into its spool or memory while no broker can be reached, and through to the mock cluster inside librdkafka, which shares the processor.
/// </summary>
internal static class EventsCommand
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        var count = arguments.Count("count", 300_000);
        var size = arguments.Count("size", 300);
        var cores = arguments.Count("cores", 1);
        arguments.RejectUnread();
        using var process = Process.GetCurrentProcess();
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
            process.ProcessorAffinity = (1 << cores) - 1;

        Console.WriteLine($"{count} events of {size} bytes, {cores} core{(cores == 1 ? "" : "s")}");
        Console.WriteLine($"{"waits in",-8} {"brokers",-8} {"events/s",10} {"CPU µs/event",13} {"dropped",8} {"RSS MiB",8} {"idle CPU",9} {"stopped in",11}");
        // The first run is thrown away: it is compiled then.
        foreach (var (spooled, reached, told) in ((bool, bool, bool)[])[(true, true, false), (true, false, true), (false, false, true), (true, true, true), (false, true, true)])
        {
            var line = await MeasureAsync(told ? count : count / 10, size, spooled, reached, process, stop);
            if (told)
                Console.WriteLine(line);
        }

        return ExitCodes.Ok;
    }

    private static async Task<string> MeasureAsync(int count, int size, bool spooled, bool reached, Process process, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("sidecar-events");
        try
        {
            var book = new Counts();
            var sink = new KafkaSink(
                new KafkaSettings
                {
                    Brokers = "127.0.0.1:1",
                    Source = "/sidecar/benchmarks/pod/1",
                    SpoolDirectory = spooled ? folder.FullName : null,
                    SpoolLimit = 2L << 30,
                    Memory = 1L << 30,
                    DrainRate = 1_000_000,
                    Client = reached ? new Dictionary<string, string> { ["test.mock.num.brokers"] = "1" } : [],
                },
                book, TimeProvider.System, NullLoggerFactory.Instance);
            var payload = Encoding.UTF8.GetBytes($$"""{"a":"{{new string('x', Math.Max(1, size - 8))}}"}""");
            var time = DateTimeOffset.UtcNow;
            long Written() => book.Settled + sink.Waiting.Sum(static lane => lane.Records);
            var before = process.TotalProcessorTime;
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < count; i++)
            {
                // The sink never waits; who measures it must, or counts what is dropped.
                if (i % 256 == 0)
                {
                    while (i - Written() > 8192)
                        Thread.Sleep(0);
                    stop.ThrowIfCancellationRequested();
                }

                sink.TryEmit(new SidecarEvent(ExchangeEvents.ExchangeType, "model/1", time, 1, payload) { Key = "0af7651916cd43dd8448eb211c80319c" });
            }

            while (reached ? book.Settled < count : Written() < count)
                await Task.Delay(1, stop);
            var elapsed = clock.Elapsed;
            process.Refresh();
            var cpu = process.TotalProcessorTime - before;
            var memory = process.WorkingSet64;

            var idle = process.TotalProcessorTime;
            await Task.Delay(TimeSpan.FromSeconds(5), stop);
            process.Refresh();
            idle = process.TotalProcessorTime - idle;
            clock.Restart();
            await sink.StopAsync(TimeSpan.FromMilliseconds(100));
            var end = clock.Elapsed;
            await sink.DisposeAsync();
            return FormattableString.Invariant(
                $"{(spooled ? "spool" : "memory"),-8} {(reached ? "mock" : "away"),-8} {count / elapsed.TotalSeconds,10:N0} {cpu.TotalMicroseconds / count,13:0.0} {book.Dropped,8} {memory / 1048576.0,8:0} {idle.TotalSeconds / 5,9:0.0%} {end.TotalMilliseconds,8:0} ms");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class Counts : IEventBook
    {
        private long _settled;
        private long _dropped;

        public long Settled => Interlocked.Read(ref _settled);

        public long Dropped => Interlocked.Read(ref _dropped);

        public void Accepted(string type)
        {
        }

        public void Persisted(string type, int count) => Interlocked.Add(ref _settled, count);

        public void PossiblyPersisted(string type) => Interlocked.Increment(ref _settled);

        void IEventBook.Dropped(string type, EventDropReason reason)
        {
            Interlocked.Increment(ref _settled);
            // What still waits at the end is no loss of the measurement.
            if (reason != EventDropReason.Shutdown)
                Interlocked.Increment(ref _dropped);
        }
    }
}
