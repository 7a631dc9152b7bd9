using System.Diagnostics.CodeAnalysis;

namespace Sidecar.Statistics;

/// <summary>
/// A set of at most <c>capacity</c> distinct values (bytes or 64-bit integers), numbered in order of arrival. Open addressing, at most
/// <see cref="MaximumProbes"/> slots a lookup whatever the values; a value that can't be placed within that is refused, never misplaced.
/// </summary>
internal sealed class ValueTable
{
    /// <summary>Slots read in the worst case. At most half the slots are taken, so honest values need 1–2.</summary>
    public const int MaximumProbes = 16;

    /// <summary>Longest value kept; 4,096 values × 256 B = 1 MiB a feature at worst.</summary>
    public const int MaximumBytes = 256;

    private const int IntegerLength = -1;
    private readonly int _capacity;
    private readonly int _maximumSlots;
    private readonly List<Entry> _entries = [];
    private Slot[] _slots = new Slot[16];
    private byte[] _bytes = new byte[64];
    private int _used;

    public ValueTable(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        _capacity = capacity;
        _maximumSlots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity * 4);
    }

    private ValueTable(ValueTable other)
    {
        (_capacity, _maximumSlots, _used) = (other._capacity, other._maximumSlots, other._used);
        _entries = [.. other._entries];
        _slots = [.. other._slots];
        _bytes = other._bytes.AsSpan(0, Math.Max(1, other._used)).ToArray();
    }

    public int Count => _entries.Count;

    /// <summary>Bytes held by the table's arrays.</summary>
    public long Footprint => (long)_slots.Length * 16 + _bytes.Length + (long)_entries.Capacity * 16;

    public ValueTable Copy() => new(this);

    /// <summary>The value's number, or −1.</summary>
    public int Find(ReadOnlySpan<byte> value)
    {
        if (value.Length > MaximumBytes)
            return -1;
        var hash = ValueHash.Of(value);
        var slots = _slots;
        for (int probe = 0, at = (int)hash; probe < MaximumProbes; probe++, at++)
        {
            ref readonly var slot = ref slots[at & (slots.Length - 1)];
            if (slot.Number == 0)
                return -1;
            if (slot.Hash == hash && slot.Length == value.Length && value.SequenceEqual(Bytes(slot.Number - 1)))
                return slot.Number - 1;
        }

        return -1;
    }

    /// <inheritdoc cref="Find(ReadOnlySpan{byte})"/>
    public int Find(long value)
    {
        var hash = ValueHash.Of(value);
        var slots = _slots;
        for (int probe = 0, at = (int)hash; probe < MaximumProbes; probe++, at++)
        {
            ref readonly var slot = ref slots[at & (slots.Length - 1)];
            if (slot.Number == 0)
                return -1;
            if (slot.Hash == hash && slot.Length == IntegerLength)
                return slot.Number - 1;
        }

        return -1;
    }

    /// <summary>The value's number, added if new; −1 if there is no room for it.</summary>
    public int FindOrAdd(ReadOnlySpan<byte> value)
    {
        var found = Find(value);
        if (found >= 0 || value.Length > MaximumBytes || !TryPlace(ValueHash.Of(value), value.Length))
            return found;
        if (_used + value.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + value.Length));
        value.CopyTo(_bytes.AsSpan(_used));
        _entries.Add(new Entry(_used, value.Length, 0));
        _used += value.Length;
        return _entries.Count - 1;
    }

    /// <inheritdoc cref="FindOrAdd(ReadOnlySpan{byte})"/>
    public int FindOrAdd(long value)
    {
        var found = Find(value);
        if (found >= 0 || !TryPlace(ValueHash.Of(value), IntegerLength))
            return found;
        _entries.Add(new Entry(0, IntegerLength, value));
        return _entries.Count - 1;
    }

    /// <summary>The bytes of a value that was added as bytes; empty for an integer.</summary>
    public ReadOnlySpan<byte> Bytes(int number) =>
        _entries[number].Length == IntegerLength ? default : _bytes.AsSpan(_entries[number].Offset, _entries[number].Length);

    public bool IsInteger(int number, [NotNullWhen(true)] out long? value)
    {
        value = _entries[number].Length == IntegerLength ? _entries[number].Integer : null;
        return value is not null;
    }

    private bool TryPlace(ulong hash, int length)
    {
        if (_entries.Count >= _capacity)
            return false;
        while (_entries.Count * 2 >= _slots.Length || !TryPlace(_slots, new Slot(hash, _entries.Count + 1, length)))
        {
            if (!TryGrow())
                return false;
        }

        return true;
    }

    private bool TryGrow()
    {
        for (var length = _slots.Length * 2; length <= _maximumSlots; length *= 2)
        {
            var slots = new Slot[length];
            var placed = true;
            foreach (var slot in _slots)
                placed = placed && (slot.Number == 0 || TryPlace(slots, slot));
            if (placed)
            {
                _slots = slots;
                return true;
            }
        }

        return false;
    }

    private static bool TryPlace(Slot[] slots, Slot slot)
    {
        for (int probe = 0, at = (int)slot.Hash; probe < MaximumProbes; probe++, at++)
        {
            ref var place = ref slots[at & (slots.Length - 1)];
            if (place.Number != 0)
                continue;
            place = slot;
            return true;
        }

        return false;
    }

    private readonly record struct Slot(ulong Hash, int Number, int Length);

    private readonly record struct Entry(int Offset, int Length, long Integer);
}
