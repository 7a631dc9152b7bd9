namespace Sidecar.Tensors;

/// <summary>
/// Cuts a <c>text/event-stream</c> body into its events' data (WHATWG HTML §9.2.6): lines of <c>data:</c> up to an empty line; other fields and comments are read
/// over. Data on one line, which all servers of models send, is left where it is.
/// </summary>
public struct ServerSentEvents(ReadOnlyMemory<byte> body)
{
    private byte[]? _joined;
    private ReadOnlyMemory<byte> _rest = body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;

    /// <summary>Bytes of the body that were not read yet.</summary>
    public readonly int Remaining => _rest.Length;

    /// <summary>The next event's data; false at the end. An event that the end cuts off counts as one, its data being whole lines.</summary>
    /// <param name="data">Valid until the next call.</param>
    public bool Next(out ReadOnlyMemory<byte> data)
    {
        data = default;
        var found = false;
        var joined = -1;
        while (TakeLine(out var line))
        {
            if (line.IsEmpty)
            {
                if (found)
                    break;
                continue;
            }

            if (!line.Span.StartsWith("data"u8) || (line.Length > 4 && line.Span[4] != ':'))
                continue;
            var value = line.Length > 4 ? line[5..] : default;
            if (!value.IsEmpty && value.Span[0] == ' ')
                value = value[1..];
            if (!found)
                data = value;
            else
                Join(joined < 0 ? data.Span : default, value.Span, ref joined);
            found = true;
        }

        if (joined >= 0)
            data = _joined.AsMemory(0, joined);
        return found;
    }

    /// <summary>
    /// Adds a line to those that were joined, the first two of which come together. Doubles its memory, so that an event of many lines costs no more than its bytes.
    /// </summary>
    private void Join(ReadOnlySpan<byte> first, ReadOnlySpan<byte> line, ref int length)
    {
        var start = length < 0 ? first.Length : length;
        length = start + 1 + line.Length;
        if (_joined is null || length > _joined.Length)
            Array.Resize(ref _joined, Math.Max(length, 2 * start));
        first.CopyTo(_joined);
        _joined[start] = (byte)'\n';
        line.CopyTo(_joined.AsSpan(start + 1));
    }

    // A line ends with CR LF, LF or CR.
    private bool TakeLine(out ReadOnlyMemory<byte> line)
    {
        line = default;
        if (_rest.IsEmpty)
            return false;
        var end = _rest.Span.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0)
        {
            line = _rest;
            _rest = default;
            return true;
        }

        line = _rest[..end];
        var next = end + (_rest.Span[end] == '\r' && end + 1 < _rest.Length && _rest.Span[end + 1] == '\n' ? 2 : 1);
        _rest = _rest[next..];
        return true;
    }
}
