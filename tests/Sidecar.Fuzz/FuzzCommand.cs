using System.Diagnostics;
using System.Globalization;
using Sidecar.Benchmarks;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Fuzz;

/// <summary>Runs targets for long, keeps what fails, and says how much was run.</summary>
internal static class FuzzCommand
{
    public static int Run(IReadOnlyList<(string Name, int Share, Func<FuzzTarget> Create)> all, Arguments arguments, CancellationToken stop)
    {
        var inputs = arguments.Count("inputs", 1_000_000);
        var seed = arguments.Count("seed", 1);
        var threads = arguments.Count("threads", 1);
        var guided = arguments.Flag("guided");
        var corpus = arguments.Text("corpus");
        var failures = arguments.Text("failures") ?? Path.Combine(Path.GetTempPath(), "sidecar-fuzz-failures");
        var only = arguments.Text("only")?.Split(',');
        arguments.RejectUnread();
        if (guided && threads > 1)
            throw new UsageException("--guided runs on one thread: its map of branches is the process's; start further processes with other seeds");
        if (only?.FirstOrDefault(name => all.All(target => target.Name != name)) is { } unknown)
            throw new UsageException($"there is no target {unknown}; there are {string.Join(", ", all.Select(target => target.Name))}");
        var chosen = all.Where(target => only is null || only.Contains(target.Name)).ToList();

        var coverage = guided ? new Coverage() : null;
        var report = new FuzzReport();
        var shares = chosen.Sum(target => target.Share);
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, thread =>
        {
            foreach (var (name, share, create) in chosen)
            {
                if (stop.IsCancellationRequested)
                    break;
                var folder = corpus is null ? null : Path.Combine(corpus, name);
                var lane = new Lane(create(), ((ulong)seed << 16) + (uint)thread, folder, failures, coverage, report, stop);
                lane.Run(Math.Max(1, (long)inputs * share / shares / threads));
            }
        });
        report.Print();
        return report.Failures > 0 ? ExitCodes.Failed : stop.IsCancellationRequested ? ExitCodes.Interrupted : ExitCodes.Ok;
    }

    public static int Replay(IReadOnlyList<(string Name, int Share, Func<FuzzTarget> Create)> all, Arguments arguments)
    {
        var name = arguments.RequiredText("target");
        var input = File.ReadAllBytes(arguments.RequiredText("file"));
        arguments.RejectUnread();
        var target = all.FirstOrDefault(one => one.Name == name).Create?.Invoke() ?? throw new UsageException($"there is no target {name}");
        target.Check(input);
        target.Compare(input);
        Console.WriteLine($"nothing wrong; {target.Outcomes}");
        return ExitCodes.Ok;
    }

    /// <summary>One target on one thread.</summary>
    private sealed class Lane(FuzzTarget target, ulong seed, string? corpus, string failures, Coverage? coverage, FuzzReport report, CancellationToken stop)
    {
        // The first ones tell; a thousand more would only fill the disk.
        private const int MostFilesKept = 20;
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private TimeSpan _said = TimeSpan.Zero;
        private int _kept;

        public void Run(long inputs)
        {
            coverage?.Clear();
            var more = corpus is not null && Directory.Exists(corpus) ? Directory.EnumerateFiles(corpus).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList() : [];
            var run = new FuzzRun(target, seed, more) { Failed = Keep, GoesOn = done => GoesOn(done, inputs), Feedback = coverage };
            var figures = run.Run(inputs);
            if (corpus is not null && coverage is not null)
                Save(run.Kept);
            report.Add(target, figures, _clock.Elapsed, coverage?.Pairs);
        }

        private bool GoesOn(long done, long inputs)
        {
            report.Sample();
            if (_clock.Elapsed - _said > TimeSpan.FromSeconds(20))
            {
                _said = _clock.Elapsed;
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{target.Name}: {done:N0} of {inputs:N0}, {done / _clock.Elapsed.TotalSeconds:N0}/s{(coverage is null ? "" : $", {coverage.Pairs} pairs")}"));
            }

            return !stop.IsCancellationRequested;
        }

        private void Keep(byte[] input, Exception failure)
        {
            if (_kept++ >= MostFilesKept)
                return;
            Directory.CreateDirectory(failures);
            var file = Path.Combine(failures, $"{target.Name}-{FuzzTarget.SeedOf(input):x16}");
            File.WriteAllBytes(file, input);
            Console.Error.WriteLine($"{target.Name}: {failure.GetType().Name}: {failure.Message}; the input is {file}");
        }

        private void Save(IEnumerable<byte[]> inputs)
        {
            Directory.CreateDirectory(corpus!);
            foreach (var input in inputs)
                File.WriteAllBytes(Path.Combine(corpus!, $"{FuzzTarget.SeedOf(input):x16}"), input);
        }
    }
}
