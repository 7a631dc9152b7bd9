using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Sidecar.Tensors.Tests.OpenInference;

/// <summary>
/// Random tensors and one of the many ways to write them as JSON: flat or nested data, members in any order, white space, escapes, extra members.
/// The expected bytes are made here, by other means than the decoder's.
/// </summary>
internal sealed class RandomMessage
{
    private static readonly string[] Words = ["", "a", "x y", "quote\"d", "back\\slash", "tab\tnew\nline", "ü€😀", "\u0001", "/path/", "null"];

    private readonly Random _random;

    public RandomMessage(int seed)
    {
        _random = new Random(seed);
        Id = _random.Next(3) == 0 ? null : Word();
        Tensors = [.. Enumerable.Range(0, _random.Next(5)).Select(_ => Make())];
        var members = new List<string> { Member("inputs", Array(Tensors.Select(Encode))) };
        if (Id is not null || _random.Next(2) == 0)
            members.Add(Member("id", Id is null ? "null" : Text(Id)));
        if (_random.Next(2) == 0)
            members.Add(Member("parameters", "{\"a\":[1,{\"inputs\":[]},\"]\"],\"b\":{}}"));
        Body = Encoding.UTF8.GetBytes(Space() + Object(members) + Space());
    }

    public string? Id { get; }

    public IReadOnlyList<Expected> Tensors { get; }

    public byte[] Body { get; }

    private Expected Make()
    {
        var type = (DataType)_random.Next(1, 15);
        var shape = Enumerable.Range(0, _random.Next(4)).Select(_ => (long)_random.Next(_random.Next(8) == 0 ? 0 : 1, 4)).ToArray();
        var elements = shape.Aggregate(1L, (product, length) => product * length);
        var data = new List<byte>();
        var texts = new List<string>();
        var nulls = 0;
        for (var i = 0L; i < elements; i++)
        {
            var isNull = _random.Next(20) == 0;
            nulls += isNull ? 1 : 0;
            texts.Add(isNull ? Append(type, data, null) : Append(type, data, _random));
        }

        return new Expected(Word(), type, shape, [.. data], nulls, texts);
    }

    /// <summary>Adds one element's bytes and returns the JSON for it; null as the source of randomness stands for a null element.</summary>
    private string Append(DataType type, List<byte> data, Random? random)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (type == DataType.Bytes)
        {
            var word = random is null ? "" : Word();
            BinaryPrimitives.WriteInt32LittleEndian(bytes, Encoding.UTF8.GetByteCount(word));
            data.AddRange(bytes[..4]);
            data.AddRange(Encoding.UTF8.GetBytes(word));
            return random is null ? "null" : Text(word);
        }

        if (type == DataType.Bool)
        {
            var value = random is not null && random.Next(2) == 0;
            data.Add(value ? (byte)1 : (byte)0);
            return random is null ? "null" : value ? "true" : "false";
        }

        if (type.IsInteger())
        {
            var bits = random is null ? 0 : random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(63);
            BinaryPrimitives.WriteInt64LittleEndian(bytes, bits);
            data.AddRange(bytes[..type.Size()]);
            return random is null ? "null" : Integer(type, bits);
        }

