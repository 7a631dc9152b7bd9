using System.Text;
using Sidecar.Model;
using Sidecar.Statistics;
using Sidecar.Statistics.Drift;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>
/// Step 8, for one side of one model: a reference that a person gave, or one learned from the first requests; then one window after another held
/// against it, and the engine that raises alarms. Written by one worker; <see cref="Latest"/>, <see cref="Results"/> and <see cref="Now"/> may be read by anyone.
/// </summary>
/// <param name="given">What a person gave; null: it is learned.</param>
/// <param name="accuracy">Estimates the accuracy of the same windows; null: nobody gave a calibration.</param>
/// <param name="names">The name of a feature as a label; null for one that holds what may not leave, and then it is no feature. Null: any name is a label.</param>
internal sealed class FeatureWindows(
    Side side, DriftSettings settings, IReadOnlyList<FeatureReference>? given = null, AccuracyWatch? accuracy = null, Func<ReadOnlySpan<byte>, string?>? names = null)
{
    // The columns of the widest tensor, and 64 more. They bound a side's memory: to 5 MB of counts (15 kB each), and before that, while learning, to 50 MB of values.
    private const int MaxFeatures = TensorLayout.MaxColumns + 64;

    // Lower bounds computed for a feature at one evaluation: distribution, missing, non-finite.
    private const int TestsPerEvaluation = 3;

    private readonly List<TensorFeatures> _tensors = [];
    private readonly byte[][] _given = [.. Names(given, accuracy).Select(Encoding.UTF8.GetBytes)];
    private readonly long[] _results = new long[Labels<DriftResult>.Count];
    private int _features;
    private int _bound; // of the given names
    private int _messages;
    private int _rows;
    private bool _learned;
    private long _start;
    private long _due;
    private double _alpha;
    private volatile DriftWatch? _watch;
    private volatile DriftReport? _latest;

    /// <summary>The last window that was judged; null before the first.</summary>
    public DriftReport? Latest => _latest;

    /// <summary>What the engine says now; null without one: only a reference that a person gave is worth its cost, a pod's own can page nobody.</summary>
    public DriftNow? Now => _watch?.Now;

    /// <summary>How many windows came to this.</summary>
    public long Results(DriftResult result) => Interlocked.Read(ref _results[(int)result]);

    /// <summary>Adds a message's rows to what is learned, or to the current window.</summary>
    /// <param name="mayTeach">The model answered it: only then it may become part of the reference, which clients' inventions must not.</param>
    /// <returns>How completely its features were found; null when it was left out of the learning.</returns>
    public Extraction? Add(TensorMessage message, bool mayTeach)
    {
        if (given is not null)
        {
            if (!_learned || _bound < _given.Length)
                Discover(message);
        }
        else if (!_learned)
        {
            if (!mayTeach)
                return null;
            Discover(message);
        }

        var found = 0;
        foreach (var tensor in _tensors)
        {
            var rows = tensor.Add(message);
            _rows = Math.Max(_rows, Math.Max(1, rows)); // an absent tensor is a row that lacks it
            if (rows > 0)
                found++;
        }

        _messages++;
        return found == _tensors.Count && found > 0 ? Extraction.Complete : found > 0 ? Extraction.Partial : Extraction.Failed;
    }

    /// <summary>Ends the rows of the messages since the last call, for the engine; null when nothing is to be told.</summary>
    /// <param name="unixNanos">Event time.</param>
    public IReadOnlyList<DriftAlarm>? EndRows(long unixNanos, ModelIdentity model)
    {
        if (given is not null && _watch is null)
            Watch(given, unixNanos);
        var rows = _rows;
        _rows = 0;
        return rows > 0 ? _watch?.End(unixNanos, rows, model) : null;
    }

    /// <summary>Ends the learning, or the window, when it is time.</summary>
    /// <param name="unixNanos">Event time.</param>
    /// <returns>The report of a window that was judged; null when none was.</returns>
    public DriftReport? TryClose(long unixNanos, ModelIdentity model)
    {
        if (!_learned)
        {
            if (given is not null)
                Begin(unixNanos);
            else if (_messages >= settings.BurnIn)
                Learn(unixNanos);
            return null;
        }

        if (unixNanos < _start)
        {
            // A clock that was ahead was put right: without this, no window would close until the time that it had shown.
            _start = unixNanos;
            _due = unixNanos + (settings.Every.Ticks * 100);
        }

        if (unixNanos < _due || _tensors.Count == 0)
            return null;
        _due = unixNanos + (settings.Every.Ticks * 100);
        var rows = Math.Max(_tensors.Max(tensor => tensor.Features.Max(feature => feature.Rows)), accuracy?.Rows ?? 0);
        if (rows < settings.MinRows)
        {
            // Not yet enough: said so, and the window goes on.
            Interlocked.Increment(ref _results[(int)DriftResult.Insufficient]);
            return null;
        }

        var features = new List<FeatureDrift>(_features);
        foreach (var tensor in _tensors)
        {
            foreach (var feature in tensor.Features)
            {
                if (feature.IsWatched)
                    features.Add(feature.Close(_alpha, settings.Delta, settings.MinRows, given is null ? DriftResult.Ticket : DriftResult.Page));
            }
        }

        var result = Overall(features);
        Interlocked.Increment(ref _results[(int)result]);
        var report = new DriftReport(model, side, Time(_start), Time(unixNanos), rows, result, features) { EstimatedAccuracy = accuracy?.Close(settings.MinRows) };
        _start = unixNanos;
        _latest = report;
        return report;
    }

    private static DriftResult Overall(List<FeatureDrift> features)
    {
        if (features.Any(feature => feature.Result == DriftResult.Page))
            return DriftResult.Page;
        if (features.Any(feature => feature.Result == DriftResult.Ticket))
            return DriftResult.Ticket;
        if (features.Any(feature => feature.Result == DriftResult.Good))
            return DriftResult.Good;
        return features.Any(feature => feature.Result == DriftResult.Uncalibrated) ? DriftResult.Uncalibrated : DriftResult.Insufficient;
    }

    private void Discover(TensorMessage message)
    {
        for (var i = 0; i < message.Count; i++)
        {
            var layout = TensorLayout.Of(message[i], side);
            var name = message.Name(i);
            if (layout.Columns == 0 || name.Length > 128 || _features + layout.Features > MaxFeatures || Knows(name) || !MayBeGiven(name))
                continue;
            if ((names is null ? Encoding.UTF8.GetString(name) : names(name)) is not { } label)
                continue;
            var tensor = new TensorFeatures(label, layout, side);
            if (_tensors.Exists(known => known.Features.IntersectBy(tensor.Features.Select(feature => feature.Name), feature => feature.Name, StringComparer.Ordinal).Any()))
                continue; // "p.class" is the name of a tensor, and of what is derived of another
            if (accuracy is not null && Array.Find(tensor.Features, feature => feature.Name == accuracy.Feature) is { } score)
                score.Scored = accuracy;
            if (given is not null && !Bind(tensor))
                continue; // nothing of it is in the reference
            _features += given is null ? layout.Features : tensor.Features.Count(feature => feature.IsWatched);
            _bound += tensor.Features.Count(feature => feature.IsWanted);
            _tensors.Add(tensor);
        }
    }

    // Asked of every message until all that is in the reference was seen, hence without making names of it.
    private bool MayBeGiven(ReadOnlySpan<byte> tensor)
    {
        foreach (var feature in _given)
        {
            if (TensorFeatures.IsOf(feature, tensor))
                return true;
        }

        return given is null;
    }

    /// <summary>Gives the features their references and the engine's counts; false: there is none for any.</summary>
    private bool Bind(TensorFeatures tensor)
    {
        var any = false;
        foreach (var feature in tensor.Features)
        {
            if (given!.FirstOrDefault(reference => reference.Name == feature.Name) is { } known)
                feature.Adopt(known);
            else
                feature.Ignore();
            any |= feature.IsWanted;
        }

        if (_watch is { } watch)
            Connect(tensor, watch);
        return any;
    }

    private void Watch(IReadOnlyList<FeatureReference> references, long unixNanos)
    {
        var watch = new DriftWatch(side, references, settings, unixNanos);
        foreach (var tensor in _tensors)
            Connect(tensor, watch);
        _watch = watch;
    }

    private static void Connect(TensorFeatures tensor, DriftWatch watch)
    {
        foreach (var feature in tensor.Features)
            feature.Watched = watch.Features.FirstOrDefault(monitor => monitor.Reference.Name == feature.Name)?.Counts;
    }

    private bool Knows(ReadOnlySpan<byte> name)
    {
        foreach (var tensor in _tensors)
        {
            if (tensor.Name.AsSpan().SequenceEqual(name))
                return true;
        }

        return false;
    }

    private void Learn(long unixNanos)
    {
        foreach (var tensor in _tensors)
        {
            foreach (var feature in tensor.Features)
                feature.Learn();
        }

        // What came too seldom to learn from is no feature (a client's invention, an optional input).
        _tensors.RemoveAll(tensor => !tensor.IsLearned);
        _features = _tensors.Sum(tensor => tensor.Features.Count(feature => feature.IsWatched));
        Begin(unixNanos);
    }

    private void Begin(long unixNanos)
    {
        var features = given?.Count ?? _features;
        var evaluations = TimeSpan.FromDays(30) / settings.Every;
        var budget = side == Side.Input
            ? new AlarmBudget(features, 1, evaluations, settings.Replicas, TestsPerEvaluation)
            : new AlarmBudget(1, features, evaluations, settings.Replicas, TestsPerEvaluation);
        _alpha = side == Side.Input ? budget.InputAlpha : budget.OutputAlpha;
        _learned = true;
        accuracy?.Clear();
        _start = unixNanos;
        _due = unixNanos + (settings.Every.Ticks * 100);
    }

    /// <summary>Features that are known by name before any message was seen; none where all are learned.</summary>
    private static IEnumerable<string> Names(IReadOnlyList<FeatureReference>? given, AccuracyWatch? accuracy)
    {
        if (given is null)
            return [];
        var names = given.Select(reference => reference.Name);
        return accuracy is null ? names : names.Append(accuracy.Feature).Distinct(StringComparer.Ordinal);
    }

    private static DateTimeOffset Time(long unixNanos) => DateTimeOffset.UnixEpoch.AddTicks(unixNanos / 100);
}
