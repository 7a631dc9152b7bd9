using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>Where the dependence of rows was learned.</summary>
internal enum PhiSource : byte
{
    /// <summary>The reference's rows, which stand in the order in which they happened, or depend on each other no less than the stream's.</summary>
    Reference,

    /// <summary>The stream's first rows, which were not alarmed on.</summary>
    Stream,

    /// <summary>The profile, as it was built.</summary>
    Profile,
}

/// <summary>What a backtest found.</summary>
internal sealed record BacktestResult
{
    public required BacktestArguments Arguments { get; init; }

    public required IReadOnlyList<FeatureReference> Features { get; init; }

    public required IReadOnlyList<DriftEpisode> Episodes { get; init; }

    /// <summary>Columns that were not watched, and why.</summary>
    public required IReadOnlyList<(string Column, string Why)> LeftOut { get; init; }

    public required long ReferenceRows { get; init; }

    public required long Rows { get; init; }

    /// <summary>Event time that passed.</summary>
    public required double Seconds { get; init; }

    public required PhiSource PhiSource { get; init; }

    /// <summary>Why the dependence was learned there.</summary>
    public required string PhiReason { get; init; }

    /// <summary>φ that is typical of each feature.</summary>
    public required IReadOnlyList<double> Phi { get; init; }

    /// <summary>Rows at the beginning that were not alarmed on.</summary>
    public required long QuietRows { get; init; }

    /// <summary>The highest level of evidence of each feature in each piece of the stream, for a plot.</summary>
    public required EvidenceTrace Trace { get; init; }

    /// <summary>What other rules say of the same rows.</summary>
    public required IReadOnlyList<PeerTally> Peers { get; init; }

    /// <summary>Cells that held something that is no number, time or truth value, in all.</summary>
    public required long Unreadable { get; init; }

    /// <summary>Rows whose time lay before that of the row ahead.</summary>
    public required long StepsBack { get; init; }

    /// <summary>Rows from the beginning of a change to its alarm, as far as the kept counts tell; NaN without an alarm.</summary>
    public double MedianDelay => Episodes.Count == 0 ? double.NaN
        : Episodes.Select(episode => (double)(episode.DetectedRow - episode.FirstRow + 1)).Order().ElementAt(Episodes.Count / 2);

    /// <summary>Months of 30 days.</summary>
    public double Months => Seconds / Statistics.Detection.DetectionBudget.PeriodSeconds;
}

/// <summary>How often a rule would have alarmed.</summary>
/// <param name="Rule">Its name and threshold.</param>
/// <param name="Windows">Windows of features that it was asked about.</param>
/// <param name="Alarms">Those that it calls drift.</param>
/// <param name="ByFeature">Its alarms by feature, those with any.</param>
internal sealed record PeerTally(string Rule, long Windows, long Alarms, IReadOnlyList<(string Feature, long Alarms)> ByFeature);
