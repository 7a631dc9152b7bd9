using MathNet.Numerics;

namespace Sidecar.Statistics;

/// <summary>The law of the Kolmogorov–Smirnov statistic.</summary>
public static class KolmogorovSmirnov
{
    // Where scipy switches too: the expansion's absolute error is below 1e-6 at 140 rows and falls as 1/N².
    private const int ExactRows = 140;
    private const double DoublingExact = 3; // N·d² from which P(D⁺ and D⁻ both exceed) is below e⁻¹⁸ of P(D⁺ exceeds)
    private const double Doubling = 2.2; // the same, e⁻¹³, which the expansion doesn't better

    /// <summary>c(α) = √(−ln(α/2)/2): with n and m rows the two-sample test rejects above c(α)·√(1/n + 1/m). 1.358 at .05, 3.004 at 2.9e-8.</summary>
    public static double Critical(double alpha)
    {
        if (!(alpha > 0 && alpha < 1))
            throw new ArgumentOutOfRangeException(nameof(alpha), alpha, "A level lies between 0 and 1.");
        return Math.Sqrt(-Math.Log(alpha / 2) / 2);
    }

    /// <summary>
    /// Two-sided p-value of D between samples of n and m independent rows: the one-sample law at N = round(n·m/(n + m)) rows, as scipy's
    /// <c>ks_2samp(method="asymp")</c>, and as exact as that. Conservative where values tie. Not for dependent rows. Takes N steps in the tail:
    /// for reports.
    /// </summary>
    public static double PValue(double distance, long n, long m)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(m);
        // Half to even, as Python's round.
        var rows = (int)Math.Min(int.MaxValue, Math.Round((double)n * m / ((double)n + m), MidpointRounding.ToEven));
        if (distance <= 0 || rows == 0)
            return 1;
        if (distance >= 1)
            return 0;
        var evidence = rows * distance * distance;
        if (evidence >= (rows <= ExactRows ? DoublingExact : Doubling))
            return Math.Min(1, 2 * OneSided(distance, rows));
        var below = rows <= ExactRows ? Exact(distance, rows) : Expansion(distance * Math.Sqrt(rows), rows);
        return Math.Clamp(1 - below, 0, 1);
    }

    /// <summary>
    /// Two-sided p-value of D between samples of n and m independent rows without ties, exact: the chance that a random path from (0, 0) to
    /// (n, m) touches |i/n − j/m| ≥ D (Hodges 1957). All terms are positive, so the far tail keeps its digits. Takes n·m steps: for reports.
    /// </summary>
    public static double ExactPValue(double distance, int n, int m)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(m);
        if (!(distance > 0))
            return 1;
        // In units of 1/(n·m) distances are whole numbers; the half keeps rounding of D out of the comparison.
        var steps = (long)Math.Round(distance * n * m) - 0.5;
        var touched = new double[m + 1];
        for (long i = 0; i <= n; i++)
        {
            for (long j = 0; j <= m; j++)
            {
                if (Math.Abs(i * m - j * n) > steps)
                    touched[j] = 1;
                else if (i + j > 0)
                    touched[j] = (i * (i > 0 ? touched[j] : 0) + j * (j > 0 ? touched[j - 1] : 0)) / (i + j);
            }
        }

        return touched[m];
    }

    /// <summary>Birnbaum and Tingey (1951): P(D⁺ ≥ d) = d·Σ C(N, j)(1 − d − j/N)^(N−j)(d + j/N)^(j−1), all terms positive.</summary>
    private static double OneSided(double d, int rows)
    {
        double sum = 0, n = rows;
        var logOfBinomial = 0.0;
        for (var j = 0; j <= n * (1 - d) && j <= rows; j++)
        {
            var rest = 1 - d - j / n;
            if (rest > 0)
                sum += Math.Exp(logOfBinomial + (n - j) * Math.Log(rest) + (j - 1) * Math.Log(d + j / n));
            logOfBinomial += Math.Log((n - j) / (j + 1));
        }

        return Math.Min(1, d * sum);
    }

    /// <summary>P(D &lt; d) after Durbin (1973): N!/Nᴺ times the middle element of the N-th power of a (2k − 1)² matrix, k = ⌈N·d⌉.</summary>
    private static double Exact(double d, int rows)
    {
        var k = (int)Math.Ceiling(rows * d);
        var size = 2 * k - 1;
        var h = k - rows * d;
        var matrix = new double[size * size];
        for (var row = 0; row < size; row++)
        {
            for (var column = 0; column < size && column <= row + 1; column++)
            {
                var steps = row - column + 1;
                var value = 1.0;
                if (column == 0)
                    value -= Math.Pow(h, row + 1);
                if (row == size - 1)
                    value -= Math.Pow(h, size - column);
                if (column == 0 && row == size - 1)
                    value += Math.Pow(Math.Max(0, 2 * h - 1), size);
                matrix[row * size + column] = value / SpecialFunctions.Gamma(steps + 1);
            }
        }

        // Each factor of the power gets its j/N at once, so that nothing overflows.
        var vector = new double[size];
        vector[k - 1] = 1;
        for (var j = 1; j <= rows; j++)
        {
            var next = new double[size];
            for (var row = 0; row < size; row++)
            {
                if (vector[row] == 0)
                    continue;
                for (var column = 0; column < size; column++)
                    next[column] += vector[row] * matrix[row * size + column] * (j / (double)rows);
            }

            vector = next;
        }

        return vector[k - 1];
    }

    /// <summary>P(√N·D &lt; z) after Pelz and Good (1976), in powers of 1/√N up to the third; with the notation of Simard and L'Ecuyer (2011).</summary>
    private static double Expansion(double z, int rows)
    {
        double z2 = z * z, z4 = z2 * z2, z6 = z4 * z2;
        double k0 = 0, k1 = 0, k2 = 0, k3 = 0, k2Whole = 0, k3Whole = 0;
        for (var k = 0; k < 20; k++)
        {
            var half = Math.PI * Math.PI * (k + 0.5) * (k + 0.5);
            var weight = 2 * Math.Exp(-half / (2 * z2)); // k and −k − 1 alike
            k0 += weight;
            k1 += weight * (half - z2);
            k2 += weight * (6 * z6 + 2 * z4 + half * (2 * z4 - 5 * z2) + half * half * (1 - 2 * z2));
            k3 += weight * (half * half * half * (5 - 30 * z2) + half * half * (-60 * z2 + 212 * z4)
                + half * (135 * z4 - 96 * z6) - 30 * z6 - 90 * z4 * z4);
            var whole = Math.PI * Math.PI * k * k;
            var wholeWeight = 2 * Math.Exp(-whole / (2 * z2)); // the term of k = 0 is 0
            k2Whole += wholeWeight * whole;
            k3Whole += wholeWeight * (3 * whole * z2 - whole * whole);
        }

        var root = Math.Sqrt(Math.PI / 2);
        double n = rows, z3 = z2 * z, z7 = z4 * z3;
        return root / z * k0
            + root / (6 * z4) * k1 / Math.Sqrt(n)
            + root * (k2 / (72 * z7) - k2Whole / (36 * z3)) / n
            + root * (k3 / (6480 * z7 * z3) + k3Whole / (216 * z6)) / (n * Math.Sqrt(n));
    }
}
