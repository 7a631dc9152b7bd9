using System.Text;
using Sidecar.Testing.Fuzzing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>Header blocks one after the other (a byte of length ahead of each), against a plain decoder.</summary>
internal sealed class HpackTarget : FuzzTarget
{
    private const int TableBytes = 8192;
    private readonly HpackDecoder _decoder = new(TableBytes);
    private readonly HeaderBlock _block = new();
    private long _decoded;
    private long _refused;
    private long _fields;

    public override string Name => "hpack";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. Enumerable.Range(0, 300).Select(Blocks)];

    public override IReadOnlyList<byte[]> Tokens { get; } =
    [
        [0x82], [0xBE], [0xBF], [0x20], [0x3F, 0xE1, 0x1F], [0x3F, 0xE1, 0x3F], [0x3F, 0xE1, 0x5F], [0x3F, 0x45], [0x7F, 0x80, 0x80, 0x80, 0x80, 0x00], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        [0x40, 1, (byte)'k', 1, (byte)'v'], [0x40, 0x82, 0x94, 0xE7, 0x81, 0x1F], [0x7F, 0x00], [0x0F, 0x2F], [0x1F, 0x80, 0x01], [0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x80],
    ];

    public override string Outcomes => $"{_decoded} blocks of {_fields} fields decoded, {_refused} refused";

    public override void Check(ReadOnlySpan<byte> input)
    {
        _decoder.Reset();
        while (Next(ref input, out var block))
        {
            _block.Clear(64 * 1024);
            if (!_decoder.TryDecode(block, _block))
            {
                _refused++;
                break;
            }

            _decoded++;
            var fields = new HeaderFields(_block.Bytes);
            while (fields.Next(out _, out _))
                _fields++;
        }

        _decoder.Reset(); // so that nothing pooled is kept
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var reference = new ReferenceHpack(TableBytes);
        _decoder.Reset();
        while (Next(ref input, out var block))
        {
            _block.Clear(64 * 1024);
            var expected = reference.Decode(block.ToArray());
            Require(_decoder.TryDecode(block, _block) == (expected is not null), "decoded exactly where the format allows it");
            if (expected is null)
                break;
            // What doesn't fit is left out, and said.
            if (!_block.Overflowed)
                Require(expected.SequenceEqual(Fields()), "the fields are those of a plain decoder");
        }

        _decoder.Reset();
    }

    private static byte[] Blocks(int seed)
    {
        var random = new Random(seed);
        var encoder = new H2(random);
        var blocks = new List<byte>();
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var block = encoder.Block(string.Join('\n', Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.Next(5) switch
            {
                0 => ":method: POST",
                1 => ":path: /" + new string('p', random.Next(30)),
                2 => $"x-{random.Next(3)}: {random.Next(4)}",
                3 => ":status: 200",
                _ => "content-type: " + string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(32, 256))),
            })));
            if (block.Length < 256)
                blocks.AddRange([(byte)block.Length, .. block]);
        }

        return [.. blocks];
    }

    private static bool Next(ref ReadOnlySpan<byte> input, out ReadOnlySpan<byte> block)
    {
        block = default;
        if (input.IsEmpty)
            return false;
        var length = Math.Min(input[0], input.Length - 1);
        block = input.Slice(1, length);
        input = input[(1 + length)..];
        return true;
    }

    private List<string> Fields()
    {
        var lines = new List<string>();
        var fields = new HeaderFields(_block.Bytes);
        while (fields.Next(out var name, out var value))
            lines.Add(Encoding.Latin1.GetString(name) + ": " + Encoding.Latin1.GetString(value));
        return lines;
    }
}

/// <summary>Huffman's code, bit by bit against another table; and what another encoder made of the same bytes.</summary>
internal sealed class HuffmanTarget : FuzzTarget
{
    private readonly byte[] _text = new byte[FuzzRun.LongestInput * 8 / 5];
    private long _decoded;
    private long _refused;

