using Sidecar.Statistics.Detection;

namespace Sidecar.Statistics.Drift;

/// <summary>How loudly an episode is told.</summary>
public enum DriftSeverity : byte
{
    /// <summary>A change that is real and small, or whose size isn't certain: to be looked at in working hours.</summary>
    Ticket,

    /// <summary>A change that is certainly large.</summary>
    Page,
}

/// <summary>What a change looks like.</summary>
public enum DriftKind : byte
{
    /// <summary>All values moved up or down.</summary>
    Location,

    /// <summary>They lie farther apart, or closer together.</summary>
    Scale,

    /// <summary>The shape changed otherwise.</summary>
    Shape,

    /// <summary>One value or one narrow range came more often.</summary>
    Spike,

    /// <summary>Values outside the reference's range.</summary>
    OutsideRange,

    /// <summary>A category that the reference knows came more or less often.</summary>
    Frequency,

    /// <summary>Categories that the reference has never seen.</summary>
    Unseen,

    /// <summary>Rows without a value.</summary>
    Missing,

    NotANumber,
    Infinite,

    /// <summary>None of these by itself: the distribution as the last rows had it.</summary>
    Distribution,
}

/// <summary>One alarm of one feature, from the change to its end. Rows count from 0, in the order in which they were shown.</summary>
public sealed class DriftEpisode
{
    internal DriftEpisode(FeatureReference feature) => Feature = feature;

    /// <summary>Whose it is.</summary>
    public FeatureReference Feature { get; }

    public DriftKind Kind { get; internal set; }

    /// <summary>The highest so far: a ticket becomes a page when the size is certain.</summary>
    public DriftSeverity Severity { get; internal set; }

    /// <summary>The value or range that the change is about; empty where it is about all of them.</summary>
    public string Where { get; internal set; } = "";

    /// <summary>Where the change began, as nearly as the kept counts tell.</summary>
    public long FirstRow { get; internal init; }

    /// <summary>Event time of it, in Unix nanoseconds.</summary>
    public long FirstUnixNanos { get; internal init; }

    /// <summary>The last row before the alarm.</summary>
    public long DetectedRow { get; internal set; }

    /// <summary>Event time of it.</summary>
    public long DetectedUnixNanos { get; internal set; }

    /// <summary>The last row of the alarm; −1 while it lasts.</summary>
    public long ClearedRow { get; internal set; } = -1;

    /// <summary>What is known of its size, over the window that made it most certain.</summary>
    public EffectSize Size { get; internal set; } = EffectSize.Unknown;

    /// <summary>The sub-window after which it began, and how many there were until the alarm.</summary>
    internal long Window { get; init; }

    internal long DelayWindows { get; set; }

    /// <summary>The point estimate that the kind is about: a rise of a share, or a distance; NaN where it isn't known.</summary>
    public double Effect => IsShare ? Size.Rate - ReferenceShare : Size.Distance;

    /// <summary>Its lower confidence bound, at least 0.</summary>
    public double Bound => Math.Max(0, IsShare ? Size.RateBound : Size.DistanceBound);

    private bool IsShare => Kind is DriftKind.Spike or DriftKind.OutsideRange or DriftKind.Unseen or DriftKind.Missing or DriftKind.NotANumber or DriftKind.Infinite;

    private double ReferenceShare => Size.Cell < 0 ? 0 : Feature.Model.Shares[Size.Cell];
}
