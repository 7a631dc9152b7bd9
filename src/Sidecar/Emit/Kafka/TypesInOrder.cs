namespace Sidecar.Emit.Kafka;

/// <summary>Of which type the records of a log are that wait, so that the book can name what is lost: runs of one type, of which there are few.</summary>
internal sealed class TypesInOrder
{
    private readonly Lock _gate = new();
    private readonly List<Run> _runs = [];

    public void Add(long index, string type)
    {
        lock (_gate)
        {
            if (_runs.Count > 0 && _runs[^1] is var last && last.Type == type && last.Next == index)
                _runs[^1] = last with { Next = index + 1 };
            else
                _runs.Add(new Run(type, index, index + 1));
        }
    }

    /// <summary>Forgets what lies below an index.</summary>
    public void RemoveBelow(long next)
    {
        lock (_gate)
        {
            var whole = 0;
            while (whole < _runs.Count && _runs[whole].Next <= next)
                whole++;
            _runs.RemoveRange(0, whole);
            if (_runs.Count > 0 && _runs[0].First < next)
                _runs[0] = _runs[0] with { First = next };
        }
    }

    /// <summary>Takes out records from an index on, at most so many.</summary>
    public List<Run> Take(long from, long count)
    {
        var taken = new List<Run>();
        lock (_gate)
        {
            for (var i = 0; i < _runs.Count && count > 0; i++)
            {
                var run = _runs[i];
                var first = Math.Max(run.First, from);
                if (first >= run.Next)
                    continue;
                var next = Math.Min(run.Next, first + count);
                taken.Add(new Run(run.Type, first, next));
                count -= next - first;
                _runs.RemoveAt(i--);
                if (next < run.Next)
                    _runs.Insert(++i, run with { First = next });
                if (run.First < first)
                    _runs.Insert(i < 0 ? 0 : next < run.Next ? i++ : ++i, run with { Next = first });
            }
        }

        return taken;
    }

    internal readonly record struct Run(string Type, long First, long Next);
}
