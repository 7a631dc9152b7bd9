namespace Sidecar.Demo.Detection;

/// <summary>The scrapes of the last while, enough for the longest window asked of it.</summary>
internal sealed class ScrapeHistory(TimeSpan longest)
{
    private readonly List<MetricsSnapshot> _snapshots = [];

    /// <summary>Takes in a scrape and forgets those that no window reaches any more.</summary>
    public void Add(MetricsSnapshot snapshot)
    {
        _snapshots.Add(snapshot);
        // The one just outside the window is where the window begins.
        while (_snapshots.Count > 2 && snapshot.At - _snapshots[1].At >= longest)
            _snapshots.RemoveAt(0);
    }

    /// <summary>The indicators over the last <paramref name="window"/>, or a little more; null while there is less history.</summary>
    public Slis? Over(TimeSpan window)
    {
        if (_snapshots.Count == 0)
            return null;
        var latest = _snapshots[^1];
        var from = _snapshots.FindLast(snapshot => latest.At - snapshot.At >= window);
        return from is null ? null : SliComputation.Between(from, latest);
    }
}
