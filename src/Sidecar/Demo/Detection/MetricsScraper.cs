using System.Net.Sockets;

namespace Sidecar.Demo.Detection;

/// <summary>Reads <c>/metrics</c> over HTTP, as Prometheus would.</summary>
internal sealed class MetricsScraper(Uri health, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan ScrapeTimeout = TimeSpan.FromSeconds(2);

    // Some thousand series; a page above this isn't the sidecar's.
    private const int LargestPage = 16 << 20;

    private readonly long _started = time.GetTimestamp();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = LargestPage,
    };

    /// <summary>The page's address.</summary>
    public Uri Page { get; } = new(health, "/metrics");

    /// <summary>Scrapes that failed.</summary>
    public long Failures { get; private set; }

    /// <summary>One scrape; null where it failed.</summary>
    public async Task<MetricsSnapshot?> ScrapeAsync(CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(ScrapeTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            var page = await _client.GetStringAsync(Page, either.Token);
            var samples = PrometheusText.Parse(page).Samples.Where(sample => sample.Name.StartsWith("sidecar_", StringComparison.Ordinal));
            return new MetricsSnapshot(time.GetElapsedTime(_started), samples);
        }
        catch (Exception failure) when (
            failure is HttpRequestException or IOException or SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            Failures++;
            return null;
        }
    }

    public void Dispose() => _client.Dispose();
}
