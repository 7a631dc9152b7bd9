using System.Globalization;
using System.Text;
using Sidecar.Tensors.Mapping;

namespace Sidecar.Tensors;

/// <summary>
/// Where a feature is in a JSON text: a JSON Pointer (RFC 6901) or the part of JSONPath (RFC 9535) that goes straight down, in which <c>*</c> stands for every element
/// of an array; and, with <c> as FP32</c> behind it, of which datatype it is.
/// </summary>
public sealed class JsonPath
{
    /// <summary>Steps that a path may have.</summary>
    public const int MaxSteps = 16;

    private const string TypeMark = " as ";

    private JsonPath(string text, PathStep[] steps, DataType type)
    {
        Text = text;
        Steps = steps;
        DataType = type;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary><see cref="DataType.Unknown"/>: that of the values.</summary>
    public DataType DataType { get; }

    internal PathStep[] Steps { get; }

    /// <summary>Reads a path; false with what is wrong with it, as the end of a sentence that begins with the path.</summary>
    public static bool TryParse(string text, out JsonPath? path, out string? problem)
    {
        path = null;
        var mark = text.LastIndexOf(TypeMark, StringComparison.Ordinal);
        var type = DataType.Unknown;
        if (mark >= 0)
        {
            type = DataTypes.Parse(Encoding.UTF8.GetBytes(text[(mark + TypeMark.Length)..]));
            problem = $"ends with \"{text[(mark + TypeMark.Length)..]}\", which is no datatype";
            if (type == DataType.Unknown)
                return false;
        }

        var way = mark < 0 ? text : text[..mark].TrimEnd(' ');
        var steps = new List<PathStep>();
        problem = way.Length == 0 || way[0] == '/' ? ReadPointer(way, steps)
            : way[0] == '$' ? ReadJsonPath(way.AsSpan(1), steps)
            : "begins with neither \"/\" (JSON Pointer) nor \"$\" (JSONPath)";
        if (steps.Count > MaxSteps)
            problem = string.Create(CultureInfo.InvariantCulture, $"has more than {MaxSteps} steps");
        if (problem is not null)
            return false;
        path = new JsonPath(text, [.. steps], type);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static string? ReadPointer(string pointer, List<PathStep> steps)
    {
        foreach (var token in pointer.Split('/').Skip(1))
        {
            for (var at = token.IndexOf('~', StringComparison.Ordinal); at >= 0; at = token.IndexOf('~', at + 1))
            {
                if (at + 1 == token.Length || token[at + 1] is not ('0' or '1'))
                    return "has a \"~\" that is neither \"~0\" nor \"~1\"";
            }

            var name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            // A number is an element of an array as well as a member of that name: what it meets decides.
            steps.Add(name == "*" ? PathStep.Each : new PathStep(Encoding.UTF8.GetBytes(name), IndexOf(name)));
        }

        return null;
    }

    private static string? ReadJsonPath(ReadOnlySpan<char> rest, List<PathStep> steps)
    {
        while (!rest.IsEmpty)
        {
            int length;
            if (rest[0] == '.')
            {
                length = rest[1..].IndexOfAny('.', '[');
                length = length < 0 ? rest.Length - 1 : length;
                if (length == 0)
                    return "has a \".\" without a name behind it";
                var name = rest.Slice(1, length).ToString();
                steps.Add(name == "*" ? PathStep.Each : new PathStep(Encoding.UTF8.GetBytes(name), PathStep.NoIndex));
                rest = rest[(1 + length)..];
                continue;
            }

            if (rest[0] != '[' || !TryReadBracket(rest, out var step, out length))
                return "can't be read: steps are .name, ['name'], [0] and [*]";
            steps.Add(step);
            rest = rest[length..];
        }

        return null;
    }

    private static bool TryReadBracket(ReadOnlySpan<char> rest, out PathStep step, out int length)
    {
        step = default;
        length = 0;
        if (rest.Length > 1 && rest[1] is '\'' or '"')
        {
            var end = rest[2..].IndexOf(rest[1]);
            if (end < 0 || end + 3 >= rest.Length || rest[end + 3] != ']')
                return false;
            step = new PathStep(Encoding.UTF8.GetBytes(rest.Slice(2, end).ToString()), PathStep.NoIndex);
            length = end + 4;
            return true;
        }

        var close = rest.IndexOf(']');
        if (close < 0)
            return false;
        var inside = rest[1..close].ToString();
        step = inside == "*" ? PathStep.Each : new PathStep(null, IndexOf(inside));
        length = close + 1;
        return step.IsEach || step.Index >= 0;
    }

    private static int IndexOf(string text) =>
        text.Length is > 0 and <= 9 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0')
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
            : PathStep.NoIndex;
}
