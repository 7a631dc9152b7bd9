using System.Globalization;

namespace Sidecar.Configuration;

/// <summary>The kinds of places a value can come from, the later overriding the earlier.</summary>
public enum ConfigurationSourceKind : byte
{
    /// <summary>Nobody set the key.</summary>
    Default,

    /// <summary>The configuration file.</summary>
    File,

    /// <summary>An environment variable.</summary>
    Environment,

    /// <summary>A flag of the command line.</summary>
    Flag,
}

/// <summary>Where a value came from, precisely enough to go and change it.</summary>
/// <param name="Kind">The kind of place.</param>
/// <param name="Name">Path of the file, name of the variable or of the flag.</param>
/// <param name="Line">Line in the file, counted from 1; 0 for other kinds, and for the file as a whole.</param>
public sealed record ConfigurationSource(ConfigurationSourceKind Kind, string Name = "", int Line = 0)
{
    /// <summary>The source of a key that nobody set.</summary>
    public static ConfigurationSource Default { get; } = new(ConfigurationSourceKind.Default);

    /// <summary>Such as <c>sidecar.yaml:3</c> or <c>environment SIDECAR__LISTEN</c>.</summary>
    public override string ToString() => Kind switch
    {
        ConfigurationSourceKind.Default => "default",
        ConfigurationSourceKind.File when Line > 0 => string.Create(CultureInfo.InvariantCulture, $"{Name}:{Line}"),
        ConfigurationSourceKind.File => Name,
        ConfigurationSourceKind.Environment => $"environment {Name}",
        _ => $"flag {Name}",
    };
}
