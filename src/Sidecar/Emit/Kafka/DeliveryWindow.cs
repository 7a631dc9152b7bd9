namespace Sidecar.Emit.Kafka;

/// <summary>
/// Records of one topic that are with the broker: it may acknowledge them in any order, over its partitions, and only what all before it are acknowledged of can be committed.
/// </summary>
internal sealed class DeliveryWindow
{
    private readonly Lock _gate = new();
    private Flight? _first;
    private Flight? _last;
    private Flight? _beforeLast;
    private int _waiting;
    private bool _refused;

    /// <summary>Records without an answer.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>A record was refused for now: nothing is sent until all are answered, and then what isn't persisted again.</summary>
    public bool IsRefused => Volatile.Read(ref _refused);

    /// <summary>Notes a record that is about to be sent; they come in order.</summary>
    public Flight Depart(long index)
    {
        var flight = new Flight(index);
        lock (_gate)
        {
            if (_last is { } last)
                last.Behind = flight;
            else
                _first = flight;
            (_beforeLast, _last) = (_last, flight);
            _waiting++;
        }

        return flight;
    }

    /// <summary>The last that departed was not sent after all; it departs again.</summary>
    public void Cancel(Flight flight)
    {
        lock (_gate)
        {
            // Taken out, so that nothing is left of the attempts while the client is full.
            _waiting--;
            if (_first == flight)
            {
                _first = _last = _beforeLast = null;
                return;
            }

            _last = _beforeLast!;
            _last.Behind = null;
        }
    }

    /// <summary>A record has its answer for good: it is persisted, or will never be.</summary>
    /// <returns>The index up to which everything has; −1 where that did not move.</returns>
    public long Land(Flight flight)
    {
        lock (_gate)
        {
            flight.HasLanded = true;
            _waiting--;
            var next = -1L;
            for (; _first is { HasLanded: true } first; _first = first.Behind)
                next = first.Index + 1;
            if (_first is null)
                _last = _beforeLast = null;
            return next;
        }
    }

    /// <summary>A record was refused for now.</summary>
    /// <param name="isPossible">A broker may have it all the same.</param>
    public void Refuse(Flight flight, bool isPossible)
    {
        lock (_gate)
        {
            flight.IsRefused = !isPossible;
            _refused = true;
            _waiting--;
        }
    }

    /// <summary>Forgets what has no answer for good, to send it again.</summary>
    /// <returns>What that is.</returns>
    public IReadOnlyList<Flight> Clear()
    {
        lock (_gate)
        {
            var open = new List<Flight>();
            for (var flight = _first; flight is not null; flight = flight.Behind)
            {
                if (!flight.HasLanded)
                    open.Add(flight);
            }

            _first = _last = _beforeLast = null;
            _waiting = 0;
            _refused = false;
            return open;
        }
    }

    internal sealed class Flight(long index)
    {
        public long Index => index;

        public bool HasLanded { get; set; }

        /// <summary>The broker doesn't have it.</summary>
        public bool IsRefused { get; set; }

        public Flight? Behind { get; set; }
    }
}
