using Sidecar.Configuration;

namespace Sidecar.Offline;

/// <summary>What a configuration says of recorded traffic.</summary>
internal sealed class RecordedConfiguration(SidecarOptions options)
{
    public static RecordedConfiguration None { get; } = new(new SidecarOptions());

    public ConfiguredRoutes Routes { get; } = new(options.Routes);

    /// <summary>The model's name where neither side says it; null: unknown.</summary>
    /// <param name="route">-1: none.</param>
    public string? ModelOf(int route) => (route < 0 ? null : options.Routes[route].Model) ?? options.Model.Name;

    /// <summary>The model's version where neither side says it; null: unknown.</summary>
    /// <param name="route">-1: none.</param>
    public string? VersionOf(int route) => (route < 0 ? null : options.Routes[route].Version) ?? options.Model.Version;
}
