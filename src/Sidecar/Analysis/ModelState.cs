using System.Text;
using Sidecar.Model;

namespace Sidecar.Analysis;

/// <summary>Everything that is kept of one model and version. A new version is a new state: nothing is merged across versions.</summary>
internal sealed class ModelState
{
    private long _seen;
    private long _complete;
    private long _partial;
    private long _failed;

    public ModelState(ModelIdentity identity, DriftSettings drift)
    {
        Identity = identity;
        NameUtf8 = Encoding.UTF8.GetBytes(identity.Name);
        VersionUtf8 = Encoding.UTF8.GetBytes(identity.Version);
        Inputs = new FeatureWindows(Side.Input, drift);
        Outputs = new FeatureWindows(Side.Output, drift);
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

    public ContractMonitor InputContract { get; } = new(Side.Input);
    public ContractMonitor OutputContract { get; } = new(Side.Output);
    public FeatureWindows Inputs { get; }
    public FeatureWindows Outputs { get; }

    /// <summary>Exchanges that were with this model.</summary>
    public long Seen => Interlocked.Read(ref _seen);

    /// <summary>Requests whose features were found: all of them, some, none.</summary>
    public (long Complete, long Partial, long Failed) Extractions =>
        (Interlocked.Read(ref _complete), Interlocked.Read(ref _partial), Interlocked.Read(ref _failed));

    public void CountSeen() => Interlocked.Increment(ref _seen);

    public void Adopt(ModelContract contract)
    {
        Contract = contract;
        InputContract.Adopt(contract);
        OutputContract.Adopt(contract);
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
internal sealed record DriftSettings(int BurnIn, double Delta, int Replicas, int MinRows, TimeSpan Every);
