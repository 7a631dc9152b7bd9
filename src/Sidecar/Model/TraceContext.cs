using System.Diagnostics;

namespace Sidecar.Model;

/// <summary>The caller's <c>traceparent</c> (W3C Trace Context, level 1 §3.2): which trace a request belongs to. Default: none.</summary>
/// <param name="High">First half of the trace id.</param>
/// <param name="Low">Second half.</param>
/// <param name="Parent">The caller's span.</param>
/// <param name="IsSampled">The caller keeps its own span.</param>
public readonly record struct TraceContext(ulong High, ulong Low, ulong Parent, bool IsSampled)
{
    /// <summary>There is one: ids of zeros are invalid.</summary>
    public bool Exists => (High | Low) != 0 && Parent != 0;

    /// <summary>Reads the field's value; nothing is allocated, and what isn't one is none.</summary>
    public static TraceContext Parse(ReadOnlySpan<byte> value)
    {
        // version "-" trace-id "-" parent-id "-" trace-flags; later versions may append to it, and version ff is invalid.
        if (value.Length < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-' || (value.Length > 55 && (value[55] != '-' || value[..2].SequenceEqual("00"u8))))
            return default;
        if (!TryHex(value[..2], out var version) || version == 0xff || !TryHex(value.Slice(3, 16), out var high) || !TryHex(value.Slice(19, 16), out var low)
            || !TryHex(value.Slice(36, 16), out var parent) || !TryHex(value.Slice(53, 2), out var flags))
            return default;
        return new TraceContext(high, low, parent, (flags & 1) != 0);
    }

    /// <summary>The same for the SDK. The flag is set: what we keep is kept.</summary>
    public ActivityContext ToActivityContext()
    {
        Span<byte> trace = stackalloc byte[16];
        Span<byte> span = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(trace, High);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(trace[8..], Low);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(span, Parent);
        return new ActivityContext(ActivityTraceId.CreateFromBytes(trace), ActivitySpanId.CreateFromBytes(span), ActivityTraceFlags.Recorded, isRemote: true);
    }

    // Lower case only: capitals are invalid by the specification.
    private static bool TryHex(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            var nibble = digit is >= (byte)'0' and <= (byte)'9' ? digit - '0' : digit is >= (byte)'a' and <= (byte)'f' ? digit - 'a' + 10 : -1;
            if (nibble < 0)
                return false;
            value = (value << 4) | (uint)nibble;
        }

        return true;
    }
}
