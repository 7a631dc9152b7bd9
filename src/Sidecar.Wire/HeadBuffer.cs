using System.Buffers;

namespace Sidecar.Wire;

internal enum HeadStep : byte
{
    Partial,
    Whole,
    TooLarge,
    Malformed,
}

/// <summary>
/// Finds where a head ends. One that came in a single read is given as it lies there; one split over reads is put together in a
/// pooled array, which is rented when the first part comes and goes back by <see cref="Return"/>.
/// </summary>
internal struct HeadBuffer
{
    // Most heads fit; a longer one doubles it.
    private const int FirstRent = 1024;

    private byte[]? _array;
    private int _count;

    public readonly bool IsEmpty => _count == 0;

    /// <summary>The bytes so far; valid until the next change.</summary>
    public readonly ReadOnlySpan<byte> Kept => _array.AsSpan(0, _count);

    /// <summary>Copies the first bytes of the head, those kept and those of <paramref name="next"/>, into <paramref name="target"/>; how many.</summary>
    public readonly int CopyStart(ReadOnlySpan<byte> next, Span<byte> target)
    {
        var kept = Math.Min(_count, target.Length);
        _array.AsSpan(0, kept).CopyTo(target);
        var added = Math.Min(next.Length, target.Length - kept);
        next[..added].CopyTo(target[kept..]);
        return kept + added;
    }

    /// <summary>
    /// Takes bytes off <paramref name="input"/> up to the end of the head, or all of them where it isn't there yet.
    /// After <see cref="HeadStep.Whole"/>, <paramref name="head"/> is valid until <see cref="Return"/>.
    /// </summary>
    public HeadStep Take(ref ReadOnlySpan<byte> input, int maxBytes, out ReadOnlySpan<byte> head)
    {
        var room = maxBytes - _count;
        var window = input.Length > room ? input[..room] : input;
        var end = EndIn(window);
        if (end > 0)
        {
            if (_count == 0)
            {
                head = window[..end];
            }
            else
            {
                Append(window[..end]);
                head = _array.AsSpan(0, _count);
            }

            input = input[end..];
            return HeadStep.Whole;
        }

        head = default;
        // A lone LF would never let the head end here while a lenient server may take it for a line end and answer.
        if (HasBareLineFeed(window))
            return HeadStep.Malformed;
        if (input.Length > room)
            return HeadStep.TooLarge;
        Append(input);
        input = default;
        return HeadStep.Partial;
    }

    /// <summary>Gives the array back and forgets what was kept.</summary>
    public void Return()
    {
        if (_array is { } array)
            ArrayPool<byte>.Shared.Return(array);
        _array = null;
        _count = 0;
    }

    // The number of bytes of `next` up to and with the empty line; 0 where it isn't complete.
    private readonly int EndIn(ReadOnlySpan<byte> next)
    {
        if (_count > 0)
        {
            // Only the seam can hold an end that began in the kept bytes: those were searched before.
            Span<byte> seam = stackalloc byte[6];
            var kept = Math.Min(3, _count);
            _array.AsSpan(_count - kept, kept).CopyTo(seam);
            var added = Math.Min(3, next.Length);
            next[..added].CopyTo(seam[kept..]);
            var atSeam = seam[..(kept + added)].IndexOf("\r\n\r\n"u8);
            if (atSeam >= 0)
                return atSeam + 4 - kept;
        }

        return next.IndexOf("\r\n\r\n"u8) + 4 is var end and > 3 ? end : 0;
    }

    private readonly bool HasBareLineFeed(ReadOnlySpan<byte> next)
    {
        var previous = _count > 0 ? _array![_count - 1] : (byte)0;
        while (next.IndexOf((byte)'\n') is var at and >= 0)
        {
            if ((at > 0 ? next[at - 1] : previous) != '\r')
                return true;
            previous = (byte)'\n';
            next = next[(at + 1)..];
        }

        return false;
    }

    /// <summary>Keeps bytes of a section whose end is found elsewhere.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = _count + bytes.Length;
        if (_array is null || _array.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(FirstRent, _count * 2)));
            if (_array is { } old)
            {
                old.AsSpan(0, _count).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(old);
            }

            _array = larger;
        }

        bytes.CopyTo(_array.AsSpan(_count));
        _count = needed;
    }
}
