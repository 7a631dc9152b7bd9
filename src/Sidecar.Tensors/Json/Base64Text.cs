using System.Buffers;
using System.Buffers.Text;

namespace Sidecar.Tensors.Json;

/// <summary>Bytes that JSON carries as base64 (RFC 4648): either alphabet, with or without its padding.</summary>
internal static class Base64Text
{
    /// <summary>The room that decoding needs, for the text itself and its padding.</summary>
    public static int Room(ReadOnlySpan<byte> raw) => raw.Length + 3;

    /// <summary>Writes the bytes that are meant; false where it is no base64.</summary>
    /// <param name="into">At least <see cref="Room"/> bytes.</param>
    public static bool TryDecode(JsonText text, Span<byte> into, out int written)
    {
        var length = text.CopyTo(into);
        while (length % 4 != 0)
            into[length++] = (byte)'=';
        into = into[..length];
        into.Replace((byte)'-', (byte)'+');
        into.Replace((byte)'_', (byte)'/');
        return Base64.DecodeFromUtf8InPlace(into, out written) == OperationStatus.Done;
    }
}
