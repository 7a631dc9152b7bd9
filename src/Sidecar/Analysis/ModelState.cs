using System.Text;
using Sidecar.Model;
using Sidecar.Model.Profiles;
using Sidecar.Statistics.Drift;

namespace Sidecar.Analysis;

/// <summary>Everything that is kept of one model and version. A new version is a new state: nothing is merged across versions.</summary>
internal sealed class ModelState
{
    private long _seen;
    private long _complete;
    private long _partial;
    private long _failed;
    private readonly long[] _minutes = new long[Labels<DriftResult>.Count];
    private long _minute;

    public ModelState(ModelIdentity identity, DriftSettings drift, Func<ReadOnlySpan<byte>, string?>? names = null)
    {
        Identity = identity;
        NameUtf8 = Encoding.UTF8.GetBytes(identity.Name);
        VersionUtf8 = Encoding.UTF8.GetBytes(identity.Version);
        Inputs = new FeatureWindows(Side.Input, drift, drift.Of(identity, Side.Input), names: names);
        InputContract = new ContractMonitor(Side.Input, names);
        Outputs = new FeatureWindows(Side.Output, drift, drift.Of(identity, Side.Output), drift.AccuracyOf(identity), names);
        OutputContract = new ContractMonitor(Side.Output, names);
    }

    public ModelIdentity Identity { get; }
    public byte[] NameUtf8 { get; }
    public byte[] VersionUtf8 { get; }

    /// <summary>Exchanges that name this model and no version belong here.</summary>
    public bool AnswersForNoVersion { get; set; }

    /// <summary>The model's metadata was asked for.</summary>
    public bool ContractAsked { get; set; }

    /// <summary>The promise that messages are held against; null until it is known.</summary>
    public ModelContract? Contract { get; private set; }

    public ContractMonitor InputContract { get; }
    public ContractMonitor OutputContract { get; }
    public FeatureWindows Inputs { get; }
    public FeatureWindows Outputs { get; }

    /// <summary>Exchanges that were with this model.</summary>
    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>Requests whose features were found: all of them, some, none.</summary>
    public (long Complete, long Partial, long Failed) Extractions =>
        (Interlocked.Read(ref _complete), Interlocked.Read(ref _partial), Interlocked.Read(ref _failed));

    /// <summary>Minutes with traffic in which drift came to this.</summary>
    public long Minutes(DriftResult result) => Interlocked.Read(ref _minutes[(int)result]);

    /// <summary>Counts the minute that has passed, if one has: by the loudest alarm of a feature that lasts.</summary>
    public void CountMinute(long unixNanos)
    {
        var minute = unixNanos / 60_000_000_000;
        if (minute == _minute)
            return;
        if (_minute != 0)
            Interlocked.Increment(ref _minutes[(int)Loudest(Inputs.Now?.Result, Outputs.Now?.Result)]);
        _minute = minute;
    }

    public void CountSeen() => Interlocked.Increment(ref _seen);

    public void Adopt(ModelContract contract)
    {
        Contract = contract;
        InputContract.Adopt(contract);
        OutputContract.Adopt(contract);
    }

    private static DriftResult Loudest(DriftResult? one, DriftResult? other)
    {
        foreach (var result in (ReadOnlySpan<DriftResult>)[DriftResult.Page, DriftResult.Ticket, DriftResult.Good, DriftResult.Uncalibrated])
        {
            if (one == result || other == result)
                return result;
        }

        return DriftResult.Insufficient;
    }

    public void CountExtraction(Extraction extraction)
    {
        ref var count = ref extraction == Extraction.Complete ? ref _complete : ref extraction == Extraction.Partial ? ref _partial : ref _failed;
        Interlocked.Increment(ref count);
    }
}

/// <summary>How completely the features of a request could be read.</summary>
internal enum Extraction : byte
{
    Complete,
    Partial,
    Failed,
}

/// <summary>What drift is judged by.</summary>
/// <param name="BurnIn">Requests that the reference is learned from.</param>
/// <param name="Delta">Distance that matters, 0 to 1.</param>
/// <param name="Replicas">Pods that share the budget for false alarms.</param>
/// <param name="MinRows">Fewest rows in a judged window.</param>
/// <param name="Every">How long a window lasts, at least.</param>
/// <param name="Reference">What a person gave; null: pods learn their own.</param>
/// <param name="Calibration">What accuracy is estimated by; null: it is not.</param>
internal sealed record DriftSettings(
    int BurnIn, double Delta, int Replicas, int MinRows, TimeSpan Every, ReferenceProfile? Reference = null, Calibration? Calibration = null)
{
    /// <summary>The references of a model's side; null: it learns its own.</summary>
    public IReadOnlyList<FeatureReference>? Of(ModelIdentity model, Side side)
    {
        if (Reference is not { } profile || !Fits(profile.Model, profile.ModelVersion, model))
            return null;
        FeatureReference[] features = [.. profile.Features.Where(feature => feature.Side == (side == Side.Output ? FeatureSide.Output : FeatureSide.Input))];
        return features.Length > 0 ? features : null;
    }

    /// <summary>An estimator of a model's accuracy; null where no calibration is for it.</summary>
    public AccuracyWatch? AccuracyOf(ModelIdentity model) =>
        Calibration is { } calibration && Fits(calibration.Model, calibration.ModelVersion, model) ? new AccuracyWatch(calibration) : null;

    // What a file does not name it fits.
    private static bool Fits(string? name, string? version, ModelIdentity model) => (name ?? model.Name) == model.Name && (version ?? model.Version) == model.Version;
}
