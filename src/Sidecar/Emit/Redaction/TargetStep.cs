using System.Globalization;
using System.Text;

namespace Sidecar.Emit.Redaction;

/// <summary>
/// One step down a JSON body. The mapping's own steps stay inside its library, so a path that it has accepted is split once more here; what this does not
/// understand is refused, because a step that is misread would let values out.
/// </summary>
/// <param name="Name">To the member of that name; null: not into objects.</param>
/// <param name="Index">To that element; -1: to none, or to each.</param>
/// <param name="IsEach">To every element of an array.</param>
internal readonly record struct TargetStep(byte[]? Name, int Index, bool IsEach)
{
    public bool LeadsTo(ReadOnlySpan<byte> name) => Name is not null && name.SequenceEqual(Name);

    public bool LeadsTo(int index) => IsEach || Index == index;

    /// <summary>The steps of a path, null where it can't be read.</summary>
    public static TargetStep[]? Read(string path)
    {
        if (path.Length == 0)
            return [];
        if (path[0] == '/')
            return [.. path.Split('/').Skip(1).Select(OfToken)];
        return path[0] == '$' ? ReadJsonPath(path.AsSpan(1)) : null;
    }

    private static TargetStep OfToken(string token)
    {
        var name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        return name == "*" ? new TargetStep(null, -1, true) : new TargetStep(Encoding.UTF8.GetBytes(name), IndexOf(name), false);
    }

    private static TargetStep[]? ReadJsonPath(ReadOnlySpan<char> rest)
    {
        var steps = new List<TargetStep>();
        while (!rest.IsEmpty)
        {
            int length;
            if (rest[0] == '.')
            {
                length = rest[1..].IndexOfAny('.', '[');
                length = length < 0 ? rest.Length : length + 1;
                steps.Add(OfName(rest[1..length].ToString()));
            }
            else if (rest.Length > 1 && rest[0] == '[' && rest[1] is '\'' or '"')
            {
                var end = rest[2..].IndexOf(rest[1]);
                if (end < 0)
                    return null;
                steps.Add(new TargetStep(Encoding.UTF8.GetBytes(rest.Slice(2, end).ToString()), -1, false));
                length = end + 4;
            }
            else
            {
                length = rest.IndexOf(']') + 1;
                if (rest[0] != '[' || length <= 0)
                    return null;
                var inside = rest[1..(length - 1)].ToString();
                var index = IndexOf(inside);
                if (inside != "*" && index < 0)
                    return null;
                steps.Add(new TargetStep(null, index, inside == "*"));
            }

            if (length > rest.Length)
                return null;
            rest = rest[length..];
        }

        return [.. steps];
    }

    private static TargetStep OfName(string name) =>
        name == "*" ? new TargetStep(null, -1, true) : new TargetStep(Encoding.UTF8.GetBytes(name), -1, false);

    private static int IndexOf(string text) =>
        text.Length is > 0 and <= 9 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0')
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
            : -1;
}
