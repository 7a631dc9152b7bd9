using System.Net;
using Sidecar.Model;
using Sidecar.Tensors.Protobuf;

namespace Sidecar.Receive;

/// <summary>What the receiver behind said to a request, or why it said nothing.</summary>
/// <param name="Outcome">What to count.</param>
/// <param name="Status">Its HTTP status, or the one that says the same.</param>
/// <param name="Body">Its answer; empty where there is none.</param>
/// <param name="ContentType">Of the answer.</param>
/// <param name="RetryAfter">When to try again, as it said.</param>
/// <param name="Problem">For a person; null where it was taken.</param>
internal sealed record ForwardAnswer(ReceiveOutcome Outcome, int Status, byte[] Body, string? ContentType = null, string? RetryAfter = null, string? Problem = null);

/// <summary>Sends what the application sent on to the receiver behind, over HTTP, as it is: the same bytes, coding and header fields, and no trace context of ours.</summary>
internal sealed class OtlpForwarder : IDisposable
{
    private const int MaxAnswer = 1 << 20;

    /// <summary>As OTLP's exporters give up (OTEL_EXPORTER_OTLP_TIMEOUT).</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // RFC 9110 §7.6.1, and what is gRPC's own. The content's are set with it.
    private static readonly HashSet<string> NotForwarded = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
        "Content-Length", "Content-Type", "Content-Encoding", "Accept-Encoding", "grpc-timeout", "grpc-encoding", "grpc-accept-encoding",
    };

    private readonly HttpClient _client;
    private readonly Uri[] _targets;
    private readonly TimeProvider _time;

    /// <param name="target">Base address: <c>/v1/traces</c> and so on is added.</param>
    /// <param name="time">For <see cref="Patience"/>.</param>
    public OtlpForwarder(Uri target, TimeProvider time)
    {
        _time = time;
        _targets = [.. Enum.GetValues<OtlpSignal>().Select(signal => new UriBuilder(target) { Path = target.AbsolutePath.TrimEnd('/') + "/v1/" + signal.Label() }.Uri)];
        _client = new HttpClient(new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // addresses change
            UseCookies = false,
        })
        {
            MaxResponseContentBufferSize = MaxAnswer,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public async Task<ForwardAnswer> SendAsync(
        OtlpSignal signal, ReadOnlyMemory<byte> body, string contentType, string? contentEncoding, IHeaderDictionary headers, CancellationToken left)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _targets[(int)signal]) { Content = new ReadOnlyMemoryContent(body) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        if (!string.IsNullOrEmpty(contentEncoding))
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", contentEncoding);
        foreach (var (name, values) in headers)
        {
            if (!NotForwarded.Contains(name) && !name.StartsWith(':'))
                request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        using var late = new CancellationTokenSource(Patience, _time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(late.Token, left);
        try
        {
            using var response = await _client.SendAsync(request, over.Token).ConfigureAwait(false);
            return new ForwardAnswer(
                OutcomeOf(response.StatusCode), (int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(over.Token).ConfigureAwait(false), response.Content.Headers.ContentType?.ToString(),
                response.Headers.RetryAfter?.ToString(), response.IsSuccessStatusCode ? null : $"answers {(int)response.StatusCode}");
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            return new ForwardAnswer(ReceiveOutcome.Canceled, StatusCodes.Status499ClientClosedRequest, []);
        }
        catch (OperationCanceledException)
        {
            return new ForwardAnswer(ReceiveOutcome.TimedOut, StatusCodes.Status503ServiceUnavailable, [], Problem: $"has not answered in {Patience.TotalSeconds:0} s");
        }
        catch (HttpRequestException failure)
        {
            return new ForwardAnswer(ReceiveOutcome.Unreachable, StatusCodes.Status503ServiceUnavailable, [], Problem: $"can't be reached: {failure.Message}");
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>How many items the receiver behind left out of a request that it took: <c>partial_success</c> of the answer, its first field in each signal.</summary>
    public static long RejectedIn(ForwardAnswer answer)
    {
        if (answer.ContentType?.StartsWith(OtlpIntake.Json, StringComparison.OrdinalIgnoreCase) == true)
            return OtlpStatus.RejectedInJson(answer.Body);
        var response = new ProtoReader(answer.Body, 0, answer.Body.Length);
        if (!Find(ref response) || !response.ReadMessage(out var partial) || !Find(ref partial) || partial.Type != WireType.Varint)
            return 0;
        return partial.ReadVarint(out var rejected) ? (long)rejected : 0;

        // Field 1 of either.
        static bool Find(ref ProtoReader message)
        {
            while (message.Next())
            {
                if (message.Field == 1)
                    return true;
                if (!message.Skip())
                    return false;
            }

            return false;
        }
    }

    private static ReceiveOutcome OutcomeOf(HttpStatusCode status) => (int)status switch
    {
        >= 200 and < 300 => ReceiveOutcome.Forwarded,
        429 or >= 500 => ReceiveOutcome.Unavailable,
        _ => ReceiveOutcome.Refused,
    };
}
