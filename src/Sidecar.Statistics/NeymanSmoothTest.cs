using MathNet.Numerics.Distributions;

namespace Sidecar.Statistics;

/// <summary>
/// Neyman's smooth test (1937) on ordered cells, two samples: the first four Legendre polynomials of the reference's rank, which are a shift, a
/// change of spread, of skew and of tails. Far stronger than χ² against such changes, blind to a narrow spike.
/// </summary>
/// <remarks>
/// A cell's rank is the middle of its mass. Each polynomial is centred and scaled under the reference's shares and taken free of the lower ones
/// (Gram–Schmidt), so that the four z are uncorrelated and their squares sum to χ²₄ under the null.
/// </remarks>
public static class NeymanSmoothTest
{
    /// <summary>Polynomials.</summary>
    public const int Order = 4;

    /// <summary>The test; needs as many used cells as there are polynomials, and one more.</summary>
    /// <param name="live">Counts of ordered cells.</param>
    /// <param name="reference">Counts of the same cells.</param>
    /// <param name="z">Receives the four standardised differences; empty if not wanted.</param>
    /// <param name="phi">Overdispersion: every z is divided by its root.</param>
    /// <returns>Statistic = largest |z|; p = its two-sided normal tail times 4.</returns>
    public static TestResult TwoSample(ReadOnlySpan<long> live, ReadOnlySpan<long> reference, Span<double> z = default, double phi = 1)
    {
        z.Fill(double.NaN);
        var (n, m) = CountDistances.Rows(live, reference);
        if (n == 0 || m == 0 || CountDistances.Used(live, reference) <= Order)
            return TestResult.Insufficient;
        // Pooled shares: under the null the best estimate, and never 0 where live rows are.
        Span<double> shares = stackalloc double[live.Length];
        for (var cell = 0; cell < live.Length; cell++)
            shares[cell] = (live[cell] + reference[cell]) / (n + m);
        Span<double> scores = stackalloc double[Order * live.Length];
        if (!LegendreScores.Compute(shares, scores))
            return TestResult.Insufficient;
        var scale = Math.Sqrt(n * m / ((n + m) * phi));
        double largest = 0;
        for (var k = 0; k < Order; k++)
        {
            var score = scores.Slice(k * live.Length, live.Length);
            double difference = 0;
            for (var cell = 0; cell < live.Length; cell++)
                difference += score[cell] * (live[cell] / n - reference[cell] / m);
            if (k < z.Length)
                z[k] = difference * scale;
            largest = Math.Max(largest, Math.Abs(difference * scale));
        }

        return new(largest, Order, Math.Min(1, 2 * Order * Normal.CDF(0, 1, -largest)));
    }
}
