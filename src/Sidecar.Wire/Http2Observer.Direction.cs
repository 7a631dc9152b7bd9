using System.Buffers;

namespace Sidecar.Wire;

/// <content>What is kept of one direction.</content>
internal sealed partial class Http2Observer
{
    private enum BlockStep : byte
    {
        Partial,
        Whole,
        Malformed,
        TooLarge,
    }

    private sealed class Direction(ObserverLimits limits)
    {
        public const byte EndStreamFlag = 0x1;
        private const byte EndHeadersFlag = 0x4;
        private const byte PaddedFlag = 0x8;
        private const byte PriorityFlag = 0x20;

        public readonly HpackDecoder Hpack = new(limits.MaxHeaderTableBytes);
        public Http2FrameReader Frames;
        private byte[]? _block;
        private int _blockCount;

        /// <summary>A header block has begun and its last frame is still to come.</summary>
        public bool InBlock { get; private set; }

        public int BlockStream { get; private set; }
        public bool EndsStream { get; private set; }
        public bool IsPromise { get; private set; }

        /// <summary>Adds the payload of a HEADERS, PUSH_PROMISE or CONTINUATION frame (RFC 9113 §6.2, §6.6, §6.10).</summary>
        public BlockStep AddBlock(ReadOnlySpan<byte> payload, int maxBytes, out ReadOnlySpan<byte> block)
        {
            block = default;
            if (!InBlock)
            {
                BlockStream = Frames.StreamId;
                EndsStream = (Frames.Flags & EndStreamFlag) != 0;
                IsPromise = Frames.Type == Http2FrameType.PushPromise;
                if (BlockStream == 0 || !TryStrip(ref payload))
                    return BlockStep.Malformed;
            }
            else if (BlockStream != Frames.StreamId)
            {
                return BlockStep.Malformed;
            }

            InBlock = (Frames.Flags & EndHeadersFlag) == 0;
            if (!InBlock && _blockCount == 0)
            {
                block = payload;
                return BlockStep.Whole;
            }

            if (payload.Length > maxBytes - _blockCount)
                return BlockStep.TooLarge;
            Append(payload);
            block = _block.AsSpan(0, _blockCount);
            return InBlock ? BlockStep.Partial : BlockStep.Whole;
        }

        public void EndBlock()
        {
            if (_block is not null)
                ArrayPool<byte>.Shared.Return(_block);
            _block = null;
            _blockCount = 0;
        }

        public void Release()
        {
            EndBlock();
            InBlock = false;
            Frames.Reset();
            Hpack.Reset();
        }

        // Takes off what is not header block: padding, the deprecated priority, the promised stream's number.
        private bool TryStrip(ref ReadOnlySpan<byte> payload)
        {
            var padding = 0;
            if ((Frames.Flags & PaddedFlag) != 0)
            {
                if (payload.IsEmpty)
                    return false;
                padding = payload[0];
                payload = payload[1..];
            }

            var fixedPart = IsPromise ? 4 : (Frames.Flags & PriorityFlag) != 0 ? 5 : 0;
            if (payload.Length < fixedPart + padding)
                return false;
            payload = payload[fixedPart..^padding];
            return true;
        }

        private void Append(ReadOnlySpan<byte> payload)
        {
            var needed = _blockCount + payload.Length;
            if (_block is null || _block.Length < needed)
            {
                var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 2 * _blockCount));
                _block.AsSpan(0, _blockCount).CopyTo(larger);
                if (_block is not null)
                    ArrayPool<byte>.Shared.Return(_block);
                _block = larger;
            }

            payload.CopyTo(_block.AsSpan(_blockCount));
            _blockCount = needed;
        }
    }
}