        var text = random is null ? "null" : Float(random);
        var number = text switch
        {
            "null" or "NaN" or "\"NaN\"" => BitConverter.UInt64BitsToDouble(0x7FF8000000000000),
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => double.Parse(text, CultureInfo.InvariantCulture),
        };
        if (type == DataType.Fp64)
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
        else if (type == DataType.Fp32)
            BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)number);
        else if (type == DataType.Fp16)
            BinaryPrimitives.WriteHalfLittleEndian(bytes, (Half)number);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, Brain((float)number));
        data.AddRange(bytes[..type.Size()]);
        return text;
    }

    /// <summary>The nearest BF16 found by comparing both neighbours, ties to the even one.</summary>
    private static ushort Brain(float value)
    {
        var low = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        if (!float.IsFinite(value))
            return low;
        double Widened(int bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
        // Beyond the greatest finite value the next step counts as if the range went on: 2^128.
        var next = float.IsFinite((float)Widened(low + 1)) ? Widened(low + 1) : Math.CopySign(Math.Pow(2, 128), value);
        var below = Math.Abs(value - Widened(low));
        var above = Math.Abs(next - value);
        return below < above || (below == above && low % 2 == 0) ? low : (ushort)(low + 1);
    }

    private string Float(Random random)
    {
        var value = random.Next(6) switch
        {
            0 => BitConverter.Int64BitsToDouble(random.NextInt64()),
            1 => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)),
            2 => random.Next(-1000, 1000),
            3 => (double)BitConverter.Int16BitsToHalf((short)random.Next(short.MinValue, short.MaxValue)),
            _ => (random.NextDouble() - 0.5) * 1e4,
        };
        if (!double.IsFinite(value))
            return random.Next(4) switch { 0 => "NaN", 1 => "\"NaN\"", 2 => "Infinity", _ => "-Infinity" };
        return value.ToString(random.Next(4) switch { 0 => "E8", 1 => "F4", _ => "R" }, CultureInfo.InvariantCulture);
    }

    private static string Integer(DataType type, long bits) => type switch
    {
        DataType.UInt8 => ((byte)bits).ToString(CultureInfo.InvariantCulture),
        DataType.UInt16 => ((ushort)bits).ToString(CultureInfo.InvariantCulture),
        DataType.UInt32 => ((uint)bits).ToString(CultureInfo.InvariantCulture),
        DataType.UInt64 => ((ulong)bits).ToString(CultureInfo.InvariantCulture),
        DataType.Int8 => ((sbyte)bits).ToString(CultureInfo.InvariantCulture),
        DataType.Int16 => ((short)bits).ToString(CultureInfo.InvariantCulture),
        DataType.Int32 => ((int)bits).ToString(CultureInfo.InvariantCulture),
        _ => bits.ToString(CultureInfo.InvariantCulture),
    };

    private string Encode(Expected tensor)
    {
        var members = new List<string>
        {
            Member("name", Text(tensor.Name)),
            Member("datatype", Text(tensor.Type.Name())),
            Member("shape", Array(tensor.Shape.Select(length => length.ToString(CultureInfo.InvariantCulture)))),
            Member("data", _random.Next(2) == 0 ? Array(tensor.Texts) : Nested(tensor.Texts, tensor.Shape)),
        };
        if (_random.Next(3) == 0)
            members.Add(Member("parameters", _random.Next(2) == 0 ? "null" : "{\"content_type\":\"np\"}"));
        return Object(members);
    }

    private string Nested(List<string> texts, ReadOnlySpan<long> shape)
    {
        if (shape.Length <= 1 || texts.Count == 0)
            return Array(texts);
        var rows = (int)shape[0];
        var size = texts.Count / rows;
        var parts = new List<string>();
        for (var i = 0; i < rows; i++)
            parts.Add(Nested([.. texts.Skip(i * size).Take(size)], shape[1..]));
        return Array(parts);
    }

    private string Word() => string.Concat(Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Words[_random.Next(Words.Length)]));

    private string Object(List<string> members)
    {
        var shuffled = members.ToArray();
        _random.Shuffle(shuffled);
        return $"{{{Space()}{string.Join($"{Space()},{Space()}", shuffled)}{Space()}}}";
    }

    private string Array(IEnumerable<string> elements) => $"[{Space()}{string.Join($"{Space()},{Space()}", elements)}{Space()}]";

    private string Member(string name, string value) => $"{Text(name)}{Space()}:{Space()}{value}";

    private string Space() => _random.Next(6) switch { 0 => " ", 1 => "\r\n", 2 => "\t  ", _ => "" };

    private string Text(string text)
    {
        var escapeAll = _random.Next(6) == 0;
        var json = new StringBuilder("\"");
        foreach (var unit in text)
        {
            if (escapeAll || unit < ' ' || unit is '"' or '\\')
                json.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
            else
                json.Append(unit == '/' && _random.Next(2) == 0 ? "\\/" : unit.ToString());
        }

        return json.Append('"').ToString();
    }

    internal sealed record Expected(string Name, DataType Type, long[] Shape, byte[] Data, int Nulls, List<string> Texts);
}
