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

    // Comparisons behind the agreement ratio; at 1,000 its own standard error is below 1.6 points.
    private const int RecentComparisons = 1000;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly ShadowOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly BoundedQueue<ShadowJob> _jobs = new(QueueLength);
    private readonly long[] _results = new long[Labels<ShadowResult>.Count];
    private readonly Queue<Comparison> _recent = new();
    private readonly Lock _recentLock = new();
    private IShadowScorer? _scorer;
    private string? _loadError;
    private (DateTime Written, long Length) _loaded;
    private long _looked;
    private volatile ModelIdentity? _model;

    public ShadowLane(ShadowOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
        _looked = time.GetTimestamp();
        Load();
    }

    /// <summary>The candidate's configured name.</summary>
    public string Name => _options.Name;

    /// <summary>The primary that it was last compared with; null before the first comparison.</summary>
    public ModelIdentity? Model => _model;

    /// <summary>Why the candidate's file can't be used; null when it can.</summary>
    public string? LoadError => _loadError;

    public long Results(ShadowResult result) => Interlocked.Read(ref _results[(int)result]);

    /// <summary>Over the last comparisons: the share with the same top class (near-ties not counted), and the largest difference. NaN when there were none.</summary>
    public (double Agreement, double MaximumDifference) Recent()
    {
        lock (_recentLock)
        {
            double agree = 0, decided = 0, difference = double.NaN;
            foreach (var comparison in _recent)
            {
                agree += comparison.Result == ShadowResult.Agree ? 1 : 0;
                decided += comparison.Result is ShadowResult.Agree or ShadowResult.Disagree ? 1 : 0;
                if (!double.IsNaN(comparison.MaximumDifference))
                    difference = double.IsNaN(difference) ? comparison.MaximumDifference : Math.Max(difference, comparison.MaximumDifference);
            }

            return (decided == 0 ? double.NaN : agree / decided, difference);
        }
    }

    /// <summary>Offers a decoded exchange; takes a copy of it when it is in the sample. Never waits.</summary>
    /// <returns>True when there is work for the lane's thread.</returns>
    public bool Offer(InferenceRecord record, ReadOnlySpan<byte> requestId, long fallback)
    {
        if (!record.HasRequest || !record.HasResponse
            || StableHash.Share(requestId.IsEmpty ? StableHash.Of(fallback) : StableHash.Of(requestId)) >= _options.Rate)
            return false;
        if (Copy(record.Request) is { } inputs && Copy(record.Response) is { } outputs
            && _jobs.TryEnqueue(new ShadowJob(record.Model, inputs, outputs)))
            return true;
        Interlocked.Increment(ref _results[(int)ShadowResult.Dropped]);
        return false;
    }

    /// <summary>Scores one job; false when none waits. Called by the lane's own thread.</summary>
    public bool Work()
    {
        LookForChange();
        if (!_jobs.TryDequeue(out var job))
            return false;
        _model = job.Model;
        if (_scorer is null || _scorer.Score(job, out var error) is not { } outputs)
        {
            Interlocked.Increment(ref _results[(int)ShadowResult.Error]);
            return true;
        }

        var comparison = ShadowComparer.Compare(job.Outputs, outputs);
        Interlocked.Increment(ref _results[(int)comparison.Result]);
        lock (_recentLock)
        {
            _recent.Enqueue(comparison);
            if (_recent.Count > RecentComparisons)
                _recent.Dequeue();
        }

        return true;
    }

    public void Dispose() => _scorer?.Dispose();

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
        lock (_recentLock)
            _recent.Clear(); // another model: its comparisons are not the old one's
    }

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
