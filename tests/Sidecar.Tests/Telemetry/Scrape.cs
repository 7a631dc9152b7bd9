namespace Sidecar.Tests.Telemetry;

/// <summary>A page in Prometheus' text format, as far as tests look at it.</summary>
internal sealed record Scrape(IReadOnlyList<(string Name, IReadOnlyDictionary<string, string> Labels)> Series)
{
    /// <summary>Label values of the pages read here hold no comma, quote or brace.</summary>
    public static Scrape Parse(string page) => new([.. page.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(ParseLine)]);

    private static (string, IReadOnlyDictionary<string, string>) ParseLine(string line)
    {
        var open = line.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return (line.Split(' ')[0], new Dictionary<string, string>());
        var labels = line[(open + 1)..line.IndexOf('}', StringComparison.Ordinal)].Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('"'));
        return (line[..open], labels);
    }
}
