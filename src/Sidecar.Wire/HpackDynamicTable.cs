using System.Buffers;
using System.Numerics;

namespace Sidecar.Wire;

/// <summary>The dynamic table of one direction (RFC 7541 §2.3.2, §4): a queue of fields whose oldest are evicted. Its arrays are pooled.</summary>
internal struct HpackDynamicTable
{
    /// <summary>What an entry counts beyond its bytes (RFC 7541 §4.1).</summary>
    private const int EntryOverhead = 32;

    // The fields that a client repeats with every request are mostly some hundred bytes.
    private const int FirstRoom = 512;

    // Invariant: the arrays hold a table of _room bytes, which doubles as entries come and never falls: what an encoder may use, or says again
    // and again that it will, costs nothing until it does. Of bytes there are twice as many: appended at the end, and moved to the front when
    // the end is reached.
    private byte[]? _bytes;
    private Entry[]? _entries;
    private int _room;
    private int _first;
    private int _end;
    private int _size;
    private int _entryMask;

    /// <summary>The bytes that its entries may count together.</summary>
    public int MaxSize { get; private set; }

    public int Count { get; private set; }

    /// <summary>Empties it and gives its arrays back.</summary>
    public void Reset(int maxSize)
    {
        ReturnArrays();
        this = default;
        MaxSize = maxSize;
    }

    /// <summary>A dynamic table size update (RFC 7541 §6.3).</summary>
    public void Resize(int maxSize)
    {
        MaxSize = maxSize;
        Evict(0);
    }

    /// <summary>Entry 0 is the newest.</summary>
    public readonly void Get(int index, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        ref readonly var entry = ref _entries![(_first + Count - 1 - index) & _entryMask];
        name = _bytes.AsSpan(entry.Start, entry.NameLength);
        value = _bytes.AsSpan(entry.Start + entry.NameLength, entry.ValueLength);
    }

    /// <summary>Adds an entry; one that is larger than the table empties it (RFC 7541 §4.4). The spans must not point into the table.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var length = name.Length + value.Length;
        Evict(length + EntryOverhead);
        if (length + EntryOverhead > MaxSize)
            return;
        if (_size + length + EntryOverhead > _room)
            Move(_size + length + EntryOverhead);
        else if (_end + length > _bytes!.Length)
            Compact(_bytes);
        name.CopyTo(_bytes.AsSpan(_end));
        value.CopyTo(_bytes.AsSpan(_end + name.Length));
        _entries![(_first + Count) & _entryMask] = new Entry(_end, name.Length, value.Length);
        _end += length;
        _size += length + EntryOverhead;
        Count++;
    }

    private void Evict(int room)
    {
        while (Count > 0 && _size + room > MaxSize)
        {
            ref readonly var oldest = ref _entries![_first & _entryMask];
            _size -= oldest.NameLength + oldest.ValueLength + EntryOverhead;
            _first = (_first + 1) & _entryMask;
            Count--;
        }

        if (Count == 0)
            _end = 0;
    }

    private void Compact(byte[] into)
    {
        var start = Count == 0 ? 0 : _entries![_first & _entryMask].Start;
        _bytes.AsSpan(start, Count == 0 ? 0 : _end - start).CopyTo(into);
        for (var i = 0; i < Count; i++)
        {
            ref var entry = ref _entries![(_first + i) & _entryMask];
            entry = entry with { Start = entry.Start - start };
        }

        _end = Count == 0 ? 0 : _end - start;
    }

    // To arrays that hold a table of at least that size.
    private void Move(int size)
    {
        var room = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(FirstRoom, size));
        var bytes = ArrayPool<byte>.Shared.Rent(2 * room);
        var entries = ArrayPool<Entry>.Shared.Rent(room / EntryOverhead);
        if (_bytes is not null)
        {
            Compact(bytes);
            for (var i = 0; i < Count; i++)
                entries[i] = _entries![(_first + i) & _entryMask];
        }

        ReturnArrays();
        _bytes = bytes;
        _entries = entries;
        _entryMask = (room / EntryOverhead) - 1;
        _room = room;
        _first = 0;
    }

    private readonly void ReturnArrays()
    {
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(_bytes);
        if (_entries is not null)
            ArrayPool<Entry>.Shared.Return(_entries);
    }

    private readonly record struct Entry(int Start, int NameLength, int ValueLength);
}
