namespace Sidecar.Tensors;

/// <summary>A feature of a mapped JSON API.</summary>
/// <param name="Name">The name of its tensor.</param>
/// <param name="Path">Where its values are.</param>
public sealed record JsonFeature(string Name, JsonPath Path);
