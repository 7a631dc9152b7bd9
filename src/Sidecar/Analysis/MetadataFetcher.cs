using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Sidecar.Model;
using Sidecar.Telemetry;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>A wish for a model's metadata.</summary>
/// <param name="Upstream">The model server.</param>
/// <param name="Version">Null: whatever the server serves by default.</param>
internal sealed record MetadataWish(UpstreamTarget Upstream, string Model, string? Version, Action<ModelMetadata> Found);

/// <summary>
/// Asks the model server for the metadata of models that traffic has named: the only connection that the sidecar opens to
/// it by itself. One connection, one question at a time, with back-off; on the thread pool, where it can hang without harm.
/// </summary>
internal sealed partial class MetadataFetcher : IAsyncDisposable
{
    private const int MaxAnswerBytes = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // 1, 2, 4 … 64 s: then the server is asked about once a minute, for as long as it does not answer.
    private const int MaxBackOffDoublings = 6;

    private static readonly HttpRequestOptionsKey<UpstreamTarget> Target = new("target");
    private readonly Channel<MetadataWish> _wishes = Channel.CreateBounded<MetadataWish>(new BoundedChannelOptions(64) { SingleReader = true });
    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public MetadataFetcher(TimeProvider time, ILogger log)
    {
        _time = time;
        _log = log;
        _http = new HttpClient(new SocketsHttpHandler
        {
            MaxConnectionsPerServer = 1, UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ConnectCallback = ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Queues a wish; false when too many are queued, and then the caller may wish again later.</summary>
    public bool Ask(MetadataWish wish) => _wishes.Writer.TryWrite(wish);

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        _wishes.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _http.Dispose();
    }

    private async Task RunAsync()
    {
        List<Task> retries = [];
        try
        {
            await foreach (var wish in _wishes.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                retries.RemoveAll(retry => retry.IsCompleted);
                if (!await TryAsync(wish, attempt: 1).ConfigureAwait(false))
                    retries.Add(RetryAsync(wish));
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }

        await Task.WhenAll(retries).ConfigureAwait(false);
    }

    private async Task RetryAsync(MetadataWish wish)
    {
        try
        {
            for (var attempt = 2; ; attempt++)
            {
                var pause = TimeSpan.FromSeconds(1 << Math.Min(attempt - 2, MaxBackOffDoublings));
                await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(false);
                if (await TryAsync(wish, attempt).ConfigureAwait(false))
                    return;
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <returns>True when there is nothing more to try: found, or a clear no.</returns>
    private async Task<bool> TryAsync(MetadataWish wish, int attempt)
    {
        var path = $"/v2/models/{Uri.EscapeDataString(wish.Model)}" + (wish.Version is null ? "" : $"/versions/{Uri.EscapeDataString(wish.Version)}");
        var address = AddressOf(wish.Upstream.Address, path);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            using var timer = _time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), patience, Patience, Timeout.InfiniteTimeSpan);
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Options.Set(Target, wish.Upstream);
            if (wish.Upstream.Address is UnixDomainSocketEndPoint)
                request.Headers.Host = "localhost";
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
            await answer.Content.LoadIntoBufferAsync(MaxAnswerBytes, patience.Token).ConfigureAwait(false);
            var body = await answer.Content.ReadAsByteArrayAsync(patience.Token).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented or HttpStatusCode.BadRequest)
            {
                Log.NoMetadata(_log, address, (int)answer.StatusCode);
                return true;
            }

            if (answer.IsSuccessStatusCode)
            {
                var error = OpenInferenceJson.DecodeMetadata(body, out var metadata);
                if (metadata is not null)
                    wish.Found(metadata);
                else
                    Log.UnreadableMetadata(_log, address, error.Label());
                return true;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever a server and the HTTP library come up with, the next try is due and the loop goes on.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (attempt == 1)
                Log.MetadataFailed(_log, address, failure.Message);
        }

        return false;
    }

    // HTTP needs a host; those of sockets differ so that their connections are kept apart. TLS, where there is any, is begun below HTTP.
    private static Uri AddressOf(EndPoint upstream, string path) => upstream is UnixDomainSocketEndPoint
        ? new Uri($"http://unix-{StableHash.Of(Encoding.UTF8.GetBytes(upstream.ToString()!)):x16}{path}")
        : new Uri($"http://{upstream}{path}");

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        context.InitialRequestMessage.Options.TryGetValue(Target, out var target);
        var address = target!.Address;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        Stream stream;
        try
        {
            await socket.ConnectAsync(address, cancellation).ConfigureAwait(false);
            stream = new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        if (target.Tls is null)
            return stream;
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(target.Tls(), cancellation).ConfigureAwait(false);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.MetadataAbsent, LogLevel.Information, "{Address} answered {Status}: no metadata, so the contract is not checked")]
        public static partial void NoMetadata(ILogger logger, Uri address, int status);

        [LoggerMessage(EventIds.MetadataUnreadable, LogLevel.Warning, "the metadata at {Address} can't be read ({Reason}): the contract is not checked")]
        public static partial void UnreadableMetadata(ILogger logger, Uri address, string reason);

        [LoggerMessage(EventIds.MetadataFailed, LogLevel.Warning, "the metadata at {Address} could not be fetched, trying again with back-off: {Failure}")]
        public static partial void MetadataFailed(ILogger logger, Uri address, string failure);
    }
}
