using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Sidecar.Tensors.Tests.Contract;

namespace Sidecar.Tensors.Tests.Rows;

/// <summary>
/// What JSON means as tensors, by other means than the decoder's: System.Text.Json's document, big integers, and the rules as the README has them. Tensors are
/// told as <see cref="Shown"/> tells them, those at fault by name and error alone.
/// </summary>
internal static class JsonOracle
{
    /// <summary>The value of a member such as <c>instances</c>.</summary>
    public static List<string> Container(string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return [];
        if (value.ValueKind == JsonValueKind.Object && !IsBase64(value))
            return [.. LastOfEach(value).Where(member => member.Value.ValueKind != JsonValueKind.Null).Select(member => Tensor(member.Name, [member.Value], hasRows: false))];
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().FirstOrDefault(row => row.ValueKind != JsonValueKind.Null) is not { ValueKind: JsonValueKind.Object } first
            || IsBase64(first))
        {
            return [Tensor(name, [value], hasRows: false)];
        }

        return Rows(name, [.. value.EnumerateArray()]);
    }

    /// <summary>Rows that are objects, as columns.</summary>
    public static List<string> Rows(string name, JsonElement[] rows)
    {
        var isObject = rows.Select(row => row.ValueKind == JsonValueKind.Object && !IsBase64(row)).ToArray();
        var names = rows.Where((_, i) => isObject[i]).SelectMany(row => row.EnumerateObject().Select(member => member.Name)).Distinct();
        // The first row that is neither says that the rows are of both kinds; what objects come after it are no rows any more.
        var odd = Array.FindIndex(rows, row => row.ValueKind != JsonValueKind.Null && !(row.ValueKind == JsonValueKind.Object && !IsBase64(row)));
        List<string> tensors = [];
        if (odd >= 0)
        {
            names = rows[..odd].Where((_, i) => isObject[i]).SelectMany(row => row.EnumerateObject().Select(member => member.Name)).Distinct();
            rows = [.. rows[..odd], .. rows[odd..].Select(_ => default(JsonElement))];
            isObject = [.. isObject[..odd], .. rows[odd..].Select(_ => false)];
        }

        tensors.AddRange(names.Select(column => Tensor(column,
            [.. rows.Select((row, i) => isObject[i] && row.TryGetProperty(column, out var value) ? value : (JsonElement?)null)], hasRows: true)));
        if (odd >= 0)
            tensors.Add($"{name} ValueMismatch");
        return tensors;
    }

    /// <summary>A column of values, a row each; null: the row has none.</summary>
    public static string Tensor(string name, JsonElement?[] rows, bool hasRows)
    {
        long[]? inner = null;
        var isRagged = false;
        foreach (var row in rows)
        {
            if (row is not { } value || value.ValueKind == JsonValueKind.Null)
                continue;
            if (!TryShape(value, out var shape))
                isRagged = true;
            else if (inner is null)
                inner = shape;
            else
                isRagged |= !inner.SequenceEqual(shape);
        }

        if (isRagged)
            return $"{name} ShapeMismatch";
        inner ??= [];
        var nullRow = new JsonElement?[inner.Aggregate(1, (product, length) => product * (int)length)];
        List<JsonElement?> leaves = [.. rows.SelectMany(row => row is { ValueKind: not JsonValueKind.Null } value ? Leaves(value) : nullRow)];
        long[] shapeOfAll = hasRows ? [rows.Length, .. inner] : inner;
        var (type, texts) = Values(leaves);
        return type is null
            ? $"{name} ValueMismatch"
            : $"{name} {type} [{string.Join(',', shapeOfAll)}]:{string.Concat(texts.Select(text => " " + text))}{Nulls(leaves)}";
    }

    /// <summary>As the decoder's tensors are compared with these.</summary>
    public static string[] Comparable(TensorMessage message) =>
        [.. Shown.Tensors(message).Select((text, i) => message[i].Error == DecodeError.None ? text : $"{OpenInference.Decoded.Text(message.Name(i))} {message[i].Error}")];

    private static string Nulls(List<JsonElement?> leaves)
    {
        var count = leaves.Count(IsNull);
        return count > 0 ? $" ({count} null)" : "";
    }

    private static bool IsNull(JsonElement? leaf) => leaf is not { ValueKind: not JsonValueKind.Null };

    private static (string? Type, IEnumerable<string> Texts) Values(List<JsonElement?> leaves)
    {
        var kinds = leaves.Where(leaf => !IsNull(leaf)).Select(leaf => Kind(leaf!.Value)).Distinct().Order().ToArray();
        var hasNull = leaves.Exists(IsNull);
        var kind = string.Concat(kinds);
        switch (kind)
        {
            case "b":
                return ("BOOL", leaves.Select(leaf => IsNull(leaf) ? "false" : leaf!.Value.GetBoolean() ? "true" : "false"));
            case "t":
                return ("BYTES", leaves.Select(leaf => IsNull(leaf) ? "" : TextOf(leaf!.Value)));
            case "i" when !hasNull:
                var integers = leaves.Select(leaf => BigInteger.Parse(leaf!.Value.GetRawText(), CultureInfo.InvariantCulture)).ToArray();
                if (integers.All(integer => integer >= long.MinValue && integer <= long.MaxValue))
                    return ("INT64", integers.Select(integer => integer.ToString(CultureInfo.InvariantCulture)));
                if (integers.All(integer => integer >= 0 && integer <= ulong.MaxValue))
                    return ("UINT64", integers.Select(integer => integer.ToString(CultureInfo.InvariantCulture)));
                break;
            case "i" or "f" or "fi" or "":
                break;
            default:
                return (null, []);
        }

        return ("FP64", leaves.Select(leaf => IsNull(leaf) ? "NaN" : Float(leaf!.Value.GetRawText())));
    }

    // A whole number is an integer first, and those have no negative zero.
    private static string Float(string text) =>
        double.Parse(text == "-0" ? "0" : text, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);

    private static string Kind(JsonElement leaf) => leaf.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => "b",
        JsonValueKind.String => "t",
        JsonValueKind.Number => leaf.GetRawText().AsSpan().IndexOfAny(".eE") < 0 ? "i" : "f",
        _ => IsBase64(leaf) ? TryDecode(leaf, out _) ? "t" : "x" : "o",
    };

    private static string TextOf(JsonElement leaf) => leaf.ValueKind == JsonValueKind.String
        ? leaf.GetString()!
        : TryDecode(leaf, out var text) ? text : throw new InvalidOperationException("no base64");

    // Either alphabet, with or without padding; no bits that are left over.
    private static bool TryDecode(JsonElement leaf, out string text)
    {
        var base64 = leaf.EnumerateObject().Single().Value.GetString()!.Replace('-', '+').Replace('_', '/');
        base64 = base64.PadRight((base64.Length + 3) / 4 * 4, '=');
        var bytes = new byte[base64.Length];
        var isBase64 = Convert.TryFromBase64String(base64, bytes, out var length) && Convert.ToBase64String(bytes.AsSpan(0, length)) == base64;
        text = System.Text.Encoding.UTF8.GetString(bytes.AsSpan(0, length));
        return isBase64;
    }

    private static bool IsBase64(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.EnumerateObject().ToArray() is [{ Name: "b64", Value.ValueKind: JsonValueKind.String }];

    // Of members sent twice the last counts, in the first one's place.
    private static IEnumerable<(string Name, JsonElement Value)> LastOfEach(JsonElement value) =>
        value.EnumerateObject().GroupBy(member => member.Name).Select(group => (group.Key, group.Last().Value));

    private static bool TryShape(JsonElement value, out long[] shape)
    {
        shape = [];
        if (value.ValueKind != JsonValueKind.Array)
            return true;
        long[]? below = null;
        foreach (var item in value.EnumerateArray())
        {
            if (!TryShape(item, out var found) || (below is not null && !below.SequenceEqual(found)))
                return false;
            below = found;
        }

        shape = [value.GetArrayLength(), .. below ?? []];
        return true;
    }

    private static IEnumerable<JsonElement?> Leaves(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().SelectMany(Leaves) : [value];
}
