using System.Globalization;
using Sidecar.Demo.Detection;
using Sidecar.Demo.Schedule;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Sidecar.Demo.Screen;

/// <summary>A table that is redrawn in place, and the latest changes below it.</summary>
internal sealed class LiveScreen : IDemoScreen
{
    private const int LinesKept = 8;

    private readonly Queue<string> _said = [];
    private readonly string _lookHere;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _live;
    private LiveDisplayContext? _context;

    /// <param name="output">A terminal.</param>
    /// <param name="lookHere">A line that stays: where a person can look for themselves.</param>
    public LiveScreen(TextWriter output, string lookHere)
    {
        _lookHere = lookHere;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        _live = console.Live(new Text("starting")).StartAsync(context =>
        {
            _context = context;
            return _closed.Task;
        });
    }

    public void Say(string line)
    {
        _said.Enqueue(line);
        if (_said.Count > LinesKept)
            _said.Dequeue();
    }

    public void Show(DemoView view) => _context?.UpdateTarget(Picture(view));

    public async ValueTask DisposeAsync()
    {
        _closed.TrySetResult();
        await _live;
    }

    private Rows Picture(DemoView view)
    {
        var colour = view.Phase == DemoPhase.Broken ? Color.Red : Color.Green;
        var lines = new List<IRenderable>
        {
            new Text(Phrases.Phase(view), new Style(colour, decoration: Decoration.Bold)),
            Table(view),
            new Text(string.Create(CultureInfo.InvariantCulture,
                $"{view.Elapsed.TotalSeconds:0} s; this phase ends at {view.Deadline.TotalSeconds:0} s at the latest; ")
                + $"client: {view.Succeeded} succeeded, {view.Failed} failed"),
            new Text(_lookHere),
            new Rule(),
        };
        lines.AddRange(_said.Select(line => new Text(line)));
        return new Rows(lines);
    }

    private static Table Table(DemoView view)
    {
        var rate = view.RequestsPerSecond is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0}") : "–";
        var table = new Table().RoundedBorder()
            .AddColumn("indicator, by /metrics alone")
            .AddColumn(new TableColumn("now").RightAligned())
            .AddColumn(new TableColumn("allowed").RightAligned())
            .AddColumn("detector");
        table.AddRow(new Text("requests/s"), new Text(rate), Text.Empty, Text.Empty);
        foreach (var reading in view.Readings)
        {
            table.AddRow(new Text(Phrases.Of(reading.Symptom)), new Text(reading.Value), new Text(reading.Limit),
                new Text(Phrases.Of(reading.State), new Style(reading.State switch
                {
                    DetectorState.Firing => Color.Red,
                    DetectorState.Quiet => Color.Green,
                    _ => Color.Yellow,
                })));
        }

        return table;
    }
}
