namespace Sidecar.Statistics;

/// <summary>
/// One-sided lower confidence bounds of distances at level 1 − α. φ ≥ 1 is the overdispersion: rows count as n/φ and m/φ. An infinite φ
/// (nothing known) gives 0.
/// </summary>
/// <remarks>
/// The bound of two proportions needs no minimum count and no normal approximation. For independent rows Chernoff gives
/// P(n·kl⁺(p̂, p) ≥ u) ≤ e⁻ᵘ, likewise for q̂, so the sum E of both exponents is at most Gamma(2)-distributed and
/// P(E ≥ t) ≤ (1 + t)e⁻ᵗ. The bound is the smallest difference p − q that is compatible with the counts at t(α), where that is α.
/// </remarks>
public static class LowerBound
{
    /// <summary>max(0, D − c(α)·√(φ(1/n + 1/m))). Above 0 exactly when the asymptotic two-sample KS test rejects at α.</summary>
    /// <param name="distance">D, or from bins its certified lower end.</param>
    public static double KolmogorovSmirnov(double distance, double n, double m, double alpha, double phi) =>
        Math.Max(0, distance - Statistics.KolmogorovSmirnov.Critical(alpha) * Math.Sqrt(phi * (1 / n + 1 / m)));

    /// <summary>Lower bound of p − q, the rise of a rate: <paramref name="hits"/> of <paramref name="rows"/> live, against the reference.</summary>
    public static double RateIncrease(long hits, long rows, long referenceHits, long referenceRows, double alpha, double phi) =>
        Difference(hits, rows, referenceHits, referenceRows, Exponent(alpha) * phi, 0);

    /// <summary>
    /// Lower bound of the largest difference of a category's share. α is divided evenly over both directions of every value that could have
    /// become a top value, of the rest taken together, and the rise of unseen values (Bonferroni: valid under any dependence between them).
    /// </summary>
    /// <remarks>
    /// Unseen values are compared with <see cref="CategoricalReference.New"/>: what one half of the reference lacks is an upper estimate of what
    /// all of it lacks. Also a lower bound of the total variation, which is never below a cell's difference.
    /// </remarks>
    public static double Categorical(CategoricalCounts live, double alpha, double phi)
    {
        var reference = live.Reference;
        long n = live.Rows, m = reference.Rows;
        if (n == 0)
            return 0;
        var tests = 2.0 * (Math.Max(reference.TopValues, reference.Distinct) + 1) + 1;
        var exponent = Exponent(alpha / tests) * phi;
        var best = Difference(live.Unseen, n, reference.New, reference.NewRows, exponent, 0);
        for (var cell = 0; cell < reference.TopValues; cell++)
            best = TwoSided(live.Count(cell), n, reference.Counts[cell], m, exponent, best);
        // Where every known value has a cell, the rest is the unseen values, of which the reference has none by definition: not a fair test.
        return reference.Split
            ? TwoSided(live.Count(reference.Other) + live.Unseen, n, reference.Counts[reference.Other], m, exponent, best)
            : best;
    }

    /// <summary>The t at which (1 + t)e⁻ᵗ = α.</summary>
    internal static double Exponent(double alpha)
    {
        if (!(alpha > 0 && alpha < 1))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "A level lies between 0 and 1.");
        // Newton on the convex t − ln(1 + t) + ln α, from left of the root.
        var t = 1 - Math.Log(alpha);
        for (var i = 0; i < 20; i++)
            t -= (t - Math.Log(1 + t) + Math.Log(alpha)) * (1 + t) / t;
        return t;
    }

    private static double TwoSided(long k, long n, long k0, long m, double exponent, double best)
    {
        best = Math.Max(best, Difference(k, n, k0, m, exponent, best));
        return Math.Max(best, Difference(n - k, n, m - k0, m, exponent, best)); // a fall of the rate is a rise of its complement
    }

    /// <summary>Lower bound of p − q at an exponent, 0 where it is not above <paramref name="worthwhile"/>.</summary>
    private static double Difference(long k, long n, long k0, long m, double exponent, double worthwhile)
    {
        if (n == 0 || m == 0 || !double.IsFinite(exponent))
            return 0;
        double p = k / (double)n, q = k0 / (double)m;
        if (p - q <= worthwhile || Evidence(p, n, q, m, worthwhile) <= exponent)
            return 0;
        // Evidence falls from above the exponent at `low` to 0 at p − q; 50 halvings are the precision of a double.
        double low = worthwhile, high = p - q;
        for (var i = 0; i < 50; i++)
        {
            var middle = (low + high) / 2;
            if (Evidence(p, n, q, m, middle) > exponent)
                low = middle;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>Smallest n·kl(p̂, x + δ) + m·kl(q̂, x) over x: how much the counts speak against a difference of δ at most.</summary>
    private static double Evidence(double p, double n, double q, double m, double delta)
    {
        if (delta == 0)
        {
            var pooled = (n * p + m * q) / (n + m);
            return n * Divergence(p, pooled) + m * Divergence(q, pooled);
        }

        // The sum is convex in x: its slope changes sign once between the two observed rates.
        double low = q, high = p - delta;
        for (var i = 0; i < 50; i++)
        {
            var x = (low + high) / 2;
            var y = x + delta;
            var slope = n * (y - p) * x * (1 - x) + m * (x - q) * y * (1 - y);
            if (slope < 0)
                low = x;
            else
                high = x;
        }

        return n * Divergence(p, low + delta) + m * Divergence(q, low);
    }

    /// <summary>Kullback–Leibler divergence of two Bernoulli laws, in nats.</summary>
    private static double Divergence(double observed, double assumed) =>
        Term(observed, assumed) + Term(1 - observed, 1 - assumed);

    private static double Term(double observed, double assumed) => observed == 0 ? 0 : observed * Math.Log(observed / assumed);
}
