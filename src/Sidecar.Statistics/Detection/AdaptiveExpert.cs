using System.Runtime.Intrinsics;
using MathNet.Numerics.Distributions;

namespace Sidecar.Statistics.Detection;

/// <summary>
/// An expert that bets on the recent past: q is an exponentially weighted average of earlier sub-windows, shrunk to the model and mixed with a tenth of it.
/// Finds what no fixed expert describes.
/// </summary>
/// <remarks>
/// ℓ = Σ c·ln(q/p̂) − n·ln(1 + r·χ), χ² = Σq²/p̂ − 1, r = τ + √(χ²(.999, G − 1)/m). By Cauchy and Schwarz Σp·q/p̂ ≤ 1 + r·χ for every p within r of p̂, so exp(ℓ) has
/// mean at most 1 for every true law that the reference's error and the tolerance allow: q is chosen by the past, so the whole ball is needed.
/// </remarks>
internal sealed class AdaptiveExpert
{
    private const double Confidence = 0.999;

    // Divides the padding's nothing by something.
    private const float Smallest = 1e-30f;
    private readonly byte[]? _groupOf;
    private readonly float _decay;
    private readonly float _shrinkPerRow;
    private readonly float _shrink;
    private readonly float[] _past;
    private readonly float[] _shares;
    private float _radius;

    /// <param name="groupOf">Group per cell; null where every cell is its own.</param>
    /// <param name="halfLife">Sub-windows after which the past counts half.</param>
    /// <param name="shrinkPerRow">Rows of the model that the past is shrunk by, for each row of the sub-window.</param>
    /// <param name="shrink">Rows of the model besides.</param>
    public AdaptiveExpert(int cells, byte[]? groupOf, double halfLife, float shrinkPerRow, float shrink)
    {
        _groupOf = groupOf;
        _decay = (float)Math.Pow(0.5, 1 / halfLife);
        (_shrinkPerRow, _shrink) = (shrinkPerRow, shrink);
        Groups = groupOf is null ? cells : groupOf.Max() + 1;
        _past = new float[Lane.Padded(Groups)];
        _shares = groupOf is null ? [] : new float[Lane.Padded(Groups)];
    }

    public int Groups { get; }

    /// <summary>R of the mixture, times its weight.</summary>
    public float Evidence { get; set; }

    public void Rebase(CellModel model, double tolerance)
    {
        _shares.AsSpan().Clear();
        for (var cell = 0; _groupOf is not null && cell < model.Cells; cell++)
            _shares[_groupOf[cell]] += model.Shares[cell];
        _radius = (float)(tolerance + (double.IsPositiveInfinity(model.Rows) || Groups < 2 ? 0
            : Math.Sqrt(ChiSquared.InvCDF(Groups - 1, Confidence) / model.Rows)));
    }

    /// <summary>ℓ of some rows by what came before them.</summary>
    /// <param name="model">The model that it was last rebased to.</param>
    /// <param name="rows">Rows of the counts.</param>
    /// <param name="subWindow">Rows of a sub-window, by which the past is shrunk.</param>
    public float LogRatio(CellModel model, ReadOnlySpan<long> counts, float rows, float subWindow)
    {
        Span<float> grouped = stackalloc float[_past.Length];
        Group(counts, grouped);
        float past = 0;
        foreach (var count in _past)
            past += count;
        var shrink = _shrinkPerRow * subWindow + _shrink;
        var scale = Vector256.Create(0.9f / (past + shrink));
        var floor = Vector256.Create(0.1f + 0.9f * shrink / (past + shrink));
        var shares = _groupOf is null ? model.PaddedShares : _shares;
        var smallest = Vector256.Create(Smallest);
        Vector256<float> logs = default, squares = default;
        for (var at = 0; at < grouped.Length; at += Lane.Width)
        {
            var share = Lane.Load(shares, at);
            var ratio = Lane.Load(_past, at) / Vector256.Max(share, smallest) * scale + floor;
            logs += Lane.Load(grouped, at) * Vector256.Log(ratio);
            squares += share * ratio * ratio;
        }

        var chi = MathF.Sqrt(Math.Max(0, Vector256.Sum(squares) - 1));
        return Vector256.Sum(logs) - rows * MathF.Log(1 + _radius * chi);
    }

    /// <summary>Lets a sub-window become the past.</summary>
    public void Remember(ReadOnlySpan<long> counts)
    {
        Span<float> grouped = stackalloc float[_past.Length];
        Group(counts, grouped);
        for (var at = 0; at < grouped.Length; at += Lane.Width)
            Lane.Store(Lane.Load(_past, at) * _decay + Lane.Load(grouped, at), _past, at);
    }

    private void Group(ReadOnlySpan<long> counts, Span<float> grouped)
    {
        grouped.Clear();
        for (var cell = 0; cell < counts.Length; cell++)
            grouped[_groupOf is null ? cell : _groupOf[cell]] += counts[cell];
    }
}
