using System.Globalization;
using System.Text;

namespace Sidecar.Tensors.Tests.Rows;

/// <summary>Random JSON that mostly is rows or tensors, and sometimes not quite.</summary>
internal sealed class RandomJson(int seed)
{
    public static readonly string[] Words = ["a", "x y", "quote\"d", "back\\slash", "tab\tnew\nline", "ü€😀", "\u0001", "/path/", "null", "comma, comma", "true", "b64", "1-2", "N", " "];

    private static readonly string[] Names = ["a", "b", "c", "b64", "ü", "x\"y"];

    private readonly Random _random = new(seed);

    public int Next(int from, int to) => _random.Next(from, to);

    /// <summary>What a member such as <c>instances</c> may have.</summary>
    public string Container() => _random.Next(8) switch
    {
        0 => Value(3),
        1 or 2 => Object(() => Tensor(3)),
        3 or 4 => Tensor(4),
        _ => Rows(),
    };

    /// <summary>A row of some list.</summary>
    public string Row() => _random.Next(3) switch
    {
        0 => Tensor(2),
        1 => Value(2),
        _ => Object(() => Tensor(2)),
    };

    /// <summary>Anything.</summary>
    public string Value(int depth) => _random.Next(depth > 0 ? 6 : 4) switch
    {
        0 => Text(),
        1 => Number(_random.Next(4)),
        2 => _random.Next(2) == 0 ? "true" : "false",
        3 => "null",
        4 => List(Enumerable.Range(0, _random.Next(4)).Select(_ => Value(depth - 1))),
        _ => Object(() => Value(depth - 1)),
    };

    private string Rows()
    {
        // Each column has a kind and a shape, which its values keep to but for one in many.
        var columns = Names.Take(_random.Next(1, 5)).Select(name => (Name: name, Kind: _random.Next(6), Shape: Shape(2))).ToArray();
        return List(Enumerable.Range(0, _random.Next(5)).Select(_ =>
        {
            if (_random.Next(30) == 0)
                return _random.Next(2) == 0 ? "null" : Value(1);
            var members = columns.Where(_ => _random.Next(6) > 0).Select(column => $"{Text(column.Name)}:{Space()}{Tensor(column.Kind, column.Shape)}").ToList();
            if (_random.Next(10) == 0 && members.Count > 0)
                members.Add(members[0][..members[0].IndexOf(':', StringComparison.Ordinal)] + ":" + Tensor(columns[0].Kind, columns[0].Shape));
            return "{" + Space() + string.Join("," + Space(), members) + "}";
        }));
    }

    private string Tensor(int rank) => Tensor(_random.Next(6), Shape(rank));

    private int[] Shape(int rank) => [.. Enumerable.Range(0, _random.Next(rank + 1)).Select(_ => _random.Next(_random.Next(8) == 0 ? 0 : 1, 4))];

    private string Tensor(int kind, ReadOnlySpan<int> shape)
    {
        if (_random.Next(150) == 0)
            return Value(2);
        if (shape.IsEmpty)
            return _random.Next(25) == 0 ? "null" : Element(kind);
        var items = new List<string>();
        for (var i = 0; i < shape[0]; i++)
            items.Add(Tensor(kind, shape[1..]));
        return List(items);
    }

    private string Element(int kind) => kind switch
    {
        0 or 1 or 2 or 3 => Number(kind),
        4 => _random.Next(2) == 0 ? "true" : "false",
        _ => _random.Next(6) == 0 ? $"{{\"b64\":{Space()}\"{Convert.ToBase64String(Encoding.UTF8.GetBytes(Word()))}\"}}" : Text(),
    };

    private string Number(int kind) => kind switch
    {
        0 => _random.Next(-5, 100).ToString(CultureInfo.InvariantCulture),
        1 => (_random.NextDouble() - 0.5).ToString("R", CultureInfo.InvariantCulture),
        2 => _random.Next(4) switch { 0 => "18446744073709551615", 1 => "9223372036854775808", 2 => "-9223372036854775808", _ => "7" },
        _ => _random.Next(4) switch { 0 => "1e3", 1 => "-0", 2 => "123456789012345678901234567890", _ => "0.1" },
    };

    private string Object(Func<string> value)
    {
        var names = Names.OrderBy(_ => _random.Next()).Take(_random.Next(4)).ToList();
        if (names.Count > 1 && _random.Next(10) == 0)
            names.Add(names[0]);
        return "{" + Space() + string.Join("," + Space(), names.Select(name => $"{Text(name)}{Space()}:{value()}")) + Space() + "}";
    }

    private string List(IEnumerable<string> items) => "[" + Space() + string.Join(Space() + "," + Space(), items) + "]";

    private string Word() => Words[_random.Next(Words.Length)];

    private string Text() => Text(Word());

    private string Text(string word)
    {
        var text = new StringBuilder("\"");
        foreach (var c in word)
        {
            if (c < ' ' || c is '"' or '\\' || (!char.IsSurrogate(c) && _random.Next(12) == 0))
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else
                text.Append(c);
        }

        return text.Append('"').ToString();
    }

    private string Space() => _random.Next(6) == 0 ? " \t" : "";
}
