namespace Sidecar.Model;

/// <summary>Where a model's version was learned from; recorded, never guessed.</summary>
public enum IdentitySource : byte
{
    Response,
    Path,

    /// <summary>The server's metadata lists one version only.</summary>
    Metadata,
    Configuration,
    Unknown,
}

/// <summary>A model and a version that this pod serves. One object for each; compared by reference.</summary>
/// <param name="Name">As the response, the path or the configuration says; <c>_unknown</c> otherwise.</param>
/// <param name="Version">Likewise.</param>
/// <param name="Source">Where the version came from.</param>
public sealed record ModelIdentity(string Name, string Version, IdentitySource Source)
{
    /// <summary>The label of a model or version that nothing tells.</summary>
    public const string UnknownLabel = "_unknown";

    /// <summary>The label of all models beyond the bound.</summary>
    public const string OtherLabel = "_other";

    public override string ToString() => $"{Name}/{Version}";
}

/// <summary>A side of an inference.</summary>
public enum Side : byte
{
    Input,
    Output,
}
