using Sidecar.Configuration;

namespace Sidecar.Commands;

/// <summary>What a command line touches of the world around it.</summary>
public sealed record CommandLineHost
{
    /// <summary>Standard output: what was asked for.</summary>
    public TextWriter Output { get; init; } = Console.Out;

    /// <summary>Standard error: mistakes and hints.</summary>
    public TextWriter Error { get; init; } = Console.Error;

    /// <summary>Measures how long work took, for a word on standard error.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The environment variables.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = ConfigurationSources.ProcessEnvironment();
}
