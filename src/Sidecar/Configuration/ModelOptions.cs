namespace Sidecar.Configuration;

/// <summary>What to call the model when its traffic does not say.</summary>
public sealed record ModelOptions
{
    /// <summary>Name of the model, used where neither request nor response names one.</summary>
    public string? Name { get; init; }

    /// <summary>Version of the model, used where neither request nor response gives one.</summary>
    public string? Version { get; init; }

    /// <summary>Team or person that answers for the model, a label of `model.info`.</summary>
    public string? Owner { get; init; }

    /// <summary>Training run that made the model, a label of `model.info`.</summary>
    public string? RunId { get; init; }
}
