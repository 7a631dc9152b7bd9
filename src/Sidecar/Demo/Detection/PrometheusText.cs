using System.Globalization;
using System.Text;

namespace Sidecar.Demo.Detection;

/// <summary>
/// A tolerant reader of Prometheus' text exposition format 0.0.4 and of OpenMetrics text: comments, time stamps and exemplars are passed over,
/// and a line that makes no sense is skipped and counted.
/// </summary>
internal static class PrometheusText
{
    /// <summary>The samples of the page, and how many lines were not understood.</summary>
    public static (IReadOnlyList<MetricSample> Samples, int Skipped) Parse(string page)
    {
        var samples = new List<MetricSample>();
        var skipped = 0;
        foreach (var range in page.AsSpan().Split('\n'))
        {
            var line = page.AsSpan(range).Trim();
            if (line.IsEmpty || line[0] == '#')
                continue;
            if (ParseLine(line) is { } sample)
                samples.Add(sample);
            else
                skipped++;
        }

        return (samples, skipped);
    }

    private static MetricSample? ParseLine(ReadOnlySpan<char> line)
    {
        var nameEnd = line.IndexOfAny('{', ' ', '\t');
        if (nameEnd <= 0)
            return null;
        var labels = new List<KeyValuePair<string, string>>();
        var at = nameEnd;
        if (line[at] == '{' && !ParseLabels(line, ref at, labels))
            return null;
        var rest = line[at..].TrimStart();
        var valueEnd = rest.IndexOfAny(' ', '\t');
        return Number(valueEnd < 0 ? rest : rest[..valueEnd]) is { } value
            ? new MetricSample(line[..at].ToString(), line[..nameEnd].ToString(), labels, value)
            : null;
    }

    // On entry `at` is at the opening brace, on success just behind the closing one.
    private static bool ParseLabels(ReadOnlySpan<char> line, ref int at, List<KeyValuePair<string, string>> labels)
    {
        at++;
        while (true)
        {
            while (at < line.Length && line[at] is ',' or ' ')
                at++;
            if (at >= line.Length)
                return false;
            if (line[at] == '}')
            {
                at++;
                return true;
            }

            var equals = line[at..].IndexOf('=');
            if (equals <= 0 || at + equals + 1 >= line.Length || line[at + equals + 1] != '"')
                return false;
            var name = line.Slice(at, equals).Trim().ToString();
            at += equals + 2;
            if (ParseQuoted(line, ref at) is not { } value)
                return false;
            labels.Add(new(name, value));
        }
    }

    // On entry `at` is behind the opening quote, on success behind the closing one. Escapes: \\, \" and \n.
    private static string? ParseQuoted(ReadOnlySpan<char> line, ref int at)
    {
        var value = new StringBuilder();
        for (; at < line.Length; at++)
        {
            switch (line[at])
            {
                case '"':
                    at++;
                    return value.ToString();
                case '\\' when at + 1 < line.Length:
                    at++;
                    value.Append(line[at] == 'n' ? '\n' : line[at]);
                    break;
                default:
                    value.Append(line[at]);
                    break;
            }
        }

        return null;
    }

    private static double? Number(ReadOnlySpan<char> text) => text switch
    {
        "+Inf" or "Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null,
    };
}
