using Sidecar.Tensors;

namespace Sidecar.Configuration;

/// <summary>What the requests of one route are, where their path does not say it, or says it wrongly.</summary>
public sealed record InferenceRouteOptions
{
    /// <summary>Method and path of its requests; a `*` at the end stands for any rest. The first route that matches counts.</summary>
    public required RouteMatch Match { get; init; }

    /// <summary>Protocol that they speak, whatever their path looks like: `json` is described by `inputs` and `outputs`, `none` is no inference.</summary>
    public InferenceProtocol Protocol { get; init; } = InferenceProtocol.Json;

    /// <summary>Name of the model, used where neither request nor response names one.</summary>
    public string? Model { get; init; }

    /// <summary>Version of the model, used where neither request nor response gives one.</summary>
    public string? Version { get; init; }

    /// <summary>Features of the requests, and where each of them is: a JSON Pointer or a JSONPath, and its datatype if that is not to be told by the values.</summary>
    public IReadOnlyDictionary<string, JsonPath> Inputs { get; init; } = new Dictionary<string, JsonPath>();

    /// <summary>Features of the answers, likewise.</summary>
    public IReadOnlyDictionary<string, JsonPath> Outputs { get; init; } = new Dictionary<string, JsonPath>();
}
