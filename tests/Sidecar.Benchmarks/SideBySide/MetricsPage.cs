using System.Globalization;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>The two numbers that this harness reads from a sidecar's <c>/metrics</c> (Prometheus text format).</summary>
/// <param name="Decoded">Exchanges decoded so far, or null if the page doesn't count them.</param>
/// <param name="AllocatedBytes">Managed bytes allocated so far, or null if the page doesn't export them.</param>
internal readonly record struct MetricsPage(double? Decoded, double? AllocatedBytes)
{
    public static async Task<MetricsPage> ReadAsync(HttpClient http, int port, CancellationToken stop)
    {
        string[] lines = (await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), stop)).Split('\n');
        return new(
            Sum(lines, series => series.StartsWith("sidecar_exchanges_total{", StringComparison.Ordinal)
                && series.Contains("stage=\"decoded\"", StringComparison.Ordinal)),
            Sum(lines, series => series.StartsWith("dotnet_gc_heap_total_allocated", StringComparison.Ordinal)));
    }

    private static double? Sum(string[] lines, Func<string, bool> wanted)
    {
        double? sum = null;
        foreach (var line in lines.Where(wanted))
        {
            // "name{labels} value", where a label's value may hold spaces and what follows the value may be a timestamp.
            var afterName = line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var value = line.Contains('}', StringComparison.Ordinal) ? afterName[0] : afterName[1];
            sum = (sum ?? 0) + double.Parse(value, CultureInfo.InvariantCulture);
        }

        return sum;
    }
}
