using System.Buffers;
using Sidecar.Emit.Redaction.Text;

namespace Sidecar.Emit.Redaction;

/// <summary>Paths of request targets.</summary>
internal static class PathRedaction
{
    public static bool Write(ReadOnlySpan<byte> target, IBufferWriter<byte> to, TextRedactor text, RedactionCounters counters)
    {
        var path = PathOf(target);
        var changed = path.Length != target.Length;
        var query = path.IndexOfAny((byte)'?', (byte)'#');
        if (query >= 0)
        {
            path = path[..query];
            changed = true;
            counters.Add(RedactionKind.Query, RedactionAction.Drop);
        }

        // By segment, because a slash also separates the parts of phone numbers.
        while (true)
        {
            var slash = path.IndexOf((byte)'/');
            changed |= text.Redact(slash < 0 ? path : path[..slash], to, out _);
            if (slash < 0)
                return changed;
            to.Write("/"u8);
            path = path[(slash + 1)..];
        }
    }

    // The absolute form (http://user:password@host/path) is what proxies are sent.
    private static ReadOnlySpan<byte> PathOf(ReadOnlySpan<byte> target)
    {
        var scheme = target.IndexOf("://"u8);
        if (scheme < 0 || target[..scheme].IndexOfAny((byte)'/', (byte)'?', (byte)'#') >= 0)
            return target;
        var rest = target[(scheme + 3)..];
        var end = rest.IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        return end < 0 ? default : rest[end..];
    }
}
