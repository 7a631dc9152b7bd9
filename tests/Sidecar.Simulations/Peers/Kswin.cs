using Sidecar.Statistics;

namespace Sidecar.Simulations.Peers;

/// <summary>
/// KSWIN (Raab et al. 2020) with river 0.26's defaults: on every row a two-sample KS test of the last 30 of 100 rows against 30 drawn from the others, at .005, and D
/// above .1. The exact two-sample p of equal sizes depends on D alone, so it is a table.
/// </summary>
internal sealed class Kswin(Rng random)
{
    private const int Window = 100;
    private const int Recent = 30;
    private const double Alpha = 0.005;
    private static readonly double[] PValues =
        [.. Enumerable.Range(0, Recent + 1).Select(steps => KolmogorovSmirnov.ExactPValue(steps / (double)Recent, Recent, Recent))];

    private readonly List<double> _window = new(Window + 1);
    private readonly double[] _drawn = new double[Recent];
    private readonly double[] _recent = new double[Recent];
    private readonly int[] _order = [.. Enumerable.Range(0, Window - Recent)];

    public bool Update(double value)
    {
        _window.Add(value);
        if (_window.Count > Window)
            _window.RemoveAt(0);
        if (_window.Count < Window)
            return false;
        for (var i = 0; i < Recent; i++)
        {
            // The first 30 of a shuffle: drawn without replacement.
            var other = i + random.Below(_order.Length - i);
            (_order[i], _order[other]) = (_order[other], _order[i]);
            _drawn[i] = _window[_order[i]];
            _recent[i] = _window[Window - Recent + i];
        }

        Array.Sort(_drawn);
        Array.Sort(_recent);
        var distance = SampleDistances.KolmogorovSmirnov(_drawn, _recent);
        if (distance <= 0.1 || PValues[(int)Math.Round(distance * Recent)] > Alpha)
            return false;
        _window.RemoveRange(0, Window - Recent);
        return true;
    }
}
