namespace Sidecar.Emit.Kafka;

/// <summary>
/// Of which type the records of a log are that nobody has settled: two bytes for each. Who takes a record out settles it in the book, and nobody can after that: so each is settled once,
/// whether the broker answers, the log loses it, or both at once.
/// </summary>
internal sealed class TypesInOrder
{
    private const ushort Gone = 0;
    private readonly Lock _gate = new();
    private readonly List<string> _names = [""];
    private ushort[] _ids = new ushort[64];
    private long _first;
    private long _next;

    /// <param name="next">The index that the first record will have.</param>
    public TypesInOrder(long next) => _first = _next = next;

    /// <summary>Adds the record behind the last one.</summary>
    public void Add(string type)
    {
        lock (_gate)
        {
            if (_next - _first == _ids.Length)
                Grow();
            this[_next++] = IdOf(type);
        }
    }

    /// <summary>The last one was not added to the log after all.</summary>
    public void RemoveLast()
    {
        lock (_gate)
        {
            _next--;
            _first = Math.Min(_first, _next);
        }
    }

    /// <summary>Whether nobody has taken it.</summary>
    public bool Contains(long index)
    {
        lock (_gate)
            return index >= _first && index < _next && this[index] != Gone;
    }

    /// <summary>Takes one out; null when somebody has.</summary>
    public string? Take(long index)
    {
        lock (_gate)
        {
            if (index < _first || index >= _next || this[index] is not (not Gone and var id))
                return null;
            this[index] = Gone;
            Shorten();
            return _names[id];
        }
    }

    /// <summary>Takes out those of a range that are there.</summary>
    public List<Run> Take(long first, long next)
    {
        var taken = new List<Run>();
        lock (_gate)
        {
            for (var index = Math.Max(first, _first); index < Math.Min(next, _next); index++)
            {
                var id = this[index];
                if (id == Gone)
                    continue;
                this[index] = Gone;
                if (taken.Count > 0 && taken[^1] is var last && last.Next == index && last.Type == _names[id])
                    taken[^1] = last with { Next = index + 1 };
                else
                    taken.Add(new Run(_names[id], index, index + 1));
            }

            Shorten();
        }

        return taken;
    }

    /// <summary>Forgets what lies below an index.</summary>
    public void RemoveBelow(long next)
    {
        lock (_gate)
        {
            _first = Math.Clamp(next, _first, _next);
            Shorten();
        }
    }

    private ushort this[long index]
    {
        get => _ids[index & (_ids.Length - 1)];
        set => _ids[index & (_ids.Length - 1)] = value;
    }

    private void Shorten()
    {
        while (_first < _next && this[_first] == Gone)
            _first++;
        if (_first == _next && _ids.Length > 1 << 16)
            _ids = new ushort[64]; // a backlog is gone
    }

    private void Grow()
    {
        var larger = new ushort[_ids.Length * 2];
        for (var index = _first; index < _next; index++)
            larger[index & (larger.Length - 1)] = this[index];
        _ids = larger;
    }

    private ushort IdOf(string type)
    {
        // Of a closed set, so there are few.
        var id = _names.IndexOf(type);
        if (id < 0)
        {
            id = _names.Count;
            _names.Add(type);
        }

        return checked((ushort)id);
    }

    internal readonly record struct Run(string Type, long First, long Next);
}
