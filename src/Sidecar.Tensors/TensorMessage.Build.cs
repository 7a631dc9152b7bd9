using Sidecar.Tensors.Json;

namespace Sidecar.Tensors;

/// <summary>The writing side, for the decoders of this library: bytes are appended to one arena and named by <see cref="Slice"/>.</summary>
public sealed partial class TensorMessage
{
    internal DecodeLimits Limits => _limits;

    /// <summary>Where the next appended byte goes.</summary>
    internal int Used => _used;

    /// <summary>The body that slices may lie in.</summary>
    internal void SetSource(ReadOnlyMemory<byte> body) => _source = body;

    internal ReadOnlySpan<byte> TextOf(Slice slice) => Text(slice);

    /// <summary>Data that comes beside the tensors, in their order.</summary>
    internal int RawCount { get; private set; }

    internal Slice Raw(int i) => _raw[i];

    internal bool TryAddRaw(Slice data)
    {
        if (RawCount >= _limits.MaxTensors)
            return false;
        if (RawCount == _raw.Length)
            Array.Resize(ref _raw, Math.Min(_raw.Length * 2, _limits.MaxTensors));
        _raw[RawCount++] = data;
        return true;
    }

    internal ref Tensor At(int i) => ref _tensors[i];

    /// <summary>The error of the first tensor that has one.</summary>
    internal DecodeError FirstError()
    {
        for (var i = 0; i < Count; i++)
        {
            if (_tensors[i].Error != DecodeError.None)
                return _tensors[i].Error;
        }

        return DecodeError.None;
    }

    internal void SetModelName(Slice text) => _modelName = text;

    internal void SetModelVersion(Slice text) => _modelVersion = text;

    internal void SetId(Slice text) => _id = text;

    internal void SetError(Slice text) => _error = text;

    /// <summary>Drops the tensors and keeps the rest: of two lists under the same key, the last counts.</summary>
    internal void ClearTensors() => Count = 0;

    /// <summary>Adds a tensor; false when the limit is reached.</summary>
    internal bool TryAdd(in Tensor tensor)
    {
        if (Count >= _limits.MaxTensors)
            return false;
        if (Count == _tensors.Length)
            Array.Resize(ref _tensors, Math.Min(_tensors.Length * 2, _limits.MaxTensors));
        _tensors[Count++] = tensor;
        return true;
    }

    /// <summary>Moves to the next multiple of 8, so that data can be read as numbers of any size; false when the arena is full.</summary>
    internal bool TryAlign()
    {
        var padding = -_used & 7;
        if (!TryReserve(padding, out _))
            return false;
        _used += padding;
        return true;
    }

    /// <summary>At least <paramref name="size"/> writable bytes at <see cref="Used"/>, more where there is room; false when the limit is reached.</summary>
    internal bool TryReserve(long size, out Span<byte> free)
    {
        if (size > _arena.Length - _used && !TryGrow(size))
        {
            free = default;
            return false;
        }

        free = _arena.AsSpan(_used);
        return true;
    }

    /// <summary>Keeps bytes written into the reserved span.</summary>
    internal void Advance(int size) => _used += size;

    /// <summary>Gives back everything appended since <see cref="Used"/> was that.</summary>
    internal void Rewind(int used) => _used = used;

    /// <summary>Appends bytes; false when the limit is reached.</summary>
    internal bool TryAppend(ReadOnlySpan<byte> bytes, out Slice slice)
    {
        slice = new Slice(_used, bytes.Length);
        if (!TryReserve(bytes.Length, out var free))
            return false;
        bytes.CopyTo(free);
        _used += bytes.Length;
        return true;
    }

    /// <summary>Appends a JSON string's text; false when the limit is reached.</summary>
    internal bool TryAppend(JsonText text, out Slice slice)
    {
        slice = default;
        if (!TryReserve(text.Raw.Length, out var free))
            return false;
        slice = new Slice(_used, text.CopyTo(free));
        _used += slice.Length;
        return true;
    }

    /// <summary>Notes an output that the request asks for; false when the limit is reached.</summary>
    internal bool TryAddRequested(Slice name, bool asClasses)
    {
        if (RequestedCount >= _limits.MaxTensors)
            return false;
        if (RequestedCount == _requested.Length)
            Array.Resize(ref _requested, Math.Min(_requested.Length * 2, _limits.MaxTensors));
        _requested[RequestedCount++] = new Requested(name, asClasses);
        return true;
    }

    internal void ClearRequested() => RequestedCount = 0;

    private bool TryGrow(long size)
    {
        var needed = _used + size;
        if (needed > _limits.MaxBytes)
            return false;
        var larger = GC.AllocateUninitializedArray<byte>((int)Math.Min(Math.Max(needed, _arena.Length * 2L), _limits.MaxBytes));
        _arena.AsSpan(0, _used).CopyTo(larger);
        _arena = larger;
        return true;
    }
}
