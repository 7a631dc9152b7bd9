using System.Runtime.CompilerServices;

namespace Sidecar.Model;

/// <summary>
/// When the bytes of an event stream came, on the relay's thread: the first few arrivals, which is where the first token is, and the last. What it costs does not
/// depend on the stream's length.
/// </summary>
public struct StreamArrivals
{
    // A chunk for the role of each of several choices may come before the first output; more arrivals than these before any is nobody's.
    private const int Kept = 8;

    // "data: [DONE]" and two line ends of two bytes.
    private const int TailBytes = 16;

    private Marks _marks;
    private Tail _tail;
    private int _count;
    private int _tailLength;
    private long _bytes;
    private bool _hasData;
    private bool _inComment;

    /// <summary>When the last bytes so far were read; 0 = none came.</summary>
    public long LastAt { get; private set; }

    /// <summary>
    /// The stream is at the mark that ends it (<c>data: [DONE]</c>). Clients of OpenAI's libraries close the connection there, which may be before the last chunk of
    /// the body: nobody gave up then.
    /// </summary>
    public readonly bool IsDone
    {
        get
        {
            var tail = ((ReadOnlySpan<byte>)_tail)[.._tailLength];
            var line = tail.TrimEnd("\r\n"u8);
            return line.Length < tail.Length && (line.EndsWith("data: [DONE]"u8) || line.EndsWith("data:[DONE]"u8));
        }
    }

    /// <summary>Notes bytes that were read.</summary>
    public void Note(ReadOnlySpan<byte> bytes, long timestamp)
    {
        _bytes += bytes.Length;
        LastAt = timestamp;
        KeepTail(bytes);
        // Servers and gateways send comments while a client waits: they are no part of the answer, and there may be any number of them.
        if (!_hasData && !(_hasData = HoldsData(bytes)))
            return;
        if (_count > 0 && _marks[_count - 1].At == timestamp)
            _marks[_count - 1].Bytes = _bytes;
        else if (_count < Kept)
            _marks[_count++] = new Mark { Bytes = _bytes, At = timestamp };
    }

    /// <summary>When the body was there up to an offset; 0 where that isn't known any more.</summary>
    public readonly long Of(long offset)
    {
        foreach (ref readonly var mark in ((ReadOnlySpan<Mark>)_marks)[.._count])
        {
            if (mark.Bytes >= offset)
                return mark.At;
        }

        return 0;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _count = _tailLength = 0;
        _bytes = LastAt = 0;
        _hasData = _inComment = false;
    }

    private bool HoldsData(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (!_inComment && bytes[0] is (byte)'\r' or (byte)'\n')
            {
                bytes = bytes[1..];
                continue;
            }

            if (!_inComment && bytes[0] != ':')
                return true;
            var end = bytes.IndexOfAny((byte)'\r', (byte)'\n');
            _inComment = end < 0;
            bytes = end < 0 ? default : bytes[end..];
        }

        return false;
    }

    private void KeepTail(ReadOnlySpan<byte> bytes)
    {
        Span<byte> tail = _tail;
        var kept = Math.Min(_tailLength, Math.Max(0, TailBytes - bytes.Length));
        tail.Slice(_tailLength - kept, kept).CopyTo(tail);
        var added = bytes[^Math.Min(bytes.Length, TailBytes)..];
        added.CopyTo(tail[kept..]);
        _tailLength = kept + added.Length;
    }

    private struct Mark
    {
        public long Bytes;
        public long At;
    }

    [InlineArray(Kept)]
    private struct Marks
    {
        private Mark _first;
    }

    [InlineArray(TailBytes)]
    private struct Tail
    {
        private byte _first;
    }
}
