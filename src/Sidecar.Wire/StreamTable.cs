using System.Buffers;

namespace Sidecar.Wire;

/// <summary>What is known of one open HTTP/2 stream.</summary>
internal struct Http2Stream
{
    public int Id;
    public int Next;
    public bool RequestEnded;
    public bool ResponseStarted;
    public bool ResponseEnded;
    public int InterimCount;

    /// <summary>Bytes of the response's body that are to come by its declared length; below 0 where no length says when it is whole.</summary>
    public long ResponseLeft;
}

/// <summary>
/// The open streams of a connection by their id: a chained hash table over pooled arrays that doubles up to a bound. A stream's
/// place in it is its slot, and low slots are taken first.
/// </summary>
internal struct StreamTable
{
    private const int FirstCapacity = 16;

    // Another one in each process: a client that knew where its ids fall could put all its streams into one chain, which each of its frames walks.
    private static readonly uint Secret = (uint)Random.Shared.Next();

    private Http2Stream[]? _streams;
    private int[]? _buckets;
    private int _capacity;
    private int _free;

    /// <summary>How many are open.</summary>
    public int Count { get; private set; }

    public readonly int Capacity => _capacity;

    public readonly ref Http2Stream this[int slot] => ref _streams![slot];

    /// <summary>The slot of an open stream, or -1.</summary>
    public readonly int Find(int id)
    {
        if (Count == 0)
            return -1;
        for (var slot = _buckets![Bucket(id)]; slot >= 0; slot = _streams![slot].Next)
        {
            if (_streams![slot].Id == id)
                return slot;
        }

        return -1;
    }

    /// <summary>Opens a stream; -1 when there are <paramref name="most"/> already.</summary>
    public int Add(int id, int most)
    {
        if (Count >= most)
            return -1;
        if (_streams is null)
            Grow(FirstCapacity);
        else if (_free < 0)
            Grow(_capacity * 2);
        var slot = _free;
        _free = _streams![slot].Next;
        Insert(slot, id);
        return slot;
    }

    /// <summary>Opens the first stream at a slot below 16 that was chosen elsewhere; the table must be empty.</summary>
    public void AddAt(int slot, int id)
    {
        Clear();
        Grow(FirstCapacity);
        if (_free == slot)
            _free = _streams![slot].Next;
        else
            _streams![slot - 1].Next = _streams[slot].Next; // the free ones are chained in order
        Insert(slot, id);
    }

    /// <summary>Forgets a stream.</summary>
    public void Remove(int slot)
    {
        ref var link = ref _buckets![Bucket(_streams![slot].Id)];
        while (link != slot)
            link = ref _streams[link].Next;
        link = _streams[slot].Next;
        _streams[slot] = new Http2Stream { Next = _free };
        _free = slot;
        Count--;
    }

    /// <summary>Forgets all, and gives the arrays back.</summary>
    public void Clear()
    {
        if (_streams is not null)
            ArrayPool<Http2Stream>.Shared.Return(_streams);
        if (_buckets is not null)
            ArrayPool<int>.Shared.Return(_buckets);
        this = default;
    }

    private void Insert(int slot, int id)
    {
        ref var bucket = ref _buckets![Bucket(id)];
        _streams![slot] = new Http2Stream { Id = id, Next = bucket };
        bucket = slot;
        Count++;
    }

    /// <summary>The chain that a stream is in (MurmurHash3's finaliser).</summary>
    internal readonly int Bucket(int id)
    {
        var hash = (uint)id ^ Secret;
        hash = (hash ^ (hash >> 16)) * 0x85EBCA6B;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35;
        return (int)(hash ^ (hash >> 16)) & (_capacity - 1);
    }

    private void Grow(int capacity)
    {
        var streams = ArrayPool<Http2Stream>.Shared.Rent(capacity);
        var buckets = ArrayPool<int>.Shared.Rent(capacity);
        buckets.AsSpan(0, capacity).Fill(-1);
        var old = _capacity;
        if (_streams is not null)
        {
            _streams.AsSpan(0, old).CopyTo(streams);
            ArrayPool<Http2Stream>.Shared.Return(_streams);
            ArrayPool<int>.Shared.Return(_buckets!);
        }

        _streams = streams;
        _buckets = buckets;
        _capacity = capacity;
        // Full until now, so every old slot is an open stream.
        for (var slot = 0; slot < old; slot++)
        {
            ref var bucket = ref buckets[Bucket(streams[slot].Id)];
            streams[slot].Next = bucket;
            bucket = slot;
        }

        for (var slot = old; slot < capacity; slot++)
            streams[slot] = new Http2Stream { Next = slot + 1 < capacity ? slot + 1 : -1 };
        _free = old;
    }
}
