namespace Sidecar.Statistics;

/// <summary>Orthonormal polynomials of the rank in a distribution over ordered cells: mean 0, variance 1, uncorrelated, under its shares.</summary>
internal static class LegendreScores
{
    /// <summary>Fills degree after degree, each as long as the shares; false where the cells can't tell that many degrees apart.</summary>
    /// <param name="shares">Shares of ordered cells, summing to 1; 0 is allowed.</param>
    /// <param name="scores">A whole number of degrees × cells.</param>
    public static bool Compute(ReadOnlySpan<double> shares, Span<double> scores)
    {
        var cells = shares.Length;
        for (var degree = 1; degree * cells <= scores.Length; degree++)
        {
            var score = scores.Slice((degree - 1) * cells, cells);
            double before = 0;
            for (var cell = 0; cell < cells; cell++)
            {
                score[cell] = Legendre(degree, 2 * (before + shares[cell] / 2) - 1); // at the middle of the cell's mass
                before += shares[cell];
            }

            Remove(score, default, shares);
            for (var lower = 0; lower < degree - 1; lower++)
                Remove(score, scores.Slice(lower * cells, cells), shares);
            double square = 0;
            for (var cell = 0; cell < cells; cell++)
                square += shares[cell] * score[cell] * score[cell];
            if (square < 1e-12)
                return false;
            for (var cell = 0; cell < cells; cell++)
                score[cell] /= Math.Sqrt(square);
        }

        return true;
    }

    /// <summary>Subtracts the part of a score that another explains; the constant where there is no other.</summary>
    private static void Remove(Span<double> score, ReadOnlySpan<double> other, ReadOnlySpan<double> shares)
    {
        double inner = 0;
        for (var cell = 0; cell < score.Length; cell++)
            inner += shares[cell] * score[cell] * (other.IsEmpty ? 1 : other[cell]);
        for (var cell = 0; cell < score.Length; cell++)
            score[cell] -= inner * (other.IsEmpty ? 1 : other[cell]);
    }

    private static double Legendre(int degree, double x) => degree switch
    {
        1 => x,
        2 => (3 * x * x - 1) / 2,
        3 => (5 * x * x - 3) * x / 2,
        _ => ((35 * x * x - 30) * x * x + 3) / 8,
    };
}
