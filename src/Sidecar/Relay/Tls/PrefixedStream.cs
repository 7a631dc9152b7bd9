namespace Sidecar.Relay.Tls;

/// <summary>A stream of which some bytes were read ahead, to be read once more.</summary>
internal sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : RelayStream(rest)
{
    private ReadOnlyMemory<byte> _prefix = prefix;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_prefix.IsEmpty)
            return Rest.ReadAsync(buffer, cancellationToken);
        var length = Math.Min(buffer.Length, _prefix.Length);
        _prefix.Span[..length].CopyTo(buffer.Span);
        _prefix = length < _prefix.Length ? _prefix[length..] : default; // an empty rest would keep the whole array alive
        return ValueTask.FromResult(length);
    }
}
