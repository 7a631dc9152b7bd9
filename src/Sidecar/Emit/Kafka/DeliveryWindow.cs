namespace Sidecar.Emit.Kafka;

/// <summary>
/// Records of one topic that are with the broker: it may acknowledge them in any order, over its partitions, and only what all before it are acknowledged of can be committed.
/// </summary>
internal sealed class DeliveryWindow
{
    private readonly Lock _gate = new();
    private readonly Queue<Flight> _flights = new();
    private readonly HashSet<long> _ahead = [];
    private int _waiting;
    private bool _refused;

    /// <summary>Records without an answer.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>A record was refused for now: nothing is sent until all are answered, and then what isn't persisted again.</summary>
    public bool IsRefused => Volatile.Read(ref _refused);

    /// <summary>Notes a record that is about to be sent; they come in order.</summary>
    public Flight Depart(long index, string type, bool isOld)
    {
        var flight = new Flight(index, type, isOld);
        lock (_gate)
        {
            _flights.Enqueue(flight);
            _waiting++;
        }

        return flight;
    }

    /// <summary>The last that departed was not sent after all; it departs again.</summary>
    public void Cancel(Flight flight)
    {
        lock (_gate)
        {
            flight.IsCancelled = true;
            _waiting--;
        }
    }

    /// <summary>It was persisted before the window was cleared, so it need not be sent again.</summary>
    public bool HasLanded(long index)
    {
        lock (_gate)
            return _ahead.Contains(index);
    }

    /// <summary>A record has its answer for good: it is persisted, or will never be.</summary>
    /// <returns>The index up to which everything has; −1 where that did not move.</returns>
    public long Land(Flight flight)
    {
        lock (_gate)
        {
            flight.HasLanded = true;
            _ahead.Add(flight.Index);
            _waiting--;
            var next = -1L;
            while (_flights.TryPeek(out var first) && (first.HasLanded || first.IsCancelled))
            {
                _flights.Dequeue();
                if (!first.HasLanded)
                    continue;
                _ahead.Remove(first.Index);
                next = first.Index + 1;
            }

            return next;
        }
    }

    /// <summary>A record was refused for now.</summary>
    public void Refuse()
    {
        lock (_gate)
        {
            _refused = true;
            _waiting--;
        }
    }

    /// <summary>Forgets what has no answer, to send it again.</summary>
    /// <returns>What that is.</returns>
    public IReadOnlyList<Flight> Clear()
    {
        lock (_gate)
        {
            Flight[] open = [.. _flights.Where(static flight => flight is { HasLanded: false, IsCancelled: false })];
            // What landed behind a record that has yet to is remembered; nothing before the first of those can come again.
            if (open.Length > 0)
                _ahead.RemoveWhere(index => index < open[0].Index);
            _flights.Clear();
            _waiting = 0;
            _refused = false;
            return open;
        }
    }

    internal sealed class Flight(long index, string type, bool isOld)
    {
        public long Index => index;
        public string Type => type;

        /// <summary>Of an earlier run.</summary>
        public bool IsOld => isOld;

        public bool HasLanded { get; set; }
        public bool IsCancelled { get; set; }
    }
}
