using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>What <c>sidecar drift backtest</c> was asked for.</summary>
internal sealed record BacktestArguments
{
    /// <summary>A table, or a profile.</summary>
    public required string Reference { get; init; }

    /// <summary>A table, as if its rows were traffic.</summary>
    public required string Stream { get; init; }

    /// <summary>Rows a second; null: the timestamps tell, or else <see cref="UsualRate"/> is taken.</summary>
    public double? Rate { get; init; }

    /// <summary>The rate, or the usual one.</summary>
    public double RowsPerSecond => Rate ?? UsualRate;

    /// <summary>The column that says when a row happened; null: none does.</summary>
    public string? Timestamp { get; init; }

    public ColumnChoice Columns { get; init; } = new([], []);

    public DriftPolicy Policy { get; init; } = new();

    /// <summary>Rows a second where nobody says.</summary>
    public const double UsualRate = 20;
}
