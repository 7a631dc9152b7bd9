using OpenTelemetry.Resources;

namespace Sidecar.Emit.Otlp;

/// <summary>
/// Who speaks: the resource of all telemetry. <c>service.instance.id</c> is <c>namespace.pod.container</c>, without a restart count or a random part, so
/// that a restarted container keeps its series. <c>OTEL_SERVICE_NAME</c> and <c>OTEL_RESOURCE_ATTRIBUTES</c> win over what is detected.
/// </summary>
public static class Resources
{
    private const string ServiceName = "service.name";

    /// <summary>Attributes from the environment, by name.</summary>
    /// <param name="version">The program's version.</param>
    /// <param name="variable">An environment variable by name, null where unset: <c>POD_NAMESPACE</c>, <c>POD_NAME</c>, <c>POD_UID</c>,
    /// <c>NODE_NAME</c> and <c>CONTAINER_NAME</c> are those that the manifests set from the downward API.</param>
    /// <param name="host">Host name, the pod's name where <c>POD_NAME</c> is missing.</param>
    public static IReadOnlyDictionary<string, object> Detect(string version, Func<string, string?> variable, string host)
    {
        string? Given(string name) => variable(name) is { Length: > 0 } value ? value : null;

        var space = Given("POD_NAMESPACE");
        var pod = Given("POD_NAME");
        // The name is a common one: outside a pod it may mean anything.
        var container = pod is null ? null : Given("CONTAINER_NAME");
        var instance = $"{pod ?? host}.{container ?? "sidecar"}";
        var attributes = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            [ServiceName] = "sidecar",
            ["service.version"] = version,
            ["service.instance.id"] = space is null ? instance : $"{space}.{instance}",
        };

        void Add(string name, string? value)
        {
            if (value is not null)
                attributes[name] = value;
        }

        Add("service.namespace", space);
        Add("k8s.namespace.name", space);
        Add("k8s.pod.name", pod);
        Add("k8s.pod.uid", Given("POD_UID"));
        Add("k8s.node.name", Given("NODE_NAME"));
        Add("k8s.container.name", container);
        return attributes;
    }

    /// <summary>The resource: what was detected, then what the standard variables say on top.</summary>
    internal static ResourceBuilder Builder(IReadOnlyDictionary<string, object> detected) =>
        ResourceBuilder.CreateEmpty().AddTelemetrySdk().AddAttributes(detected).AddEnvironmentVariableDetector();
}
