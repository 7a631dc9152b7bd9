using System.Net.Http.Headers;
using System.Text;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>A peer that has started and answered correctly once.</summary>
internal sealed class RunningPeer : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // After the load, a peer may still have work queued; one that isn't idle by then is measured as it is.
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(5);

    private readonly PeerPlan _plan;
    private readonly Child? _child;
    private readonly HttpClient _http;

    private RunningPeer(string name, PeerPlan plan, Child? child, HttpClient http) => (Name, _plan, _child, _http) = (name, plan, child, http);

    public string Name { get; }

    /// <summary>Starts the peer and posts one request; returns it, or throws <see cref="PeerFailedException"/> with what happened instead.</summary>
    /// <param name="expected">The answer that must come back unchanged; null takes any answer of 200.</param>
    public static async Task<RunningPeer> StartAsync(
        string name, PeerPlan plan, HttpClient http, string body, string? expected, CancellationToken stop)
    {
        var child = plan.Command.Length == 0 ? null : Child.Start(plan.Command, plan.Environment);
        try
        {
            var peer = new RunningPeer(name, plan, child, http);
            var answer = await peer.FirstAnswerAsync(body, stop);
            if (expected is not null && answer != expected)
                throw new PeerFailedException($"answered '{answer}' where the model server answers '{expected}'");
            return peer;
        }
        catch
        {
            child?.Dispose();
            throw;
        }
    }

    /// <summary>The answer to one request.</summary>
    public async Task<string> AskAsync(string body, CancellationToken stop)
    {
        using var content = new StringContent(body, Encoding.ASCII, new MediaTypeHeaderValue("application/json"));
        using var response = await _http.PostAsync(new Uri($"http://127.0.0.1:{_plan.Port}{NginxConfiguration.InferPath}"), content, stop);
        var answer = await response.Content.ReadAsStringAsync(stop);
        return response.IsSuccessStatusCode ? answer : throw new PeerFailedException($"answered {(int)response.StatusCode}: {answer}");
    }

    /// <summary>One turn: the load, then what it cost.</summary>
    public async Task<Measurement> MeasureAsync(Load load, int connections, int round, TimeSpan duration, CancellationToken stop)
    {
        // Reading the page costs memory too; the difference of two readings says how much.
        var earlier = await MetricsAsync(stop);
        var before = await MetricsAsync(stop);
        var usageBefore = _child?.Usage;
        var result = await load.RunAsync(_plan.Port, connections, duration, stop);
        var usageAfter = await SettledUsageAsync(stop);
        var measurement = new Measurement
        {
            Peer = Name,
            Connections = connections,
            Round = round,
            Requests = result.Requests,
            RequestsPerSecond = result.Requests / result.Seconds,
            P50Microseconds = result.P50,
            P99Microseconds = result.P99,
            UserMicroseconds = (usageAfter?.User - usageBefore?.User)?.TotalMicroseconds / result.Requests,
            SystemMicroseconds = (usageAfter?.System - usageBefore?.System)?.TotalMicroseconds / result.Requests,
            ResidentBytes = usageAfter?.ResidentBytes,
            Problem = _child is { HasExited: true } ? _child.Ending() : result.Problem,
        };
        if (measurement.Problem is not null || _plan.MetricsPort is null)
            return measurement;

        var after = await MetricsAsync(stop);
        var share = (after.Decoded - before.Decoded) / result.Requests;
        return measurement with
        {
            DecodedShare = share,
            AllocatedBytes = (after.AllocatedBytes - before.AllocatedBytes - (before.AllocatedBytes - earlier.AllocatedBytes)) / result.Requests,
            Problem = _plan.DecodesAll ? DecodeProblem(share, result.Requests, connections) : null,
        };
    }

    public void Dispose() => _child?.Dispose();

    // wrk leaves with up to one request in flight on each connection: the proxy sees those, wrk doesn't count them.
    private static string? DecodeProblem(double? share, long requests, int connections) => share switch
    {
        null => "/metrics has no sidecar_exchanges_total{stage=\"decoded\"}",
        < 1 => $"only {share:P2} of the requests were decoded",
        _ when share > 1 + ((double)connections / requests) => $"{share:P2} of the requests were decoded: some were counted twice",
        _ => null,
    };

    // A page that can't be read has no numbers: a row that needs them fails by that, the others don't.
    private async Task<MetricsPage> MetricsAsync(CancellationToken stop)
    {
        try
        {
            return _plan.MetricsPort is { } port ? await MetricsPage.ReadAsync(_http, port, stop) : default;
        }
        catch (HttpRequestException)
        {
            return default;
        }
    }

    private async Task<string> FirstAnswerAsync(string body, CancellationToken stop)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            if (_child is { HasExited: true })
                throw new PeerFailedException(_child.Ending());
            try
            {
                return await AskAsync(body, stop);
            }
            catch (HttpRequestException refused) when (waited >= StartLimit)
            {
                throw new PeerFailedException($"no answer within {StartLimit.TotalSeconds} s: {refused.Message}");
            }
            catch (TaskCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new PeerFailedException($"took the request and gave no answer within {_http.Timeout.TotalSeconds} s");
            }
            catch (HttpRequestException)
            {
                await Task.Delay(Pause, stop);
            }
        }
    }

    /// <summary>Usage once the peer is idle: what is still queued when the load ends belongs to the load.</summary>
    private async Task<ProcessUsage?> SettledUsageAsync(CancellationToken stop)
    {
        if (_child is null)
            return null;
        var last = _child.Usage;
        for (var waited = TimeSpan.Zero; waited < SettleLimit; waited += Pause)
        {
            await Task.Delay(Pause, stop);
            var now = _child.Usage;
            // One tick of the clock that /proc counts in is within what an idle process with a timer uses.
            if (now.Cpu - last.Cpu <= TimeSpan.FromMilliseconds(10))
                return now;
            last = now;
        }

        return last;
    }
}

/// <summary>A peer that is here but doesn't work; the message says why.</summary>
internal sealed class PeerFailedException(string message) : Exception(message);
