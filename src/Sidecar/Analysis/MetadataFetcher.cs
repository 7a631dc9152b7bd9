using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Threading.Channels;
using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Analysis;

/// <summary>
/// Asks the model server for the metadata of models that traffic has named: the only connection that the sidecar opens to
/// it by itself. One connection for each version of HTTP, one question at a time, with back-off; on the thread pool, where it can hang without harm.
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
        using var request = MetadataCall.Request(wish);
        var address = request.RequestUri!;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            using var timer = _time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), patience, Patience, Timeout.InfiniteTimeSpan);
            request.Options.Set(Target, wish.Upstream);
            if (wish.Upstream.Address is UnixDomainSocketEndPoint)
                request.Headers.Host = "localhost";
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, patience.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(patience.Token).ConfigureAwait(false);
            var answer = MetadataCall.Read(wish, response, body);
            if (answer.Metadata is not null)
                wish.Found(answer.Metadata);
            else if (answer.IsUnreadable)
                Log.UnreadableMetadata(_log, address, answer.Said);
            else if (answer.IsFinal)
                Log.NoMetadata(_log, address, answer.Said);
            return answer.IsFinal;
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
            var options = target.Tls();
            if (context.InitialRequestMessage.Version == HttpVersion.Version20)
                options.ApplicationProtocols = [SslApplicationProtocol.Http2];
            await tls.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
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
        public static partial void NoMetadata(ILogger logger, Uri address, string status);

        [LoggerMessage(EventIds.MetadataUnreadable, LogLevel.Warning, "the metadata at {Address} can't be read ({Reason}): the contract is not checked")]
        public static partial void UnreadableMetadata(ILogger logger, Uri address, string reason);

        [LoggerMessage(EventIds.MetadataFailed, LogLevel.Warning, "the metadata at {Address} could not be fetched, trying again with back-off: {Failure}")]
        public static partial void MetadataFailed(ILogger logger, Uri address, string failure);
    }
}
