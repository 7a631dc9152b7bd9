using System.Text;
using Sidecar.Commands;
using Sidecar.Demo;
using Sidecar.Demo.Schedule;
using Sidecar.Demo.Screen;

namespace Sidecar.Tests.Demo;

/// <summary>The whole demo: real sockets, real model server, real load, real clock; where the sidecar must be wrong, a stand-in for it.</summary>
[Collection(nameof(DemoRunnerTests))]
public sealed class DemoRunnerTests : IDisposable
{
    // Ends by itself long before the total: each break ends when it is detected.
    private static readonly DemoTimes Quick = new()
    {
        Scrape = TimeSpan.FromMilliseconds(200),
        Window = TimeSpan.FromSeconds(1.5),
        ShortWindow = TimeSpan.FromSeconds(0.6),
        QuietFor = TimeSpan.FromSeconds(1.5),
        LearnBy = TimeSpan.FromSeconds(60),
        Total = TimeSpan.FromSeconds(180),
    };

    private static readonly string[] Breaks = ["renamed feature", "unit error ×100", "disagreeing candidate", "slow model", "dead upstream"];

    private readonly LineWriter _output = new();
    private DemoSidecarSettings? _settings;
    private ToySidecar? _sidecar;

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task Every_break_is_detected_and_the_exit_code_is_0()
    {
        var flags = new DemoFlags();
        var code = await DemoRunner.RunAsync(new DemoArguments { Plain = true }, Quick, async (settings, cancellation) =>
        {
            // A smaller reference than the length of the run asks for, so that the test need not wait for it.
            _settings = settings with { LearnAfter = 800 };
            return await DemoSidecar.StartAsync(_settings, flags.Listen, flags.Health, cancellation);
        }, TimeProvider.System, _output, TestContext.Current.CancellationToken);
        var text = _output.ToString();
        foreach (var name in Breaks)
            Assert.Contains($"breaking: {name}", text, StringComparison.Ordinal);
        Assert.True(text.Split("DETECTED after").Length - 1 == 5, text);
        Assert.DoesNotContain("FALSE ALARM", text, StringComparison.Ordinal);
        Assert.Contains("missing loan_length", text, StringComparison.Ordinal);
        Assert.Contains("also fired: success", text, StringComparison.Ordinal);
        Assert.Contains("demo windows are short", text, StringComparison.Ordinal);
        Assert.Equal(0, code);
        Assert.False(Directory.Exists(Path.GetDirectoryName(_settings!.ShadowFile)));
    }

    [Fact]
    public async Task A_break_that_the_sidecar_does_not_see_is_missed_and_the_exit_code_is_1()
    {
        using var enough = new CancellationTokenSource();
        _output.OnLine = line =>
        {
            if (line.Contains("MISSED", StringComparison.Ordinal))
                enough.Cancel();
        };
        var hurried = Quick with { Total = null, Unhurried = TimeSpan.FromSeconds(3) };
        Assert.Equal(1, await RunAsync(hurried, line => !line.Contains("contract_violations", StringComparison.Ordinal), cancellation: enough.Token));
        Assert.Contains("MISSED: renamed feature", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_detector_that_fires_before_the_first_break_fails_the_demo()
    {
        using var enough = new CancellationTokenSource();
        _output.OnLine = line =>
        {
            if (line.Contains("FALSE ALARM", StringComparison.Ordinal))
                enough.Cancel();
        };
        // Reports a distance of 1 for ever.
        Assert.Equal(1, await RunAsync(Quick, alwaysDrifting: true, cancellation: enough.Token));
        Assert.Contains("FALSE ALARM before anything was broken: drift", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_demo_cancelled_before_the_breaks_is_inconclusive()
    {
        using var enough = new CancellationTokenSource();
        _output.OnLine = _ => enough.Cancel();
        Assert.Equal(Summary.Inconclusive, await RunAsync(Quick, cancellation: enough.Token));
        Assert.Contains("no turn", _output.ToString(), StringComparison.Ordinal);
        Assert.True(_sidecar!.Disposed);
    }

    [Fact]
    public async Task A_sidecar_that_does_not_start_ends_the_demo_and_leaves_nothing_behind()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => DemoRunner.RunAsync(new DemoArguments { Plain = true }, (settings, _) =>
        {
            _settings = settings;
            throw new InvalidOperationException("no");
        }, TimeProvider.System, _output, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(Path.GetDirectoryName(_settings!.ShadowFile)));
    }

    [Fact]
    public async Task Arguments_that_are_not_allowed_are_all_named()
    {
        var arguments = new DemoArguments { ForDuration = TimeSpan.FromSeconds(5), Rate = 0 };
        Assert.Equal(64, await DemoRunner.RunAsync(arguments, (_, _) => throw new InvalidOperationException("started"), TimeProvider.System, _output,
            TestContext.Current.CancellationToken));
        Assert.Contains("--for", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("--rate: 0", _output.ToString(), StringComparison.Ordinal);
    }

    private async Task<int> RunAsync(
        DemoTimes times, Func<string, bool>? shown = null, bool alwaysDrifting = false, CancellationToken cancellation = default) =>
        await DemoRunner.RunAsync(new DemoArguments { Plain = true, Rate = 300 }, times, async (settings, _) =>
        {
            // The reference of a drifting stand-in is empty, so that everything is outside it.
            _settings = settings with { LearnAfter = alwaysDrifting ? 0 : 500 };
            return _sidecar = await ToySidecar.StartAsync(_settings, shown ?? (_ => true));
        }, TimeProvider.System, _output, cancellation);

    private sealed class LineWriter : StringWriter
    {
        public Action<string>? OnLine { get; set; }

        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            OnLine?.Invoke(value ?? "");
        }
    }
}

/// <summary>Alone: what is normal is learned within a second or two of the real clock, in which others must not take the processor.</summary>
[CollectionDefinition(nameof(DemoRunnerTests), DisableParallelization = true)]
public sealed class RealClock;
