namespace Sidecar.Simulations;

/// <summary>Rows that depend on each other: an AR(1), or requests of several alike rows. Standard normal and 1 % missing whatever the dependence.</summary>
/// <param name="correlation">AR(1): of neighbouring rows.</param>
/// <param name="requestRows">Mean rows of a request, geometric; 1 = every row is one.</param>
/// <param name="alike">Correlation of the rows of a request; missing is then a matter of whole requests.</param>
internal sealed class DependentStream(double correlation, double requestRows, double alike, Rng random)
{
    private const double MissingShare = 0.01;
    private double _state;
    private double _shared;
    private bool _lost;
    private bool _fresh = true;

    /// <summary>The next row: its value (NaN = missing), and whether its request ends with it.</summary>
    public (double Value, bool First, bool Last) Next()
    {
        var first = _fresh;
        if (first)
        {
            _shared = random.Normal();
            _lost = random.Uniform() < MissingShare;
        }

        _fresh = random.Uniform() < 1 / requestRows;
        _state = correlation * _state + Math.Sqrt(1 - correlation * correlation) * random.Normal();
        var value = requestRows > 1 ? Math.Sqrt(alike) * _shared + Math.Sqrt(1 - alike) * random.Normal() : _state;
        return (_lost ? double.NaN : value, first, _fresh);
    }
}