    public override string Name => "huffman";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        [], [0xFF], .. Enumerable.Range(0, 256).Select(symbol => ReferenceHuffman.Encode([(byte)symbol, (byte)'a', (byte)symbol])),
        ReferenceHuffman.Encode("application/grpc"u8), ReferenceHuffman.Encode("/inference.GRPCInferenceService/ModelInfer"u8),
    ];

    public override IReadOnlyList<byte[]> Tokens { get; } = [[0xFF, 0xFF, 0xFF, 0xFC], [0xFF, 0xFF, 0xFF, 0xFF], [0xFE], [0x7F], ReferenceHuffman.Encode("\xFF\0"u8)];

    public override string Outcomes => $"{_decoded} decoded, {_refused} refused";

    public override void Check(ReadOnlySpan<byte> input)
    {
        var read = Huffman.TryDecode(input, _text.AsSpan(0, input.Length * 8 / 5), out var length);
        Require(length <= input.Length * 8 / 5, "within the room that is asked for");
        _ = read ? _decoded++ : _refused++;
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var read = Huffman.TryDecode(input, _text, out var length);
        var expected = ReferenceHuffman.Decode(input);
        Require(read == (expected is not null), "decoded exactly where the code allows it");
        Require(!read || _text.AsSpan(0, length).SequenceEqual(expected), "decoded as bit by bit");
        var encoded = ReferenceHuffman.Encode(input);
        var back = new byte[(encoded.Length * 8 / 5) + 1];
        Require(Huffman.TryDecode(encoded, back, out length) && back.AsSpan(0, length).SequenceEqual(input), "what was encoded comes back");
    }
}

/// <summary>The cutting of a byte stream into HTTP/2 frames.</summary>
internal sealed class FrameTarget : FuzzTarget
{
    private const int MaxHeadBytes = 700;
    private readonly SplitMix _cuts = new(0);
    private Http2FrameReader _reader;
    private ulong _hash;
    private long _frames;
    private long _malformed;
    private long _tooLarge;

    public override string Name => "frames";

    public override IReadOnlyList<byte[]> Seeds { get; } = [.. Fuzz.Seeds.Generated(WireProtocol.Http2, 200, withPreface: false).SelectMany(script => Directions(script))];

    public override IReadOnlyList<byte[]> Tokens => Http2Target.Words;

    public override string Outcomes => $"{_frames} frames, {_malformed} malformed, {_tooLarge} too large";

    public override void Check(ReadOnlySpan<byte> input)
    {
        _cuts.Restart(SeedOf(input));
        var whole = Read(input, split: false);
        Require(whole == Read(input, split: true), "cut the same however the bytes come");
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        Read(input, split: false);
        var told = _hash;
        _hash = 14695981039346656037;
        Reference(input);
        Require(told == _hash, "cut as a plain reader cuts");
    }

    private static IEnumerable<byte[]> Directions(byte[] script)
    {
        foreach (var client in (bool[])[true, false])
        {
            var bytes = new List<byte>();
            ReadOnlySpan<byte> rest = script.AsSpan(1);
            while (Script.Next(ref rest, out _, out var ofClient, out var piece))
                bytes.AddRange(ofClient == client ? piece : default);
            yield return [.. bytes];
        }
    }

    private ulong Read(ReadOnlySpan<byte> input, bool split)
    {
        _hash = 14695981039346656037;
        _reader.Reset();
        var inData = false;
        while (!input.IsEmpty)
        {
            var length = split ? Math.Min(input.Length, 1 + _cuts.Below(_cuts.Below(2) == 0 ? 4 : 60)) : input.Length;
            var piece = input[..length];
            input = input[length..];
            while (true)
            {
                var step = _reader.Read(ref piece, MaxHeadBytes, out var payload);
                if (step == Http2Step.NeedMore)
                    break;
                if (step is Http2Step.Malformed or Http2Step.TooLarge)
                {
                    _ = step == Http2Step.Malformed ? _malformed++ : _tooLarge++;
                    Mix((byte)step);
                    _reader.Reset();
                    return _hash;
                }

                if (step == Http2Step.Data && payload.IsEmpty && !_reader.EndsFrame)
                    continue; // only a part of its padding came
                if (!inData)
                    Head((byte)step, _reader.Flags, (byte)_reader.Type, _reader.StreamId);
                inData = step == Http2Step.Data && !_reader.EndsFrame;
                foreach (var value in payload)
                    Mix(value);
                if (inData)
                    continue;
                Mix(1000);
                _frames++;
            }
        }

        _reader.Reset(); // so that nothing pooled is kept
        return _hash;
    }

