using System.Globalization;
using Sidecar.Demo.Detection;

namespace Sidecar.Demo.Screen;

/// <summary>For pipes, CI and readers: a line for each change and one every few seconds between.</summary>
internal sealed class PlainScreen(TextWriter output) : IDemoScreen
{
    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(5);

    private TimeSpan _nextStatus = StatusEvery;

    public void Say(string line)
    {
        output.WriteLine(line);
        output.Flush();
    }

    public void Show(DemoView view)
    {
        if (view.Elapsed < _nextStatus)
            return;
        _nextStatus = view.Elapsed + StatusEvery;
        var rate = view.RequestsPerSecond is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0} requests/s") : "no scrape yet";
        var readings = view.Readings.Select(reading =>
            $"{Phrases.Of(reading.Symptom)} {reading.Value}{(reading.State == DetectorState.Quiet ? "" : $" ({Phrases.Of(reading.State)})")}");
        Say(string.Create(CultureInfo.InvariantCulture, $"{view.Elapsed.TotalSeconds,6:0.0} s  {rate}; {string.Join("; ", readings)}"));
    }

    // Lines need no ending.
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
