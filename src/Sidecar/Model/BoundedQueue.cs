using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sidecar.Model;

/// <summary>
/// A bounded queue for any number of producers and consumers that never locks, never waits and never allocates after
/// construction: each cell carries the ticket at which it may be written or read (D. Vyukov's bounded MPMC queue).
/// </summary>
/// <remarks>
/// <see cref="TryEnqueue"/> returning false means that the caller still owns the item: there is no mode that drops
/// silently. The relay's threads use it to hand exchanges over and to get spent ones back.
/// </remarks>
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "It is a queue.")]
public sealed class BoundedQueue<T>
{
    private readonly Cell[] _cells;
    private readonly int _mask;
    private Tickets _tickets;

    /// <param name="capacity">Rounded up to a power of two; at least 2.</param>
    public BoundedQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        var size = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(2, capacity));
        _cells = new Cell[size];
        _mask = size - 1;
        for (var i = 0; i < size; i++)
            _cells[i].Ticket = i;
    }

    /// <summary>How many items fit.</summary>
    public int Capacity => _cells.Length;

    /// <summary>How many items are queued: exact when nobody is at work on it, else a value that it had during the call or nearly so.</summary>
    public int Count => (int)Math.Clamp(Volatile.Read(ref _tickets.Tail) - Volatile.Read(ref _tickets.Head), 0, _cells.Length);

    /// <summary>Queues an item; false when the queue is full, and then the caller keeps it.</summary>
    public bool TryEnqueue(T item)
    {
        var tail = Volatile.Read(ref _tickets.Tail);
        while (true)
        {
            ref var cell = ref _cells[(int)tail & _mask];
            var distance = Volatile.Read(ref cell.Ticket) - tail;
            if (distance < 0)
                return false;
            if (distance == 0 && Interlocked.CompareExchange(ref _tickets.Tail, tail + 1, tail) == tail)
            {
                cell.Item = item;
                Volatile.Write(ref cell.Ticket, tail + 1);
                return true;
            }

            tail = Volatile.Read(ref _tickets.Tail);
        }
    }

    /// <summary>Takes the oldest item; false when there is none.</summary>
    public bool TryDequeue([MaybeNullWhen(false)] out T item)
    {
        var head = Volatile.Read(ref _tickets.Head);
        while (true)
        {
            ref var cell = ref _cells[(int)head & _mask];
            var distance = Volatile.Read(ref cell.Ticket) - (head + 1);
            if (distance < 0)
            {
                item = default;
                return false;
            }

            if (distance == 0 && Interlocked.CompareExchange(ref _tickets.Head, head + 1, head) == head)
            {
                item = cell.Item!;
                if (RuntimeHelpers.IsReferenceOrContainsReferences<T>())
                    cell.Item = default!;
                Volatile.Write(ref cell.Ticket, head + _cells.Length);
                return true;
            }

            head = Volatile.Read(ref _tickets.Head);
        }
    }

    private struct Cell
    {
        public long Ticket;
        public T Item;
    }
}

/// <summary>Head and tail on cache lines of their own, so that the relay's writes don't slow the worker's reads.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct Tickets
{
    [FieldOffset(64)]
    public long Head;
    [FieldOffset(128)]
    public long Tail;
}
