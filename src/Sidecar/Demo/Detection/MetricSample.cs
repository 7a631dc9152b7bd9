namespace Sidecar.Demo.Detection;

/// <summary>One line of Prometheus' text format.</summary>
/// <param name="Series">Name and labels as they were written: what identifies the series over scrapes.</param>
/// <param name="Name">The metric's name.</param>
/// <param name="Labels">Its labels, unescaped, in the order written.</param>
/// <param name="Value">Its value; may be NaN or infinite.</param>
internal sealed record MetricSample(string Series, string Name, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value)
{
    /// <summary>The label's value; empty where the label is absent, which means the same in Prometheus.</summary>
    public string Label(string name)
    {
        foreach (var label in Labels)
        {
            if (label.Key == name)
                return label.Value;
        }

        return "";
    }
}
