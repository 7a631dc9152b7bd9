namespace Sidecar.Model;

/// <summary>A body's bytes in a pooled buffer. One owner at a time; <see cref="Return"/> gives the buffer back.</summary>
public sealed class CapturedBody
{
    private readonly BodyPool _pool;

    internal CapturedBody(BodyPool pool, int sizeClass)
    {
        _pool = pool;
        SizeClass = sizeClass;
        Buffer = GC.AllocateUninitializedArray<byte>(BodyPool.SmallestBuffer << sizeClass);
    }

    internal int SizeClass { get; }
    internal byte[] Buffer { get; }

    /// <summary>How many bytes of the buffer are the body's.</summary>
    public int Length { get; internal set; }

    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);

    /// <summary>The same, for readers that take streams.</summary>
    public ReadOnlyMemory<byte> Memory => Buffer.AsMemory(0, Length);

    internal int Free => Buffer.Length - Length;

    /// <summary>Gives the buffer back to the pool it came from.</summary>
    public void Return()
    {
        Length = 0;
        _pool.Return(this);
    }
}
