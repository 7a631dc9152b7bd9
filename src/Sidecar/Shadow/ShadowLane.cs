using System.Collections.Concurrent;
using Sidecar.Configuration;
using Sidecar.Model;
using Sidecar.Telemetry;
using Sidecar.Tensors;

namespace Sidecar.Shadow;

/// <summary>
/// Step 9, for one candidate: takes copies of a deterministic sample, scores them on a thread of its own, compares, counts.
/// A changed file is loaded anew; one that can't be used leaves the lane without a scorer, which shows as errors.
/// </summary>
public sealed partial class ShadowLane : IDisposable
{
    // Jobs wait here; a shadow that is slower than its sample drops, and says so.
    private const int QueueLength = 256;

    // A larger tensor set is not copied: 1 MiB × 256 jobs is the lane's bound.
    private const int MaxJobBytes = 1 << 20;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    // Then the worker looks whether it is to stop.
    private static readonly TimeSpan WorkAtMost = TimeSpan.FromMilliseconds(100);
    private readonly ShadowOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Action<ShadowDiscrepancy> _discrepant;
    private readonly BoundedQueue<ShadowJob> _jobs = new(QueueLength);
    private readonly ConcurrentDictionary<ModelIdentity, ShadowTally> _tallies = new();
    private IShadowScorer? _scorer;
    private readonly Lock _scoring = new();
    private YieldPoint _yield;
    private string? _loadError;
    private (DateTime Written, long Length) _loaded;
    private long _looked;

    /// <param name="discrepant">Told of each exchange on whose answer the candidate disagrees, on the lane's thread.</param>
    public ShadowLane(ShadowOptions options, Action<ShadowDiscrepancy> discrepant, TimeProvider time, ILogger log)
    {
        _options = options;
        _discrepant = discrepant;
        _time = time;
        _log = log;
        _looked = time.GetTimestamp();
        _yield = new YieldPoint(time);
        Load();
    }

    /// <summary>The candidate's configured name.</summary>
    public string Name => _options.Name;

    /// <summary>What the comparisons came to, for each primary that it was compared with (as many as models are kept).</summary>
    public IEnumerable<KeyValuePair<ModelIdentity, ShadowTally>> Tallies => _tallies;

    /// <summary>Why the candidate's file can't be used; null when it can.</summary>
    public string? LoadError => _loadError;

    /// <summary>Offers a decoded exchange; takes a copy of it when it is in the sample. Never waits.</summary>
    /// <returns>True when there is work for the lane's thread.</returns>
    public bool Offer(InferenceRecord record, Exchange exchange)
    {
        var requestId = record.RequestId(exchange);
        // Of a generation only numbers are known, which no model can score.
        if (!record.IsPair || record.Generation.Operation != GenerationOperation.None)
            return false;
        // Independent of the hash that chose what is decoded: that one would take the whole of a smaller decoded share.
        var hash = StableHash.Again(requestId.IsEmpty ? StableHash.Of(exchange.StartedUnixNanos) : StableHash.Of(requestId));
        if (StableHash.Share(hash) >= _options.Rate)
            return false;
        if (Copy(record.Request) is { } inputs && Copy(record.Response) is { } outputs
            && _jobs.TryEnqueue(new ShadowJob(record.Model, inputs, outputs) { RequestId = requestId.ToArray(), Trace = exchange.Trace, StartedUnixNanos = exchange.StartedUnixNanos }))
            return true;
        TallyOf(record.Model).Count(ShadowResult.Dropped);
        return false;
    }

    /// <summary>Scores what waits, for 100 ms at most; false when nothing does. Called by the lane's own thread.</summary>
    public bool Work()
    {
        lock (_scoring)
            LookForChange();
        var began = _time.GetTimestamp();
        var worked = false;
        while (_jobs.TryDequeue(out var job))
        {
            worked = true;
            lock (_scoring)
                Score(job);
            if (_time.GetElapsedTime(began) >= WorkAtMost)
                break;
            _yield.Pass();
        }

        return worked;
    }

    private void Score(ShadowJob job)
    {
        var tally = TallyOf(job.Model);
        if (_scorer is null || _scorer.Score(job, out _) is not { } outputs)
        {
            tally.Count(ShadowResult.Error);
            return;
        }

        var comparison = ShadowComparer.Compare(job.Outputs, outputs);
        tally.Count(comparison);
        if (comparison.Result == ShadowResult.Disagree)
            _discrepant(new ShadowDiscrepancy(Name, job, outputs, _options.Rate));
    }

    /// <summary>Frees the model, unless an inference that outlasts everybody's patience is still at work with it: the process ends, and its memory with it.</summary>
    public void Dispose()
    {
        if (!_scoring.TryEnter())
            return;
        _scorer?.Dispose();
        _scorer = null;
        _scoring.Exit();
    }

    private void LookForChange()
    {
        if (_time.GetElapsedTime(_looked) < LookEvery)
            return;
        _looked = _time.GetTimestamp();
        if (Stamp() is { } stamp && stamp != _loaded)
            Load();
    }

    private void Load()
    {
        _loaded = Stamp() ?? default;
        var scorer = OnnxScorer.Load(_options.File, out var error);
        _loadError = error;
        if (scorer is null)
            Log.Unusable(_log, Name, _options.File, error!);
        else
            Log.Loaded(_log, Name, _options.File);
        _scorer?.Dispose();
        _scorer = scorer;
        foreach (var tally in _tallies.Values)
            tally.ForgetRecent(); // another model: its comparisons are not the old one's
    }

    private ShadowTally TallyOf(ModelIdentity model) => _tallies.GetOrAdd(model, static _ => new ShadowTally());

    private (DateTime Written, long Length)? Stamp()
    {
        var file = new FileInfo(_options.File);
        return file.Exists ? (file.LastWriteTimeUtc, file.Length) : null;
    }

    private static OwnedTensor[]? Copy(TensorMessage message)
    {
        var copies = new OwnedTensor[message.Count];
        var bytes = 0;
        for (var i = 0; i < copies.Length; i++)
        {
            ref readonly var tensor = ref message[i];
            bytes += message.Data(i).Length;
            if (tensor.Error != DecodeError.None || bytes > MaxJobBytes)
                return null;
            copies[i] = new OwnedTensor(System.Text.Encoding.UTF8.GetString(message.Name(i)), tensor.DataType, tensor.Shape.ToArray(), message.Data(i).ToArray());
        }

        return copies;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.ShadowLoaded, LogLevel.Information, "shadow {Name}: {File} is loaded")]
        public static partial void Loaded(ILogger logger, string name, string file);

        [LoggerMessage(EventIds.ShadowUnusable, LogLevel.Warning, "shadow {Name}: {File} can't be used, its comparisons count as errors until it can: {Error}")]
        public static partial void Unusable(ILogger logger, string name, string file, string error);
    }
}
