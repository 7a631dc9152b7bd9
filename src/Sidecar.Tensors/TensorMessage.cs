using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sidecar.Tensors;

/// <summary>
/// One decoded message, request or response of any protocol, and the scratch memory that holds it. Reusable and single-threaded: buffers grow
/// to the largest message seen, bounded by <see cref="DecodeLimits.MaxBytes"/>, and are kept, so the steady state allocates nothing. All spans are valid
/// until the next decode or <see cref="Clear"/>.
/// </summary>
public sealed partial class TensorMessage
{
    private readonly DecodeLimits _limits;
    private byte[] _arena;
    private Tensor[] _tensors = new Tensor[8];
    private Requested[] _requested = new Requested[4];
    private ReadOnlyMemory<byte> _source;
    private Slice[] _raw = new Slice[8];
    private int _used;
    private Slice _modelName = Slice.Absent;
    private Slice _modelVersion = Slice.Absent;
    private Slice _id = Slice.Absent;
    private Slice _error = Slice.Absent;

    /// <param name="limits">What a message may cost; <see cref="DecodeLimits.Default"/> where null.</param>
    public TensorMessage(DecodeLimits? limits = null)
    {
        _limits = limits ?? DecodeLimits.Default;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_limits.MaxDepth, DecodeLimits.GreatestDepth, nameof(limits));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_limits.MaxBytes, Array.MaxLength, nameof(limits));
        _arena = new byte[Math.Clamp(_limits.MaxBytes, 0, 4096)];
    }

    /// <summary>The model's name in the body, UTF-8; empty where absent (a V2 REST request has it in the path).</summary>
    public ReadOnlySpan<byte> ModelName => Text(_modelName);

    /// <summary>The model's version in the body, UTF-8; empty where absent, null or empty: see <see cref="HasModelVersion"/>.</summary>
    public ReadOnlySpan<byte> ModelVersion => Text(_modelVersion);

    /// <summary>The request id in the body, UTF-8; empty where absent.</summary>
    public ReadOnlySpan<byte> Id => Text(_id);

    /// <summary>The server's error text, UTF-8; empty where there is none.</summary>
    public ReadOnlySpan<byte> Error => Text(_error);

    public bool HasModelName => _modelName.Present;

    /// <summary>The message names a version, even an empty one. A JSON <c>null</c> counts as absent.</summary>
    public bool HasModelVersion => _modelVersion.Present;

    public bool HasId => _id.Present;

    /// <summary>The message is a server's error answer.</summary>
    public bool HasError => _error.Present;

    /// <summary>The number of tensors, those with a <see cref="Tensor.Error"/> included.</summary>
    public int Count { get; private set; }

    /// <summary>The tensor at a position in the message, 0 ≤ <paramref name="i"/> &lt; <see cref="Count"/>.</summary>
    public ref readonly Tensor this[int i]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)i, (uint)Count, nameof(i));
            return ref _tensors[i];
        }
    }

    /// <summary>A tensor's name, UTF-8, unescaped; empty where the message has none.</summary>
    public ReadOnlySpan<byte> Name(int i) => Text(this[i].NameSlice);

    /// <summary>
    /// A tensor's elements: contiguous, row-major, little-endian, in the declared datatype; BOOL one byte; BYTES a 4-byte length and the bytes
    /// for each element. Empty where <see cref="Tensor.Error"/> is set. Data that came in this form is left where it was in the body, and so may begin anywhere.
    /// </summary>
    public ReadOnlySpan<byte> Data(int i) => Text(this[i].DataSlice);

    /// <summary>The position of the first tensor of that name, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < Count; i++)
        {
            if (_tensors[i].NameSlice.Present && Text(_tensors[i].NameSlice).SequenceEqual(name))
                return i;
        }

        return -1;
    }

    /// <summary>A tensor's data as numbers (on a little-endian machine), for example FP32 as <see cref="float"/>.</summary>
    /// <exception cref="ArgumentException">The size of <typeparamref name="T"/> is not that of the declared datatype: a bug of the caller.</exception>
    public ReadOnlySpan<T> Values<T>(int i)
        where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() != this[i].DataType.Size())
            throw new ArgumentException($"{typeof(T).Name} does not hold {this[i].DataType.Name()}", nameof(i));
        return MemoryMarshal.Cast<byte, T>(Data(i));
    }

    /// <summary>The elements of a BYTES tensor; none for any other datatype.</summary>
    public BytesElements Strings(int i) => new(this[i].DataType == DataType.Bytes ? Data(i) : default);

    /// <summary>The outputs that a request names; 0 where it names none and so asks for all.</summary>
    public int RequestedCount { get; private set; }

    /// <summary>The name of an output that the request asks for, 0 ≤ <paramref name="i"/> &lt; <see cref="RequestedCount"/>.</summary>
    public ReadOnlySpan<byte> RequestedName(int i) => Text(RequestedAt(i).Name);

    /// <summary>
    /// The request asks for that output as classes (Triton's classification extension): it comes back as BYTES <c>value:index[:label]</c>, so its datatype
    /// and shape are not those of the model's metadata.
    /// </summary>
    public bool RequestedAsClasses(int i) => RequestedAt(i).AsClasses;

    /// <summary>
    /// The server says that nothing comes after this message of a stream (Triton's <c>triton_final_response</c>); it may hold no tensors at all then, which is
    /// nothing missing.
    /// </summary>
    public bool IsFinal { get; internal set; }

    /// <summary>Forgets the message and keeps the memory.</summary>
    public void Clear()
    {
        Count = 0;
        RequestedCount = 0;
        RawCount = 0;
        IsFinal = false;
        _used = 0;
        _source = default;
        _generation = GenerationPart.Blank;
        _modelName = _modelVersion = _id = _error = Slice.Absent;
    }

    private Requested RequestedAt(int i)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)i, (uint)RequestedCount, nameof(i));
        return _requested[i];
    }

    private ReadOnlySpan<byte> Text(Slice slice) => !slice.Present ? default
        : slice.InSource ? _source.Span.Slice(slice.Start, slice.Length)
        : _arena.AsSpan(slice.Start, slice.Length);

    private readonly record struct Requested(Slice Name, bool AsClasses);
}
