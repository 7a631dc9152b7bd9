namespace Sidecar.Wire;

/// <summary>
/// Cuts one direction of a gRPC call into its messages, in whatever portions its bytes come: a flag (1 = compressed by <c>grpc-encoding</c>), four
/// bytes of length, and the message (gRPC over HTTP/2, "Length-Prefixed-Message"). Keeps no message; the default value starts a new direction.
/// </summary>
public struct GrpcMessageReader
{
    /// <summary>Flag and length.</summary>
    public const int PrefixBytes = 5;

    private uint _length;
    private uint _left;
    private byte _prefixCount;
    private byte _flag;

    /// <summary>How many messages came whole.</summary>
    public long Messages { get; private set; }

    /// <summary>How many of them were compressed.</summary>
    public long CompressedMessages { get; private set; }

    /// <summary>A flag other than 0 and 1 was seen: these are no messages, and nothing is counted any more.</summary>
    public bool Malformed { get; private set; }

    /// <summary>A message has begun, and isn't whole.</summary>
    public readonly bool InMessage => _prefixCount != 0;

    /// <summary>Bytes that are still to come of the message that has begun; 0 while its length isn't known.</summary>
    public readonly uint Missing => _prefixCount == PrefixBytes ? _left : 0;

    /// <summary>Counts the messages in the next bytes.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!Malformed && (!bytes.IsEmpty || (_prefixCount == PrefixBytes && _left == 0)))
        {
            if (_prefixCount < PrefixBytes)
            {
                ReadPrefix(ref bytes);
                continue;
            }

            var taken = (uint)Math.Min(_left, bytes.Length);
            bytes = bytes[(int)taken..];
            _left -= taken;
            if (_left > 0)
                return;
            Messages++;
            CompressedMessages += _flag;
            _prefixCount = 0;
        }
    }

    /// <summary>Takes the first whole message off a body: false when there is none, or what is there is no message.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> body, out bool compressed, out ReadOnlySpan<byte> message)
    {
        message = default;
        compressed = false;
        if (body.Length < PrefixBytes || body[0] > 1)
            return false;
        var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(body[1..]);
        if (length > (uint)(body.Length - PrefixBytes))
            return false;
        compressed = body[0] == 1;
        message = body.Slice(PrefixBytes, (int)length);
        body = body[(PrefixBytes + (int)length)..];
        return true;
    }

    private void ReadPrefix(ref ReadOnlySpan<byte> bytes)
    {
        var next = bytes[0];
        bytes = bytes[1..];
        if (_prefixCount == 0)
        {
            Malformed = next > 1;
            _flag = next;
            _length = 0;
        }
        else
        {
            _length = (_length << 8) | next;
        }

        if (++_prefixCount == PrefixBytes)
            _left = _length;
    }
}
