namespace Sidecar.Model;

/// <summary>
/// Buffers for captured bodies under one byte budget for the whole process, lent by relay threads and given back by
/// workers, without locks and, once warm, without allocation.
/// </summary>
/// <remarks>Invariant: bytes of all buffers, lent and idle, never exceed the budget.</remarks>
public sealed class BodyPool
{
    internal const int SmallestBuffer = 2048;

    // What is announced gets at most this many times the room of what has come: an announcement costs its sender nothing.
    private const int MostAhead = 16;

    private readonly BoundedQueue<CapturedBody>[] _idle;
    private readonly long _budget;
    private readonly int _largest;
    private long _allocated;
    private long _lent;

    /// <param name="budgetBytes">The bound on all buffers together; 0 = nothing is ever captured.</param>
    /// <param name="maxBodyBytes">The largest body that a buffer must hold.</param>
    public BodyPool(long budgetBytes, int maxBodyBytes)
    {
        _budget = budgetBytes;
        _largest = maxBodyBytes;
        var classes = SizeClass(Math.Max(1, maxBodyBytes)) + 1;
        _idle = new BoundedQueue<CapturedBody>[classes];
        for (var i = 0; i < classes; i++)
            _idle[i] = new BoundedQueue<CapturedBody>((int)Math.Clamp(budgetBytes / (SmallestBuffer << i), 2, 4096));
    }

    /// <summary>Bytes of buffers that are lent now.</summary>
    public long Lent => Interlocked.Read(ref _lent);

    /// <summary>The lent part of the budget, 0 to 1; 0 where there is no budget to use up.</summary>
    public double Usage => _budget > 0 ? (double)Lent / _budget : 0;

    /// <summary>Bytes of all buffers, lent and idle.</summary>
    internal long Held => Interlocked.Read(ref _allocated);

    /// <summary>A buffer for at least <paramref name="size"/> bytes, or null when the budget is used up or the size is over the largest.</summary>
    public CapturedBody? Rent(int size)
    {
        var sizeClass = SizeClass(Math.Max(1, size));
        if (sizeClass >= _idle.Length)
            return null;
        if (!_idle[sizeClass].TryDequeue(out var body))
        {
            var bytes = SmallestBuffer << sizeClass;
            while (Interlocked.Add(ref _allocated, bytes) > _budget)
            {
                // Idle buffers of other sizes make room, unless all of them would not be enough: then they are kept.
                Interlocked.Add(ref _allocated, -bytes);
                if (Lent + bytes > _budget || !DropOneIdle(sizeClass))
                    return null;
            }

            body = new CapturedBody(this, sizeClass);
        }

        Interlocked.Add(ref _lent, body.Buffer.Length);
        return body;
    }

    /// <summary>A buffer for the first bytes of a body of which more is announced.</summary>
    public CapturedBody? Rent(int size, long announced) => Rent(Room(size, announced));

    /// <summary>Appends to a body, moving it to a larger buffer where needed.</summary>
    /// <param name="announced">How many bytes are known to follow these, so that the next ones need not move it again; 0 or less = nobody knows.</param>
    /// <returns>False when it does not fit the budget or the largest buffer; the body is unchanged then.</returns>
    public bool Append(ref CapturedBody body, ReadOnlySpan<byte> bytes, long announced = 0)
    {
        if (bytes.Length > body.Free)
        {
            if (Rent(checked(body.Length + bytes.Length), announced) is not { } larger)
                return false;
            body.Bytes.CopyTo(larger.Buffer);
            larger.Length = body.Length;
            body.Return();
            body = larger;
        }

        bytes.CopyTo(body.Buffer.AsSpan(body.Length));
        body.Length += bytes.Length;
        return true;
    }

    internal void Return(CapturedBody body)
    {
        Interlocked.Add(ref _lent, -body.Buffer.Length);
        if (!_idle[body.SizeClass].TryEnqueue(body))
            Interlocked.Add(ref _allocated, -body.Buffer.Length);
    }

    private bool DropOneIdle(int except)
    {
        for (var sizeClass = _idle.Length - 1; sizeClass >= 0; sizeClass--)
        {
            if (sizeClass != except && _idle[sizeClass].TryDequeue(out var body))
            {
                Interlocked.Add(ref _allocated, -body.Buffer.Length);
                return true;
            }
        }

        return false;
    }

    private int Room(int size, long announced)
    {
        var ahead = Math.Min(Math.Max(0, announced), (MostAhead - 1L) * size);
        return Math.Max(size, (int)Math.Min(size + ahead, _largest));
    }

    private static int SizeClass(int size) =>
        Math.Max(0, System.Numerics.BitOperations.Log2((uint)(size - 1) | 1) + 1 - System.Numerics.BitOperations.Log2(SmallestBuffer));
}
