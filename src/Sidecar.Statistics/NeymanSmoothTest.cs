using System.Runtime.Intrinsics;
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
        Span<long> middles = stackalloc long[live.Length];
        Span<double> moments = stackalloc double[2 * Order + 1], scores = stackalloc double[Order], lower = stackalloc double[Order * Order];
        Middles(live, reference, middles);
        Moments(live, reference, middles, n, m, moments, scores);
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

    /// <summary>Twice the pooled rows up to the middle of each cell.</summary>
    private static void Middles(ReadOnlySpan<long> live, ReadOnlySpan<long> reference, Span<long> middles)
    {
        long before = 0;
        for (var cell = 0; cell < live.Length; cell++)
        {
            var both = live[cell] + reference[cell];
            middles[cell] = 2 * before + both;
            before += both;
        }
    }

    /// <summary>Sums of the powers of the rank, 0 to 8, over the pooled rows' shares; and of 1 to 4 over the differences of shares, live less reference.</summary>
    private static void Moments(
        ReadOnlySpan<long> live, ReadOnlySpan<long> reference, ReadOnlySpan<long> middles, double n, double m, Span<double> moments, Span<double> differences)
    {
        double perPooled = 1 / (n + m), perLive = 1 / n, perReference = 1 / m;
        Vector256<double> m1 = default, m2 = default, m3 = default, m4 = default, m5 = default, m6 = default, m7 = default, m8 = default;
        Vector256<double> d1 = default, d2 = default, d3 = default, d4 = default;
        var cell = 0;
        for (; cell + Vector256<double>.Count <= live.Length; cell += Vector256<double>.Count)
        {
            var count = Vector256.ConvertToDouble(CountDistances.Counts(live, cell));
            var other = Vector256.ConvertToDouble(CountDistances.Counts(reference, cell));
            var rank = Vector256.ConvertToDouble(CountDistances.Counts(middles, cell)) * perPooled - Vector256<double>.One;
            Vector256<double> share = (count + other) * perPooled, difference = count * perLive - other * perReference;
            Vector256<double> square = rank * rank, fourth = square * square;
            m2 += share * square;
            m4 += share * fourth;
            m6 += share * square * fourth;
            m8 += share * fourth * fourth;
            d2 += difference * square;
            d4 += difference * fourth;
            share *= rank;
            difference *= rank;
            m1 += share;
            m3 += share * square;
            m5 += share * fourth;
            m7 += share * square * fourth;
            d1 += difference;
            d3 += difference * square;
        }

        ReadOnlySpan<Vector256<double>> sums = [m1, m2, m3, m4, m5, m6, m7, m8];
        moments[0] = 1;
        for (var power = 1; power < moments.Length; power++)
            moments[power] = Vector256.Sum(sums[power - 1]);
        sums = [d1, d2, d3, d4];
        for (var power = 1; power <= differences.Length; power++)
            differences[power - 1] = Vector256.Sum(sums[power - 1]);
        for (; cell < live.Length; cell++)
        {
            double share = (live[cell] + reference[cell]) * perPooled, difference = live[cell] * perLive - reference[cell] * perReference;
            var rank = middles[cell] * perPooled - 1;
            for (var power = 1; power < moments.Length; power++)
            {
                moments[power] += share *= rank;
                if (power <= differences.Length)
                    differences[power - 1] += difference *= rank;
            }
        }
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
