using System.Runtime.CompilerServices;

namespace Sidecar.Tensors.Protobuf;

/// <summary>
/// Walks the messages at the end of a path of field numbers, in their order: <c>[1, 2]</c> are all messages of field 2 in all messages of field 1. A message that comes
/// twice is merged by that, as Protocol Buffers say: its lists are joined. Fields of another number, or that aren't messages, are read over.
/// </summary>
internal ref struct ProtoPath
{
    private const int MaxDepth = 5;

    private readonly ReadOnlySpan<byte> _body;
    private readonly ReadOnlySpan<byte> _fields;
    private Ranges _ranges;
    private int _depth;

    /// <param name="fields">At most five field numbers.</param>
    public ProtoPath(ReadOnlySpan<byte> body, Slice message, ReadOnlySpan<byte> fields)
    {
        _body = body;
        _fields = fields;
        _ranges[0] = (message.Start, message.Start + message.Length);
    }

    /// <summary>What ended the walk early.</summary>
    public DecodeError Error { get; private set; }

    /// <summary>The next message; false at the end, and on error.</summary>
    public bool Next(out Slice message)
    {
        message = Slice.Absent;
        while (_depth >= 0)
        {
            var proto = new ProtoReader(_body, _ranges[_depth].Start, _ranges[_depth].End);
            if (!Find(ref proto, _fields[_depth], out message))
            {
                if (proto.Error != DecodeError.None)
                {
                    Error = proto.Error;
                    _depth = 0;
                }

                _depth--;
                continue;
            }

            _ranges[_depth].Start = proto.Position;
            if (_depth == _fields.Length - 1)
                return true;
            _ranges[++_depth] = (message.Start, message.Start + message.Length);
        }

        return false;
    }

    private static bool Find(ref ProtoReader proto, int field, out Slice message)
    {
        message = Slice.Absent;
        while (proto.Next())
        {
            if (proto.Field == field && proto.Type == WireType.Bytes)
                return proto.ReadBytes(out message);
            if (!proto.Skip())
                return false;
        }

        return false;
    }

    [InlineArray(MaxDepth)]
    private struct Ranges
    {
        private (int Start, int End) _first;
    }
}
