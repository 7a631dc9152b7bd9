using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Sidecar.Demo.Serving.Protos;

namespace Sidecar.Demo.Traffic;

/// <summary>
/// The client: replays rows, drawn with replacement so that they are independent and identically distributed, at a steady rate over keep-alive
/// connections. A target that fails is counted and tried again, as clients do; nothing that the target does ends the load.
/// </summary>
internal sealed class DemoLoad : IAsyncDisposable
{
    // Enough requests in flight for 100 requests a second at 300 ms each; with a fast model a few connections serve them all.
    private const int Workers = 32;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(10);

    private readonly Uri _infer;
    private readonly DemoRows _rows;
    private readonly TimeSpan _period;
    private readonly int _seed;
    private readonly TimeProvider _time;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly string _model;
    private readonly GrpcChannel? _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient? _calls;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task[] _workers = new Task[Workers];
    private int _fault;
    private long _sent;
    private long _succeeded;
    private long _failed;

    private DemoLoad(Uri traffic, Uri? grpcTraffic, string model, DemoRows rows, int rate, int seed, TimeProvider time)
    {
        _model = model;
        if (grpcTraffic is not null)
        {
            _channel = GrpcChannel.ForAddress(grpcTraffic, new GrpcChannelOptions { HttpHandler = new SocketsHttpHandler { UseProxy = false }, DisposeHttpClient = true });
            _calls = new GRPCInferenceService.GRPCInferenceServiceClient(_channel);
        }

        _infer = new Uri(traffic, $"/v2/models/{model}/infer");
        _rows = rows;
        _period = TimeSpan.FromSeconds((double)Workers / rate);
        _seed = seed;
        _time = time;
    }

    /// <summary>What is wrong with the requests sent from now on.</summary>
    public InputFault Fault
    {
        get => (InputFault)Volatile.Read(ref _fault);
        set => Volatile.Write(ref _fault, (int)value);
    }

    /// <summary>Requests answered with a 2xx status.</summary>
    public long Succeeded => Volatile.Read(ref _succeeded);

    /// <summary>Requests that failed: another status, a reset, or no answer in time.</summary>
    public long Failed => Volatile.Read(ref _failed);

    /// <summary>Starts sending; disposing stops it.</summary>
    /// <param name="traffic">Where to send requests of REST.</param>
    /// <param name="grpcTraffic">Where to send calls of gRPC: every other request is one. Null: none is.</param>
    /// <param name="model">The model asked for.</param>
    /// <param name="rows">What is sent.</param>
    /// <param name="rate">Requests a second; fewer while answers are slow.</param>
    /// <param name="seed">Decides which rows are drawn.</param>
    /// <param name="time">Paces the requests.</param>
    public static DemoLoad Start(Uri traffic, Uri? grpcTraffic, string model, DemoRows rows, int rate, int seed, TimeProvider time)
    {
        var load = new DemoLoad(traffic, grpcTraffic, model, rows, rate, seed, time);
        for (var worker = 0; worker < Workers; worker++)
            load._workers[worker] = load.WorkAsync(worker, load._stop.Token);
        return load;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_workers);
        _client.Dispose();
        _channel?.Dispose();
        _stop.Dispose();
    }

    private async Task WorkAsync(int worker, CancellationToken stop)
    {
        var random = new Random(unchecked(_seed * Workers + worker));
        try
        {
            // Spread over one period: a steady stream instead of a volley from all workers at once.
            await Task.Delay(_period * ((double)worker / Workers), _time, stop);
            // A tick that comes while a request is in flight is kept, but only one: a slow model lowers the rate and leaves no backlog.
            using var ticks = new PeriodicTimer(_period, _time);
            do
            {
                await SendAsync(random.Next(_rows.Count), stop);
            }
            while (await ticks.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped.
        }
    }

    private async Task SendAsync(int row, CancellationToken stop)
    {
        var number = Interlocked.Increment(ref _sent);
        var id = string.Create(CultureInfo.InvariantCulture, $"demo-{number}");
        if (_calls is not null && number % 2 == 0)
        {
            await CallAsync(_calls, _rows.Call(_model, row, id, Fault), stop);
            return;
        }

        using var content = new ReadOnlyMemoryContent(_rows.Request(row, id, Fault));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var timeout = new CancellationTokenSource(RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        try
        {
            using var response = await _client.PostAsync(_infer, content, either.Token);
            Interlocked.Increment(ref response.IsSuccessStatusCode ? ref _succeeded : ref _failed);
        }
        catch (Exception failure) when (
            failure is HttpRequestException or IOException or SocketException || (failure is OperationCanceledException && !stop.IsCancellationRequested))
        {
            // The first three may also meet the stop, and must not end the demo as a bug of ours then.
            // A bare SocketException is what HttpClient lets out of a connection that was reset at the moment it was established.
            Interlocked.Increment(ref _failed);
        }
    }

    private async Task CallAsync(GRPCInferenceService.GRPCInferenceServiceClient calls, ModelInferRequest request, CancellationToken stop)
    {
        using var timeout = new CancellationTokenSource(RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        try
        {
            await calls.ModelInferAsync(request, cancellationToken: either.Token);
            Interlocked.Increment(ref _succeeded);
        }
        catch (Exception failure) when (failure is RpcException || (failure is OperationCanceledException && !stop.IsCancellationRequested))
        {
            stop.ThrowIfCancellationRequested();
            Interlocked.Increment(ref _failed);
        }
    }
}
