using System.Text;

namespace Sidecar.Model;

/// <summary>Metric label values of closed enums: the member's name in snake case, made once.</summary>
/// <typeparam name="T">An enum whose members are numbered from 0 without gaps.</typeparam>
public static class Labels<T>
    where T : struct, Enum
{
    private static readonly string[] Texts = [.. Enum.GetValues<T>().Select(value => Snake(value.ToString()))];

    /// <summary>How many members the enum has.</summary>
    public static int Count => Texts.Length;

    /// <summary>The label of the member with this number.</summary>
    public static string Of(int value) => Texts[value];

    private static string Snake(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (char.IsAsciiLetterUpper(name[i]) && i > 0)
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}
