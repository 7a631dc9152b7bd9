using System.Buffers.Binary;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>
/// A connection's both directions as flat bytes, so that damage can fall on anything: one byte says how it ends, then each step is two bytes (a bit for the
/// side, eleven for the length) and what that side sends. A step of length 0 is the side's close, or its reset.
/// </summary>
internal static class Script
{
    public const int LongestStep = 0x7FF;

    public enum Act
    {
        Send,
        Close,
        Reset,
        Nothing,
    }

    public static byte[] Of(IEnumerable<(char Side, byte[] Bytes)> steps, byte ending = 4)
    {
        var script = new List<byte> { ending };
        foreach (var (side, bytes) in steps)
        {
            foreach (var piece in bytes.Chunk(LongestStep))
            {
                script.Add((byte)((side == 's' ? 0x80 : 0) | (piece.Length >> 8)));
                script.Add((byte)piece.Length);
                script.AddRange(piece);
            }
        }

        return [.. script];
    }

    /// <summary>Takes the next step off a script whose first byte was taken; false at its end.</summary>
    public static bool Next(ref ReadOnlySpan<byte> script, out Act act, out bool ofClient, out ReadOnlySpan<byte> bytes)
    {
        act = Act.Nothing;
        ofClient = false;
        bytes = default;
        if (script.Length < 2)
            return false;
        var head = BinaryPrimitives.ReadUInt16BigEndian(script);
        var length = Math.Min(head & LongestStep, script.Length - 2);
        ofClient = (head & 0x8000) == 0;
        act = (head & LongestStep) > 0 ? Act.Send : ((head >> 11) & 3) switch { 0 => Act.Close, 1 => Act.Reset, _ => Act.Nothing };
        bytes = script.Slice(2, length);
        script = script[(2 + length)..];
        return true;
    }
}
