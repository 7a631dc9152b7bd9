namespace Sidecar.Simulations.Peers;

/// <summary>Page and Hinkley's test (1954, 1971) with river 0.26's defaults: both directions, threshold 50, δ .005, forgetting .9999, 30 rows at least.</summary>
internal sealed class PageHinkley
{
    private const double Threshold = 50;
    private const double Delta = 0.005;
    private const double Alpha = 1 - 0.0001;
    private const int MinimumRows = 30;
    private double _mean;
    private long _rows;
    private double _increase;
    private double _decrease;
    private double _lowest = double.PositiveInfinity;
    private double _highest = double.NegativeInfinity;
    private bool _drifted;

    public bool Update(double value)
    {
        if (_drifted)
        {
            (_mean, _rows, _increase, _decrease) = (0, 0, 0, 0);
            (_lowest, _highest) = (double.PositiveInfinity, double.NegativeInfinity);
        }

        _mean += (value - _mean) / ++_rows;
        var deviation = value - _mean;
        _increase = Alpha * _increase + deviation - Delta;
        _decrease = Alpha * _decrease + deviation + Delta;
        _lowest = Math.Min(_lowest, _increase);
        _highest = Math.Max(_highest, _decrease);
        _drifted = _rows >= MinimumRows && (_increase - _lowest > Threshold || _highest - _decrease > Threshold);
        return _drifted;
    }
}
