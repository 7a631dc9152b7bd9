namespace Sidecar.Statistics;

/// <summary>A tensor's row in a few figures that are monitored like features, because its single dimensions say nothing.</summary>
/// <param name="Norm">√Σx² over the finite values.</param>
/// <param name="Zeros">Share of zeros.</param>
/// <param name="NonFinite">Values that are NaN or infinite; the other figures leave them out.</param>
/// <param name="Distance">Euclidean distance to the reference's mean; NaN where none was given.</param>
public readonly record struct VectorSummary(
    float Norm, float Mean, float Deviation, float Minimum, float Maximum, float Zeros, int NonFinite, float Distance)
{
    /// <summary>Summarises a row. Without a finite value all figures but the counts are NaN.</summary>
    /// <param name="mean">The reference's mean of each dimension; empty if there is none.</param>
    /// <exception cref="ArgumentException">The row is empty, or the mean has another length.</exception>
    public static VectorSummary Of(ReadOnlySpan<float> row, ReadOnlySpan<float> mean = default)
    {
        if (row.IsEmpty || (!mean.IsEmpty && mean.Length != row.Length))
            throw new ArgumentException("A row has a value for every dimension of the mean.", nameof(row));
        double sum = 0, squares = 0, distance = 0;
        float minimum = float.PositiveInfinity, maximum = float.NegativeInfinity;
        int zeros = 0, nonFinite = 0;
        for (var i = 0; i < row.Length; i++)
        {
            var value = row[i];
            if (!float.IsFinite(value))
            {
                nonFinite++;
                continue;
            }

            sum += value;
            squares += (double)value * value;
            minimum = Math.Min(minimum, value);
            maximum = Math.Max(maximum, value);
            zeros += value == 0 ? 1 : 0;
            if (!mean.IsEmpty)
                distance += ((double)value - mean[i]) * ((double)value - mean[i]);
        }

        var finite = row.Length - nonFinite;
        if (finite == 0)
            return new(float.NaN, float.NaN, float.NaN, float.NaN, float.NaN, 0, nonFinite, float.NaN);
        var average = sum / finite;
        return new(
            (float)Math.Sqrt(squares), (float)average, (float)Math.Sqrt(Math.Max(0, squares / finite - average * average)), minimum, maximum,
            zeros / (float)row.Length, nonFinite, mean.IsEmpty ? float.NaN : (float)Math.Sqrt(distance));
    }
}
