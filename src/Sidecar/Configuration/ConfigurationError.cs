using System.Text;

namespace Sidecar.Configuration;

/// <summary>One mistake in the configuration, said so that it can be put right without looking anything up.</summary>
/// <param name="Key">Path of the key in camelCase, such as <c>shadows[0].file</c>; empty for a file that can't be read at all.</param>
/// <param name="Value">The value as it was given; null where there is none to show.</param>
/// <param name="Source">Where it was given.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="Allowed">What would be right; null where the problem says it already.</param>
public sealed record ConfigurationError(string Key, string? Value, ConfigurationSource Source, string Problem, string? Allowed)
{
    // Enough to recognise a value by; a pasted certificate should not push the other errors off the screen.
    private const int LongestValue = 80;

    /// <summary>One line for the mistake and, where it helps, a second for what is allowed.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (Key.Length > 0)
            text.Append(Printable(Key)).Append(": ");
        if (Value is not null)
            text.Append('"').Append(Printable(Value)).Append("\" ");
        text.Append(Clean(Problem)); // may quote the file, by way of the YAML library
        if (Source.Kind != ConfigurationSourceKind.Default)
            text.Append(" (").Append(Printable(Source.ToString())).Append(')');
        if (Allowed is not null)
            text.Append("\n    ").Append(Allowed);
        return text.ToString();
    }

    /// <summary>Cut to a readable length, control characters replaced: a value must not be able to drive a terminal or forge a log line.</summary>
    private static string Printable(string value)
    {
        return Clean(value.Length > LongestValue ? value[..LongestValue] + "…" : value);
    }

    private static string Clean(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
            span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '\uFFFD' : source[i];
    });
}