    // RFC 9113 §4.1 and §6, over all bytes at once.
    private void Reference(ReadOnlySpan<byte> input)
    {
        while (input.Length >= 9)
        {
            var length = (input[0] << 16) | (input[1] << 8) | input[2];
            var (type, flags) = (input[3], input[4]);
            var stream = ((input[5] & 0x7F) << 24) | (input[6] << 16) | (input[7] << 8) | input[8];
            var payload = input.Slice(9, Math.Min(length, input.Length - 9));
            var whole = payload.Length == length;
            var wanted = type switch { 1 or 5 or 9 => length, 3 => 4, 7 => 8, _ => 0 };
            input = input[(9 + payload.Length)..];
            if (wanted > MaxHeadBytes || wanted > length || (type == 0 && stream == 0))
            {
                Mix((byte)(wanted > MaxHeadBytes ? Http2Step.TooLarge : Http2Step.Malformed));
                return;
            }

            if (type == 0)
            {
                var padded = (flags & 8) != 0;
                if (padded && (length == 0 || (payload.Length > 0 && payload[0] > length - 1)))
                {
                    Mix((byte)Http2Step.Malformed);
                    return;
                }

                if (padded && payload.IsEmpty)
                    return;
                var data = padded ? payload[1..] : payload;
                data = data[..Math.Min(data.Length, length - (padded ? 1 + payload[0] : 0))];
                if (data.IsEmpty && !whole)
                    return;
                Head((byte)Http2Step.Data, flags, type, stream);
                foreach (var value in data)
                    Mix(value);
                if (whole)
                    Mix(1000);
            }
            else if ((wanted > 0 || type is 1 or 5 or 9) && payload.Length >= wanted)
            {
                Head((byte)Http2Step.Frame, flags, type, stream);
                foreach (var value in payload[..wanted])
                    Mix(value);
                Mix(1000);
            }
        }
    }

    private void Head(byte step, byte flags, byte type, int stream)
    {
        Mix(step);
        Mix(flags);
        Mix(type);
        Mix((uint)stream);
    }

    private void Mix(uint value) => _hash = (_hash ^ value) * 1099511628211;
}

/// <summary>The table of open streams against a dictionary: each input byte is one call.</summary>
internal sealed class StreamTableTarget : FuzzTarget
{
    private const int Most = 40;
    private readonly Dictionary<int, int> _slots = [];
    private StreamTable _table;
    private long _calls;
    private int _capacity;

    public override string Name => "stream-table";

    public override IReadOnlyList<byte[]> Seeds { get; } = [[1, 2, 3, 0x80, 4, 5], [.. Enumerable.Range(0, 200).Select(i => (byte)(i % 60))], [0xFF, 1, 2]];

    public override string Outcomes => $"{_calls} calls, room for {_capacity} streams at most";

    public override void Check(ReadOnlySpan<byte> input)
    {
        _table.Clear();
        _slots.Clear();
        var next = 1;
        foreach (var call in input)
        {
            _calls++;
            // Two bits say what: open (near, or far away as in a table that one would fill on purpose), close, or look.
            var id = call < 64 ? next += 2 : call < 96 ? next += 1 << 20 : 1 + (2 * (call % 64));
            if (call == 255)
            {
                _table.AddAt(id & 15, id);
                _slots.Clear();
                _slots[id] = id & 15;
            }
            else if (call < 96)
            {
                Open(id & int.MaxValue);
            }
            else if (_table.Find(id) is >= 0 and var slot && call < 224)
            {
                _table.Remove(slot);
                Require(_slots.Remove(id), "what is found was opened");
            }

            Require(_table.Count == _slots.Count, "as many as were opened and not closed");
            Require(_table.Find(id) == _slots.GetValueOrDefault(id, -1), "found where it is, or not at all");
        }

        foreach (var (id, slot) in _slots)
            Require(_table.Find(id) == slot && _table[slot].Id == id, "every open stream is found");
        _capacity = Math.Max(_capacity, _table.Capacity);
        Require(_table.Capacity <= 64, "no larger than its bound asks for");
        _table.Clear();
    }

    private void Open(int id)
    {
        if (_slots.ContainsKey(id))
            return;
        var slot = _table.Add(id, Most);
        Require((slot < 0) == (_slots.Count == Most), "opened up to the bound");
        if (slot < 0)
            return;
        Require(!_slots.ContainsValue(slot), "a slot of its own");
        _slots[id] = slot;
    }
}
