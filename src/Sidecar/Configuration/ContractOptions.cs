namespace Sidecar.Configuration;

/// <summary>The contract that requests and responses are checked against.</summary>
public sealed record ContractOptions
{
    /// <summary>Ask the model server for its metadata, the only connection that the sidecar opens to it by itself.</summary>
    public bool FetchMetadata { get; init; } = true;
}
