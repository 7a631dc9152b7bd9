using System.Globalization;
using System.Text;
using MathNet.Numerics.Distributions;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests;

/// <summary>Seeded random data, and distances computed the long way from all values.</summary>
internal static class Samples
{
    public static float[] Normal(Random random, int count, double mean = 0, double sigma = 1)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            values[i] = (float)(mean + sigma * radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return values;
    }

    public static NumericCounts Window(NumericReference reference, IEnumerable<float> values)
    {
        var counts = new NumericCounts(reference);
        foreach (var value in values)
            counts.Add(value);
        return counts;
    }

    public static CategoricalReference Categories(IEnumerable<string> values)
    {
        var learner = new CategoricalLearner();
        foreach (var value in values)
            learner.Add(Encoding.UTF8.GetBytes(value));
        return CategoricalReference.Learn(learner)!;
    }

    public static CategoricalCounts Window(CategoricalReference reference, IEnumerable<string> values)
    {
        var counts = new CategoricalCounts(reference);
        foreach (var value in values)
            counts.Add(Encoding.UTF8.GetBytes(value));
        return counts;
    }

    /// <summary>Exact D and W1 of two samples, by walking both in order.</summary>
    public static (double Ks, double Wasserstein) Exact(float[] reference, float[] live)
    {
        float[] r = [.. reference.Order()], c = [.. live.Order()];
        double ks = 0, area = 0, difference = 0;
        int i = 0, j = 0;
        double? last = null;
        while (i < r.Length || j < c.Length)
        {
            var at = i < r.Length && (j == c.Length || r[i] <= c[j]) ? r[i] : c[j];
            if (last is { } before)
                area += Math.Abs(difference) * (at - before);
            while (i < r.Length && r[i] == at)
                i++;
            while (j < c.Length && c[j] == at)
                j++;
            difference = j / (double)c.Length - i / (double)r.Length;
            ks = Math.Max(ks, Math.Abs(difference));
            last = at;
        }

        return (ks, area);
    }

    /// <summary>The count that a binomial exceeds with chance below <paramref name="chance"/>.</summary>
    public static int Limit(int trials, double rate, double chance = 1e-6)
    {
        var limit = 0;
        while (1 - Binomial.CDF(rate, trials, limit) > chance)
            limit++;
        return limit;
    }

    /// <summary>The numeric columns of a fixture table by name.</summary>
    public static Dictionary<string, float[]> Table(string file)
    {
        var lines = File.ReadAllLines(Fixtures.Require("data", file));
        var names = lines[0].Split(',');
        var rows = lines.Skip(1).Where(line => line.Length > 0).Select(line => line.Split(',')).ToArray();
        return names.Index().ToDictionary(
            name => name.Item,
            name => rows.Select(row => float.TryParse(row[name.Index], CultureInfo.InvariantCulture, out var value) ? value : float.NaN).ToArray());
    }
}
