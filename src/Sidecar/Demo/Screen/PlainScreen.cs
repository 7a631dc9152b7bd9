using System.Globalization;
using Sidecar.Demo.Detection;

namespace Sidecar.Demo.Screen;

/// <summary>For pipes, CI and readers: a line for each change and one every few seconds between.</summary>
internal sealed class PlainScreen : IDemoScreen
{
    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(5);

    private readonly TextWriter _output;
    private TimeSpan _nextStatus = StatusEvery;

    /// <param name="output">Takes the lines.</param>
    /// <param name="lookHere">Said first: where a person can look for themselves.</param>
    public PlainScreen(TextWriter output, string lookHere)
    {
        _output = output;
        Say(lookHere);
    }

    public void Say(string line)
    {
        _output.WriteLine(line);
        _output.Flush();
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
