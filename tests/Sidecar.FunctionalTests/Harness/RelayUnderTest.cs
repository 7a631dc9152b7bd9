using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sidecar.Accounting;
using Sidecar.Configuration;
using Sidecar.Testing;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>The real application on free ports of the loopback interface, in front of an upstream that the test owns.</summary>
internal sealed class RelayUnderTest : IAsyncDisposable
{
    /// <summary>How long a condition that must come true may take on a machine that is busy with other things.</summary>
    public static readonly TimeSpan Patience = Waiting.Patience;

    private static readonly EndPointSetting FreePort = new("127.0.0.1", 0);

    private RelayUnderTest(SidecarApplication application) => Application = application;

    public SidecarApplication Application { get; }

    /// <summary>Where clients reach the upstream of <see cref="StartAsync(int, Func{SidecarOptions, SidecarOptions}?, SidecarHooks?)"/>.</summary>
    public IPEndPoint Traffic => Application.Traffic[0];

    /// <summary>Where <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> are served.</summary>
    public IPEndPoint Health => Application.Health;

    /// <summary>The book of exchanges, now.</summary>
    public ExchangeTotals Exchanges => Application.Exchanges;

    /// <param name="upstreamPort">On 127.0.0.1; nothing need listen there.</param>
    /// <param name="configure">Changes the options, which are the defaults but for addresses.</param>
    /// <param name="hooks">Null: no logs, and no environment variables.</param>
    public static async Task<RelayUnderTest> StartAsync(
        int upstreamPort, Func<SidecarOptions, SidecarOptions>? configure = null, SidecarHooks? hooks = null)
    {
        var options = new SidecarOptions
        {
            Upstream = new UpstreamSetting("127.0.0.1", upstreamPort),
            Listen = FreePort,
            Health = new HealthOptions { Listen = FreePort },
        };
        options = configure?.Invoke(options) ?? options;
        return new RelayUnderTest(await SidecarApplication.StartAsync(options, hooks ?? new SidecarHooks { Variable = _ => null }));
    }

    /// <summary>For an upstream that takes each connection for the next client's: the sidecar opens none of its own.</summary>
    public static SidecarOptions WithoutMetadata(SidecarOptions options) => options with { Contract = new ContractOptions { FetchMetadata = false } };

    /// <summary>One more pair of listener and upstream, for the options' <c>Listeners</c>.</summary>
    public static ListenerOptions Listener(string name, int upstreamPort) =>
        new() { Name = name, Listen = FreePort, Upstream = new UpstreamSetting("127.0.0.1", upstreamPort) };

    /// <summary>Waits for a condition, and fails with what it was when the time is up.</summary>
    public static Task UntilAsync(Func<bool> condition, string what, TimeSpan? patience = null) => Waiting.UntilAsync(condition, what, patience);

    /// <summary>Waits until nothing is under way, and holds the two sides of the book against each other.</summary>
    public async Task<ExchangeTotals> SettledAsync()
    {
        await UntilAsync(() => Exchanges is { Pending: 0 } totals && totals.Observed == totals.Settled, "the book of exchanges settles");
        return Exchanges;
    }

    /// <summary>The sum of the exchanges that <c>/metrics</c> shows for a stage and, where given, a reason.</summary>
    public async Task<long> CountAsync(string stage, string? reason = null)
    {
        long sum = 0;
        foreach (var line in (await MetricsAsync()).Split('\n'))
        {
            if (line.StartsWith("sidecar_exchanges_total{", StringComparison.Ordinal)
                && line.Contains($"stage=\"{stage}\"", StringComparison.Ordinal)
                && (reason is null || line.Contains($"reason=\"{reason}\"", StringComparison.Ordinal)))
                sum += long.Parse(line.AsSpan(line.IndexOf('}', StringComparison.Ordinal) + 1).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
        }

        return sum;
    }

    /// <summary>The page <c>/metrics</c>.</summary>
    public async Task<string> MetricsAsync()
    {
        using var client = new HttpClient { Timeout = Patience };
        return await client.GetStringAsync(new Uri($"http://{Health}/metrics"));
    }

    /// <summary>A client that connects is reset without a byte, as the upstream can't be reached.</summary>
    public async Task AssertRefusedAsync(ReadOnlyMemory<byte> request)
    {
        var refused = Application.Relay[0].EndedAs(Model.ConnectionEnd.UpstreamRefused);
        try
        {
            using var client = await RawConnection.ConnectAsync(Traffic);
            await client.SendAsync(request);
            var (bytes, reset) = await client.ReceiveToAnyEndAsync();
            Assert.Empty(bytes);
            Assert.True(reset);
        }
        catch (Exception failure) when ((failure.InnerException ?? failure) is SocketException
        {
            SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted,
        })
        {
            // The reset was here before the connection was known to be open, or before the request was out.
        }

        // The last that is written of a connection: the client sees the reset before its exchange is in the book.
        await UntilAsync(() => Application.Relay[0].EndedAs(Model.ConnectionEnd.UpstreamRefused) == refused + 1, "the refusal is counted");
    }

    public async ValueTask DisposeAsync() => await Application.DisposeAsync();
}
