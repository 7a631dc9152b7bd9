using MathNet.Numerics.Distributions;

namespace Sidecar.Statistics;

/// <summary>
/// Neyman's smooth test (1937) on ordered cells, two samples: the first four orthonormal polynomials of the rank, which are a shift, a change of spread, of skew and
/// of tails. Far stronger than χ² against such changes, blind to a narrow spike.
/// </summary>
/// <remarks>
/// A cell's rank is the middle of its mass in the pooled sample, where both sides have their best common estimate. Each polynomial is taken free of the lower ones, so
/// the four z are uncorrelated under the null. The polynomials are never formed: with C the covariance matrix of rank, rank², … , which needs eight moments, and d
/// the differences of their means, z = L⁻¹d where LLᵀ = C (Gram and Schmidt's order).
/// </remarks>
public static class NeymanSmoothTest
{
    /// <summary>Polynomials.</summary>
    public const int Order = 4;

    // A polynomial that the cells can hardly tell from the lower ones has no variance of its own.
    private const double SmallestVariance = 1e-10;

    /// <summary>The test; needs as many used cells as there are polynomials, and one more.</summary>
    /// <param name="live">Counts of ordered cells.</param>
    /// <param name="reference">Counts of the same cells.</param>
    /// <param name="z">Receives the four standardised differences, live less reference; empty if not wanted.</param>
    /// <param name="phi">Overdispersion: every z is divided by its root.</param>
    /// <returns>Statistic = largest |z|; p = its two-sided normal tail times 4.</returns>
    public static TestResult TwoSample(ReadOnlySpan<long> live, ReadOnlySpan<long> reference, Span<double> z = default, double phi = 1)
    {
        z.Fill(double.NaN);
        var (n, m) = CountDistances.Rows(live, reference);
        if (n == 0 || m == 0)
            return TestResult.Insufficient;
        double before = 0, perPooled = 1 / (n + m), perLive = 1 / n, perReference = 1 / m;
        double m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0, m6 = 0, m7 = 0, m8 = 0, d1 = 0, d2 = 0, d3 = 0, d4 = 0;
        for (var cell = 0; cell < live.Length; cell++)
        {
            var share = (live[cell] + reference[cell]) * perPooled;
            var rank = 2 * before + share - 1;
            var difference = live[cell] * perLive - reference[cell] * perReference;
            before += share;
            double square = rank * rank, cube = square * rank, fourth = square * square;
            m1 += share * rank;
            m2 += share * square;
            m3 += share * cube;
            m4 += share * fourth;
            m5 += share * fourth * rank;
            m6 += share * fourth * square;
            m7 += share * fourth * cube;
            m8 += share * fourth * fourth;
            d1 += difference * rank;
            d2 += difference * square;
            d3 += difference * cube;
            d4 += difference * fourth;
        }

        ReadOnlySpan<double> moments = [1, m1, m2, m3, m4, m5, m6, m7, m8];
        Span<double> scores = [d1, d2, d3, d4], lower = stackalloc double[Order * Order];
        if (!TryCholesky(moments, lower))
            return TestResult.Insufficient;
        var scale = Math.Sqrt(n * m / ((n + m) * phi));
        double largest = 0;
        for (var k = 0; k < Order; k++)
        {
            for (var j = 0; j < k; j++)
                scores[k] -= lower[k * Order + j] * scores[j];
            scores[k] /= lower[k * Order + k];
            if (k < z.Length)
                z[k] = scores[k] * scale;
            largest = Math.Max(largest, Math.Abs(scores[k] * scale));
        }

        return new(largest, Order, Math.Min(1, 2 * Order * Normal.CDF(0, 1, -largest)));
    }

    /// <summary>The lower triangle L of the covariance matrix of the powers; false if it has no full rank.</summary>
    private static bool TryCholesky(ReadOnlySpan<double> moments, Span<double> lower)
    {
        for (var row = 0; row < Order; row++)
        {
            for (var column = 0; column <= row; column++)
            {
                var sum = moments[row + column + 2] - moments[row + 1] * moments[column + 1];
                for (var k = 0; k < column; k++)
                    sum -= lower[row * Order + k] * lower[column * Order + k];
                if (row == column && sum < SmallestVariance)
                    return false;
                lower[row * Order + column] = row == column ? Math.Sqrt(sum) : sum / lower[column * Order + column];
            }
        }

        return true;
    }
}
