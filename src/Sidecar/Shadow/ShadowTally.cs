using Sidecar.Model;

namespace Sidecar.Shadow;

/// <summary>What the comparisons of one candidate with one primary came to. Written by the lane's thread and the analysis, read by anyone.</summary>
public sealed class ShadowTally
{
    // Comparisons behind the agreement ratio; at 1,000 its own standard error is below 1.6 points.
    private const int RecentComparisons = 1000;

    private readonly long[] _results = new long[Labels<ShadowResult>.Count];
    private readonly Queue<Comparison> _recent = new();
    private readonly Lock _lock = new();

    /// <summary>Comparisons that came to this, since the start.</summary>
    public long Results(ShadowResult result) => Interlocked.Read(ref _results[(int)result]);

    /// <summary>Over the last comparisons: the share with the same top class (near-ties not counted), and the largest difference. NaN when there were none.</summary>
    public (double Agreement, double MaximumDifference) Recent()
    {
        lock (_lock)
        {
            double agree = 0, decided = 0, difference = double.NaN;
            foreach (var comparison in _recent)
            {
                agree += comparison.Result == ShadowResult.Agree ? 1 : 0;
                decided += comparison.Result is ShadowResult.Agree or ShadowResult.Disagree ? 1 : 0;
                if (!double.IsNaN(comparison.MaximumDifference))
                    difference = double.IsNaN(difference) ? comparison.MaximumDifference : Math.Max(difference, comparison.MaximumDifference);
            }

            return (decided == 0 ? double.NaN : agree / decided, difference);
        }
    }

    internal void Count(ShadowResult result) => Interlocked.Increment(ref _results[(int)result]);

    internal void Count(Comparison comparison)
    {
        Count(comparison.Result);
        lock (_lock)
        {
            _recent.Enqueue(comparison);
            if (_recent.Count > RecentComparisons)
                _recent.Dequeue();
        }
    }

    internal void ForgetRecent()
    {
        lock (_lock)
            _recent.Clear();
    }
}
