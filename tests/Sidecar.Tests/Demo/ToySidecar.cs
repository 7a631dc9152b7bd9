using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sidecar.Demo;
using Sidecar.Demo.Serving;

namespace Sidecar.Tests.Demo;

/// <summary>
/// A stand-in for the sidecar: forwards over HTTP and keeps, in the simplest way, the metrics that the demo reads. It knows nothing of the demo's
/// breaks; what it reports, it has seen on the wire or scored itself.
/// </summary>
internal sealed class ToySidecar : IDemoSidecar
{
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

    private readonly DemoSidecarSettings _settings;
    private readonly Func<string, bool> _shown;
    private readonly HttpClient _upstream = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) });
    private readonly ConcurrentDictionary<string, long> _counters = new();
    private readonly ConcurrentQueue<(long At, double Ratio)> _recent = new();
    private readonly WebApplication _application;
    private readonly Lock _shadowLock = new();
    private OnnxModel? _shadow;
    private DateTime _shadowWritten;
    private HashSet<string>? _features;
    private double _largest;
    private int _learned;

    private ToySidecar(DemoSidecarSettings settings, Func<string, bool> shown)
    {
        _settings = settings;
        _shown = shown;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _application = builder.Build();
        _application.Run(context => context.Request.Path == "/metrics" ? context.Response.WriteAsync(Page()) : ForwardAsync(context));
    }

    public Uri Traffic { get; private set; } = null!;

    public Uri? GrpcTraffic => null;

    public Uri Health => Traffic;

    public bool Disposed { get; private set; }

    /// <param name="settings">What the demo asks for.</param>
    /// <param name="shown">Which lines of the metrics page are there; others it is blind to.</param>
    public static async Task<ToySidecar> StartAsync(DemoSidecarSettings settings, Func<string, bool> shown)
    {
        var toy = new ToySidecar(settings, shown);
        await toy._application.StartAsync();
        toy.Traffic = new Uri(toy._application.Urls.Single());
        return toy;
    }

    public async ValueTask DisposeAsync()
    {
        Disposed = true;
        await _application.DisposeAsync();
        _upstream.Dispose();
        _shadow?.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var started = Stopwatch.GetTimestamp();
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var error = "";
        try
        {
            using var content = new ByteArrayContent(body.ToArray());
            using var response = await _upstream.PostAsync(new Uri(_settings.Upstream, context.Request.Path.Value), content, context.RequestAborted);
            var answer = await response.Content.ReadAsByteArrayAsync();
            error = response.IsSuccessStatusCode ? "" : ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            Observe(body.ToArray(), answer, response.IsSuccessStatusCode);
            context.Response.StatusCode = (int)response.StatusCode;
            context.Response.ContentLength = answer.Length;
            await context.Response.Body.WriteAsync(answer);
        }
        catch (HttpRequestException)
        {
            error = "connection_refused";
            context.Abort();
        }
        catch (OperationCanceledException)
        {
            error = "cancelled";
        }

        Count($"sidecar_inference_duration_seconds_count{{error_type=\"{error}\"}}");
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        foreach (var bound in Bounds.Where(bound => seconds <= bound))
            Count(string.Create(CultureInfo.InvariantCulture, $"sidecar_inference_duration_seconds_bucket{{le=\"{bound}\"}}"));
        Count("sidecar_inference_duration_seconds_bucket{le=\"+Inf\"}");
    }

    private void Observe(byte[] request, byte[] answer, bool answered)
    {
        using var document = JsonDocument.Parse(request);
        var inputs = document.RootElement.GetProperty("inputs").EnumerateArray().ToList();
        var names = inputs.Select(input => input.GetProperty("name").GetString()!).ToHashSet();
        _features ??= names;
        foreach (var missing in _features.Except(names))
            Count($"sidecar_contract_violations_total{{side=\"input\",kind=\"missing\",feature=\"{missing}\"}}");
        foreach (var extra in names.Except(_features))
            Count($"sidecar_contract_violations_total{{side=\"input\",kind=\"extra\",feature=\"{extra}\"}}");
        var ratio = inputs.Single(input => input.GetProperty("name").GetString() == "debt_to_income_ratio").GetProperty("data")[0].GetDouble();
        if (Interlocked.Increment(ref _learned) <= _settings.LearnAfter)
            _largest = Math.Max(_largest, ratio);
        _recent.Enqueue((Stopwatch.GetTimestamp(), ratio));
        if (answered && Random.Shared.NextDouble() < _settings.ShadowRate)
            Compare(document.RootElement, answer);
    }

    private void Compare(JsonElement request, byte[] answer)
    {
        lock (_shadowLock)
        {
            var written = File.GetLastWriteTimeUtc(_settings.ShadowFile);
            if (_shadow is null || written != _shadowWritten)
            {
                _shadow?.Dispose();
                _shadow = new OnnxModel("shadow", "2", File.ReadAllBytes(_settings.ShadowFile));
                _shadowWritten = written;
            }

            using var shadow = Answers.Of(_shadow, Encoding.UTF8.GetBytes(request.GetRawText()));
            using var primary = JsonDocument.Parse(answer);
            var same = Label(shadow.RootElement) == Label(primary.RootElement);
            Count($"sidecar_shadow_comparisons_total{{result=\"{(same ? "agree" : "disagree")}\"}}");
        }
    }

    private static long Label(JsonElement answer) => answer.GetProperty("outputs").EnumerateArray()
        .Single(output => output.GetProperty("name").GetString() == "label").GetProperty("data")[0].GetInt64();

    private void Count(string series) => _counters.AddOrUpdate(series, 1, static (_, count) => count + 1);

    private string Page()
    {
        var lines = _counters.Select(counter => string.Create(CultureInfo.InvariantCulture, $"{counter.Key} {counter.Value}")).ToList();
        while (_recent.TryPeek(out var oldest) && Stopwatch.GetElapsedTime(oldest.At) > _settings.DriftWindow)
            _recent.TryDequeue(out _);
        var ratios = _recent.Select(entry => entry.Ratio).ToList();
        if (_learned > _settings.LearnAfter && ratios.Count > 0)
        {
            var outside = (double)ratios.Count(ratio => ratio > 2 * _largest) / ratios.Count;
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"sidecar_drift_distance_ratio{{side=\"input\",feature=\"debt_to_income_ratio\",bound=\"lower\"}} {outside}"));
        }

        return string.Join('\n', lines.Where(_shown)) + "\n";
    }
}
