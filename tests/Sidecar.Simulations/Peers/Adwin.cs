namespace Sidecar.Simulations.Peers;

/// <summary>ADWIN (Bifet and Gavaldà 2007) with the details of river 0.26: checks every 32 rows, at most 5 buckets of a size, a variance bound.</summary>
internal sealed class Adwin(double delta = 0.002)
{
    private const int Clock = 32;
    private const int MaximumBuckets = 5;
    private const int MinimumLength = 5;
    private const int Grace = 10;
    private readonly List<List<(double Total, double Variance)>> _buckets = [[]];
    private double _total;
    private double _variance;
    private double _width;
    private long _tick;
    private bool _drifted;

    /// <summary>True if this value made the window shrink. The next one starts afresh.</summary>
    public bool Update(double value)
    {
        if (_drifted)
            Reset();
        Insert(value);
        _drifted = DetectChange();
        return _drifted;
    }

    private void Reset()
    {
        _buckets.Clear();
        _buckets.Add([]);
        (_total, _variance, _width, _tick) = (0, 0, 0, 0);
    }

    private void Insert(double value)
    {
        _buckets[0].Add((value, 0));
        _width++;
        if (_width > 1)
        {
            var difference = value - _total / (_width - 1);
            _variance += (_width - 1) * difference * difference / _width;
        }

        _total += value;
        for (var level = 0; level < _buckets.Count && _buckets[level].Count == MaximumBuckets + 1; level++)
        {
            if (level + 1 == _buckets.Count)
                _buckets.Add([]);
            var size = Math.Pow(2, level);
            var ((t1, v1), (t2, v2)) = (_buckets[level][0], _buckets[level][1]);
            var difference = t1 / size - t2 / size;
            _buckets[level + 1].Add((t1 + t2, v1 + v2 + size * size * difference * difference / (size + size)));
            _buckets[level].RemoveRange(0, 2);
        }
    }

    private double DeleteOldest()
    {
        var level = _buckets.Count - 1;
        var size = Math.Pow(2, level);
        var (total, variance) = _buckets[level][0];
        _width -= size;
        _total -= total;
        var difference = total / size - _total / _width;
        _variance -= variance + size * _width * difference * difference / (size + _width);
        _buckets[level].RemoveAt(0);
        if (_buckets[level].Count == 0)
            _buckets.RemoveAt(level);
        return size;
    }

    private bool DetectChange()
    {
        if (++_tick % Clock != 0 || _width <= Grace)
            return false;
        var changed = false;
        while (Shrinks())
        {
            DeleteOldest();
            changed = true;
        }

        return changed;
    }

    private bool Shrinks()
    {
        double oldRows = 0, newRows = _width, oldTotal = 0, newTotal = _total;
        for (var level = _buckets.Count - 1; level >= 0; level--)
        {
            var size = Math.Pow(2, level);
            for (var i = 0; i < _buckets[level].Count; i++)
            {
                var total = _buckets[level][i].Total;
                oldRows += size;
                newRows -= size;
                oldTotal += total;
                newTotal -= total;
                if (level == 0 && i == _buckets[level].Count - 1)
                    return false;
                if (newRows >= MinimumLength && oldRows >= MinimumLength && Cuts(oldRows, newRows, oldTotal / oldRows - newTotal / newRows))
                    return true;
            }
        }

        return false;
    }

    private bool Cuts(double oldRows, double newRows, double difference)
    {
        var confidence = Math.Log(2 * Math.Log(_width) / delta);
        var reciprocal = 1 / (oldRows - MinimumLength + 1) + 1 / (newRows - MinimumLength + 1);
        var limit = Math.Sqrt(2 * reciprocal * (_variance / _width) * confidence) + 2.0 / 3 * confidence * reciprocal;
        return Math.Abs(difference) > limit;
    }
}
