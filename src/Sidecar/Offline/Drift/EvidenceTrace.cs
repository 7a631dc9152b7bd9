using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>The evidence of every feature over the stream, in few enough pieces to draw.</summary>
/// <param name="features">Features.</param>
/// <param name="rows">Rows of the stream.</param>
internal sealed class EvidenceTrace(int features, long rows)
{
    /// <summary>Pieces: columns of a terminal.</summary>
    public const int Pieces = 60;

    private readonly double[] _levels = new double[features * Pieces];

    /// <summary>The highest level in a piece: 0 = none, 1 = alarm.</summary>
    public double Level(int feature, int piece) => _levels[(feature * Pieces) + piece];

    /// <summary>The piece of a row.</summary>
    public static int PieceOf(long row, long rows) => (int)Math.Clamp(row * Pieces / Math.Max(1, rows), 0, Pieces - 1);

    public void Note(IReadOnlyList<FeatureMonitor> monitors, long row)
    {
        var piece = PieceOf(row, rows);
        for (var i = 0; i < monitors.Count; i++)
        {
            ref var level = ref _levels[(i * Pieces) + piece];
            level = Math.Max(level, monitors[i].State == MonitorState.Alarmed ? 1 : Math.Clamp(monitors[i].Level, 0, 0.999));
        }
    }
}
