using Sidecar.Configuration;

namespace Sidecar.Commands;

/// <summary>What <c>sidecar run</c> was asked for, loaded and found valid.</summary>
/// <param name="Options">The merged options.</param>
/// <param name="Sources">Where each key that somebody set got its value.</param>
public sealed record RunArguments(SidecarOptions Options, IReadOnlyDictionary<string, ConfigurationSource> Sources);
