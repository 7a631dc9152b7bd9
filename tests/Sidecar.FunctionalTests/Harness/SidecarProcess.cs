using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Sidecar.Demo.Detection;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>
/// The program in a process of its own, whose memory is then nobody else's: the build beside the tests run by <c>dotnet exec</c>, or the program
/// that <c>SIDECAR_PROGRAM</c> names (a NativeAOT publish).
/// </summary>
internal sealed class SidecarProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _client = new() { Timeout = RelayUnderTest.Patience };

    private readonly ConcurrentQueue<string> _lines;

    private SidecarProcess(Process process, IPEndPoint traffic, IPEndPoint health, ConcurrentQueue<string> lines) =>
        (_process, Traffic, Health, _lines) = (process, traffic, health, lines);

    /// <summary>What it has said on its console so far.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>It runs as people deploy it: compiled ahead of time.</summary>
    public static bool IsNative => Environment.GetEnvironmentVariable("SIDECAR_PROGRAM") is { Length: > 0 };

    public IPEndPoint Traffic { get; }

    public IPEndPoint Health { get; }

    /// <summary>Bytes of it that are in memory now.</summary>
    public long Resident => File.ReadLines($"/proc/{_process.Id}/status").Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
        .Select(line => 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();

    /// <param name="settings">Further configuration, as environment variables.</param>
    public static async Task<SidecarProcess> StartAsync(IPEndPoint upstream, params (string Name, string Value)[] settings)
    {
        var program = Environment.GetEnvironmentVariable("SIDECAR_PROGRAM");
        string[] command = string.IsNullOrEmpty(program) ? ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "sidecar.dll")] : [program];
        var start = new ProcessStartInfo(command[0], [.. command[1..], "run"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings.Concat(
                 [
                     ("SIDECAR__LISTEN", "127.0.0.1:0"), ("SIDECAR__HEALTH__LISTEN", "127.0.0.1:0"), ("SIDECAR__UPSTREAM", $"http://{upstream}"),
                     ("SIDECAR__CONTRACT__FETCHMETADATA", "false"),
                 ]))
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        IPEndPoint? traffic = null, health = null;
        var lines = new ConcurrentQueue<string>();
        while (traffic is null || health is null)
        {
            var line = await process.StandardError.ReadLineAsync(patience.Token) ?? throw new EndOfStreamException($"the sidecar ended at its start: {string.Join('\n', lines)}");
            lines.Enqueue(line);
            if (line.Contains(" relaying ", StringComparison.Ordinal))
                traffic = IPEndPoint.Parse(line.Split(" relaying ")[1].Split(' ')[0]);
            if (line.Contains(" metrics on http://", StringComparison.Ordinal))
                health = IPEndPoint.Parse(line.Split(" metrics on http://")[1]);
        }

        _ = KeepAsync(process.StandardError, lines); // nobody else empties the pipe
        return new SidecarProcess(process, traffic, health, lines);
    }

    private static async Task KeepAsync(StreamReader from, ConcurrentQueue<string> lines)
    {
        while (await from.ReadLineAsync(CancellationToken.None) is { } line)
            lines.Enqueue(line);
    }

    /// <summary>The page <c>/metrics</c>, every line of it understood.</summary>
    public async Task<Series> ScrapeAsync()
    {
        var (samples, skipped) = PrometheusText.Parse(await _client.GetStringAsync(new Uri($"http://{Health}/metrics")));
        Assert.Equal(0, skipped);
        return new Series(samples);
    }

    /// <summary>Scrapes until something is so.</summary>
    public async Task<Series> UntilAsync(Func<Series, bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(RelayUnderTest.Patience);
        while (true)
        {
            var series = await ScrapeAsync();
            if (condition(series))
                return series;
            if (deadline.IsCancellationRequested)
                Assert.Fail($"never came true: {what}");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>Waits until nothing is under way, and asserts that both books balance and hold that many exchanges.</summary>
    public async Task<Series> BalancedAsync(long exchanges)
    {
        var series = await UntilAsync(
            now => now.Sum("sidecar_exchanges_total", ("stage", "observed")) == exchanges && Settled(now) == exchanges, $"{exchanges} exchanges settle");
        Assert.Equal(2, series.Of("sidecar_ledger_imbalance").Count());
        Assert.All(series.Of("sidecar_ledger_imbalance"), gauge => Assert.Equal(0, gauge.Value));
        return series;
    }

    /// <summary>Exchanges that are over and told.</summary>
    public static double Settled(Series series) =>
        new[] { "skipped", "opaque", "decoded", "undecodable", "dropped" }.Sum(stage => series.Sum("sidecar_exchanges_total", ("stage", stage)));

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
