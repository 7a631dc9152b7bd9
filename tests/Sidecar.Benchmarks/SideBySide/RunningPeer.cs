using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Sidecar.Benchmarks.Bodies;

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

    /// <summary>Memory and CPU time of the peer's processes until now; null for a row without a process.</summary>
    public ProcessUsage? Usage => _child?.Usage;

    /// <summary>Where clients reach it.</summary>
    public int Port => _plan.Port;

    /// <summary>Starts the peer and sends one request; returns it, or throws <see cref="PeerFailedException"/> with what happened instead.</summary>
    public static async Task<RunningPeer> StartAsync(string name, PeerPlan plan, HttpClient http, BodyKind body, CancellationToken stop)
    {
        var child = plan.Command.Length == 0 ? null : Child.Start(plan.Command, plan.Environment);
        try
        {
            var peer = new RunningPeer(name, plan, child, http);
            await peer.FirstAnswerAsync(body, stop);
            return peer;
        }
        catch
        {
            child?.Dispose();
            throw;
        }
    }

    /// <summary>Sends one request; throws if the answer isn't the model server's.</summary>
    public async Task AskAsync(BodyKind body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://127.0.0.1:{Port}{body.Path}"))
        {
            Content = new ByteArrayContent(body.SampleRequest),
            Version = body.IsGrpc ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(body.IsGrpc ? "application/grpc" : "application/json");
        if (body.IsGrpc)
            request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await _http.SendAsync(request, stop);
        var answer = await response.Content.ReadAsByteArrayAsync(stop);
        if (!response.IsSuccessStatusCode)
            throw new PeerFailedException($"answered {(int)response.StatusCode}: {Encoding.ASCII.GetString(answer)}");
        if (!answer.AsSpan().SequenceEqual(body.Answer))
            throw new PeerFailedException($"answered {answer.Length} bytes that are not the {body.Answer.Length} of the model server");
        if (body.IsGrpc && !(response.TrailingHeaders.TryGetValues("grpc-status", out var status) && status.Single() == "0"))
            throw new PeerFailedException("lost the trailer grpc-status: 0");
    }

    /// <summary>One turn: the load, then what it cost.</summary>
    public async Task<Measurement> MeasureAsync(Turn turn, int round, TimeSpan duration, CancellationToken stop)
    {
        // Reading the page costs memory too; the difference of two readings says how much.
        var earlier = await MetricsAsync(stop);
        var before = await MetricsAsync(stop);
        var usageBefore = _child?.Usage;
        var result = await turn.Load.RunAsync(Port, turn.Connections, duration, stop);
        var usageAfter = await SettledUsageAsync(stop);
        var measurement = new Measurement
        {
            Peer = Name,
            Body = turn.Body.Name,
            Connections = turn.Connections,
            Rate = turn.Rate,
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
            Problem = _plan.DecodesAll ? DecodeProblem(share, result.Requests, turn.InFlight) : null,
        };
    }

    public void Dispose() => _child?.Dispose();

    // A load leaves with requests in flight: the proxy sees those, the load doesn't count them.
    private static string? DecodeProblem(double? share, long requests, int inFlight) => share switch
    {
        null => "/metrics has no sidecar_exchanges_total{stage=\"decoded\"}",
        < 1 => $"only {share:P2} of the requests were decoded",
        _ when share > 1 + ((double)inFlight / requests) => $"{share:P2} of the requests were decoded: some were counted twice",
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

    private async Task FirstAnswerAsync(BodyKind body, CancellationToken stop)
    {
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            if (_child is { HasExited: true })
                throw new PeerFailedException(_child.Ending());
            try
            {
                await AskAsync(body, stop);
                return;
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
