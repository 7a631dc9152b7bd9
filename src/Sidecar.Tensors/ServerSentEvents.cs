namespace Sidecar.Tensors;

/// <summary>
/// Cuts a <c>text/event-stream</c> body into its events' data (WHATWG HTML §9.2.6): lines of <c>data:</c> up to an empty line; other fields and comments are read
/// over. Data on one line, which all servers of models send, is left where it is.
/// </summary>
public struct ServerSentEvents(ReadOnlyMemory<byte> body)
{
    private ReadOnlyMemory<byte> _rest = body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;

    /// <summary>The next event's data; false at the end. An event that the end cuts off counts as one, its data being whole lines.</summary>
    public bool Next(out ReadOnlyMemory<byte> data)
    {
        data = default;
        var found = false;
        while (TakeLine(out var line))
        {
            if (line.IsEmpty)
            {
                if (found)
                    return true;
                continue;
            }

            if (!line.Span.StartsWith("data"u8) || (line.Length > 4 && line.Span[4] != ':'))
                continue;
            var value = line.Length > 4 ? line[5..] : default;
            if (!value.IsEmpty && value.Span[0] == ' ')
                value = value[1..];
            data = found ? Join(data.Span, value.Span) : value;
            found = true;
        }

        return found;
    }

    private static ReadOnlyMemory<byte> Join(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var joined = new byte[first.Length + 1 + second.Length];
        first.CopyTo(joined);
        joined[first.Length] = (byte)'\n';
        second.CopyTo(joined.AsSpan(first.Length + 1));
        return joined;
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
