namespace Sidecar.Demo.Detection;

/// <summary>
/// The demo's detectors, fed with scrapes and nothing else: they know neither what is broken nor when. A detector changes between quiet and firing
/// only when three scrapes in a row say so: a hiccup of one scrape is in two short windows.
/// </summary>
internal sealed class DetectorPanel
{
    private const int InARow = 3;

    private readonly TimeSpan _long;
    private readonly TimeSpan _short;
    private readonly ScrapeHistory _history;
    private readonly Entry[] _entries;
    private TimeSpan? _referenceSince;

    /// <param name="longWindow">Holds enough evidence.</param>
    /// <param name="shortWindow">Shows that it is still going on.</param>
    /// <param name="driftDelta">A drift distance above this is material.</param>
    public DetectorPanel(TimeSpan longWindow, TimeSpan shortWindow, double driftDelta)
    {
        _long = longWindow;
        _short = shortWindow;
        _history = new ScrapeHistory(longWindow);
        _entries = [.. new IDetector[]
        {
            new SuccessDetector(), new LatencyDetector(), new ContractDetector(), new DriftDetector(driftDelta), new AgreementDetector(),
        }.Select(detector => new Entry(detector))];
    }

    /// <summary>The latest word of each detector.</summary>
    public IReadOnlyList<Reading> Readings => [.. _entries.Select(entry => entry.Reading)];

    /// <summary>The indicators over the long window; null before there is one.</summary>
    public Slis? Window { get; private set; }

    /// <summary>Takes in a scrape.</summary>
    public void Observe(MetricsSnapshot snapshot)
    {
        _history.Add(snapshot);
        Window = _history.Over(_long);
        if (Window is not { } window || _history.Over(_short) is not { } recent)
            return;
        if (window.Drift is not null)
            _referenceSince ??= snapshot.At;
        // Nobody's normal is learned from the time before the sidecar had its reference: everything was still warming up.
        var warm = snapshot.At - _referenceSince >= _long;
        foreach (var entry in _entries)
            entry.Observe(window, recent, warm);
    }

    private sealed class Entry(IDetector detector)
    {
        private bool _learned;
        private bool _firing;
        private int _otherwise;

        public Reading Reading { get; private set; } = new(detector.Symptom, DetectorState.Learning, "–", "", "");

        public void Observe(Slis window, Slis recent, bool warm)
        {
            if (!_learned)
                _learned = warm && detector.Learn(window);
            var verdict = detector.Judge(window, recent);
            if (!_learned)
            {
                Reading = new Reading(detector.Symptom, DetectorState.Learning, verdict.Value, "", "");
                return;
            }

            var fires = verdict.State == DetectorState.Firing;
            _otherwise = verdict.State != DetectorState.Unknown && fires != _firing ? _otherwise + 1 : 0;
            if (_otherwise == InARow)
            {
                _firing = fires;
                _otherwise = 0;
            }

            // Without data an alarm is neither kept up nor called off as quiet.
            var state = verdict.State == DetectorState.Unknown ? DetectorState.Unknown : _firing ? DetectorState.Firing : DetectorState.Quiet;
            Reading = new Reading(detector.Symptom, state, verdict.Value, verdict.Limit, _firing ? verdict.Evidence : "");
        }
    }
}
