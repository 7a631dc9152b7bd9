using System.CommandLine;
using System.CommandLine.Parsing;
using Sidecar.Configuration.Schema;

namespace Sidecar.Commands;

/// <summary>Options whose values are read and judged as those of the configuration are: in any culture alike, and with what is allowed in the message.</summary>
internal static class ValueOption
{
    /// <summary>One with a value of its own where none is given.</summary>
    public static Option<T> Of<T>(string name, string help, string description, ScalarSchema<T> kind, T fallback) => new(name)
    {
        HelpName = help,
        Description = description,
        DefaultValueFactory = _ => fallback,
        CustomParser = result => Parse(kind, result, fallback),
    };

    /// <summary>Reads the one value of an option; an error is added to <paramref name="result"/>.</summary>
    public static T Parse<T>(ScalarSchema<T> kind, ArgumentResult result, T fallback)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        var outcome = kind.TryParse(text, out var value);
        if (outcome == ParseOutcome.Ok)
            return value;
        var problem = outcome == ParseOutcome.OutOfRange ? "is out of range" : $"is not {kind.Noun}";
        result.AddError($"{(result.Parent as OptionResult)?.Option.Name}: \"{text}\" {problem}; allowed: {kind.Allowed}");
        return fallback;
    }
}
