using Sidecar.Configuration;
using Sidecar.Testing;
using YamlDotNet.RepresentationModel;
using static Sidecar.Tests.Operations.RulesFile;

namespace Sidecar.Tests.Operations;

/// <summary>The Kubernetes manifests and the image, against each other, the program and the alerts.</summary>
public class ManifestTests
{
    private const string Relay = "sidecar.io/relay";
    private static readonly string Deploy = Path.Combine(OperationsSeries.Root, "deploy");
    private static readonly YamlMappingNode Component = Documents(Path.Combine(Deploy, "components", "sidecar", "deployment.yaml"))[0];
    private static readonly YamlMappingNode Example = Documents(Path.Combine(Deploy, "base", "deployment.yaml"))[0];
    private static readonly YamlMappingNode Service = Documents(Path.Combine(Deploy, "base", "service.yaml"))[0];
    private static readonly YamlMappingNode PodMonitor = Documents(Path.Combine(Deploy, "components", "monitoring", "podmonitor.yaml"))[0];
    private static readonly YamlNode Container = Items(Component, "spec", "template", "spec", "initContainers").Single();
    private static readonly string Dockerfile = File.ReadAllText(Path.Combine(OperationsSeries.Root, "Dockerfile"));

    public static TheoryData<string> Manifests => [.. Directory.GetFiles(Deploy, "*.yaml", SearchOption.AllDirectories)
        .Select(path => Path.GetRelativePath(Deploy, path)).Where(path => Path.GetFileName(path) is not "sidecar.yaml")
        .Where(path => path != Path.Combine("components", "sidecar", "service.yaml"))];

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Manifest_parses_and_says_what_it_is(string path)
    {
        foreach (var document in Documents(Path.Combine(Deploy, path)))
        {
            Assert.NotNull(Text(document, "apiVersion"));
            Assert.NotNull(Text(document, "kind"));
            if (Path.GetFileName(path) == "kustomization.yaml")
                Assert.All(Listed(document), file => Assert.True(Path.Exists(Path.Combine(Deploy, Path.GetDirectoryName(path)!, file)), $"{path} lists {file}"));
            else
                Assert.NotNull(Text(document, "metadata", "name"));
        }
    }

    [Fact]
    public void Sidecar_is_a_native_sidecar_that_the_restricted_standard_allows()
    {
        Assert.Equal("Always", Text(Container, "restartPolicy"));
        Assert.Equal("true", Text(Container, "securityContext", "runAsNonRoot"));
        Assert.Equal("false", Text(Container, "securityContext", "allowPrivilegeEscalation"));
        Assert.Equal("true", Text(Container, "securityContext", "readOnlyRootFilesystem"));
        Assert.Equal("RuntimeDefault", Text(Container, "securityContext", "seccompProfile", "type"));
        Assert.Equal(["ALL"], Items(Container, "securityContext", "capabilities", "drop").Select(item => ((YamlScalarNode)item).Value));
        Assert.Equal(Text(Container, "resources", "requests", "memory"), Text(Container, "resources", "limits", "memory"));
        Assert.Null(Text(Container, "resources", "limits", "cpu"));
        Assert.Equal("false", Text(Example, "spec", "template", "spec", "automountServiceAccountToken"));
    }

    [Fact]
    public void Probes_ask_the_health_port_and_the_start_does_not_wait_for_the_server()
    {
        Assert.Equal(("/healthz", "sidecar-health"), (Text(Container, "startupProbe", "httpGet", "path"), Text(Container, "startupProbe", "httpGet", "port")));
        Assert.Equal(("/readyz", "sidecar-health"), (Text(Container, "readinessProbe", "httpGet", "path"), Text(Container, "readinessProbe", "httpGet", "port")));
        Assert.Null(Node(Container, "livenessProbe"));
    }

    [Fact]
    public void Ports_are_those_of_the_program_its_configuration_the_service_and_the_image()
    {
        var ports = Items(Container, "ports").ToDictionary(port => Text(port, "name")!, port => Text(port, "containerPort")!);
        var options = Load();
        Assert.Equal(ports["sidecar"], $"{options.Listen.Port}");
        Assert.Equal(ports["sidecar-health"], $"{options.Health.Listen.Port}");
        Assert.Equal(new SidecarOptions().Listen.Port, options.Listen.Port);
        Assert.Equal(new SidecarOptions().Health.Listen.Port, options.Health.Listen.Port);
        Assert.All(ports.Keys, name => Assert.True(name.Length <= 15, "Kubernetes allows 15 characters"));

        var patch = File.ReadAllText(Path.Combine(Deploy, "components", "sidecar", "service.yaml"));
        Assert.Contains($"value: {ports["sidecar"]}", patch, StringComparison.Ordinal);
        Assert.Contains("/spec/ports/0/targetPort", patch, StringComparison.Ordinal);
        Assert.Contains($"EXPOSE {ports["sidecar"]} {ports["sidecar-health"]}\n", Dockerfile, StringComparison.Ordinal);
        Assert.Equal("sidecar-health", Text(Items(PodMonitor, "spec", "podMetricsEndpoints").Single(), "port"));

        // Without the sidecar the service and the upstream are the same port of the same server.
        var server = Items(Example, "spec", "template", "spec", "containers").Single();
        Assert.Equal($"{options.Upstream.Port}", Text(Items(server, "ports").Single(), "containerPort"));
        Assert.Equal($"{options.Upstream.Port}", Text(Items(Service, "spec", "ports").First(), "targetPort"));
        Assert.Equal("127.0.0.1", options.Upstream.Host);
        foreach (var page in new[] { Path.Combine(Deploy, "README.md"), Path.Combine(Folder, "runbooks", "SidecarAbsent.md") })
            Assert.Contains(ports["sidecar-health"], File.ReadAllText(page), StringComparison.Ordinal);
    }

    [Fact]
    public void Grace_period_holds_what_stopping_takes()
    {
        var pod = Node(Example, "spec", "template", "spec")!;
        var sleep = int.Parse(Text(Items(pod, "containers").Single(), "lifecycle", "preStop", "sleep", "seconds")!);
        var server = TimeSpan.FromSeconds(20);
        var needed = TimeSpan.FromSeconds(sleep) + server + Load().Shutdown.Deadline;
        Assert.True(TimeSpan.FromSeconds(int.Parse(Text(pod, "terminationGracePeriodSeconds")!)) > needed);
    }

    [Fact]
    public void Labels_that_select_are_the_labels_that_are_set()
    {
        Assert.Equal("true", Text(Example, "metadata", "labels", Relay));
        Assert.Equal("true", Text(Service, "metadata", "labels", Relay));
        Assert.Equal("true", Text(Component, "spec", "template", "metadata", "labels", Relay));
        Assert.Equal("true", Text(PodMonitor, "spec", "selector", "matchLabels", Relay));
        var kustomization = Documents(Path.Combine(Deploy, "components", "sidecar", "kustomization.yaml"))[0];
        Assert.All(Items(kustomization, "patches"), patch => Assert.Equal(Relay + "=true", Text(patch, "target", "labelSelector")));
        Assert.Contains($"-l {Relay}=true", File.ReadAllText(Path.Combine(Folder, "runbooks", "SidecarAbsent.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Scraping_sets_the_labels_that_the_rules_rename()
    {
        var set = Items(Items(PodMonitor, "spec", "podMetricsEndpoints").Single(), "relabelings").Select(relabeling => Text(relabeling, "targetLabel")!);
        Assert.Equal(["k8s_namespace_name", "k8s_pod_name"], set);
        Assert.All(set, label => Assert.Contains(Rules, rule => rule.Expr.Contains($"\"{label}\"", StringComparison.Ordinal)));
        var variables = Items(Container, "env").Select(variable => Text(variable, "name"));
        Assert.Equal(["POD_NAMESPACE", "POD_NAME", "POD_UID", "NODE_NAME", "CONTAINER_NAME"], variables);
    }

    [Fact]
    public void Image_runs_as_the_user_of_the_manifest_and_gets_every_file_that_the_build_needs()
    {
        Assert.Contains($"USER {Text(Container, "securityContext", "runAsUser")}\n", Dockerfile, StringComparison.Ordinal);
        Assert.Contains("ENTRYPOINT [\"/app/sidecar\"]", Dockerfile, StringComparison.Ordinal);
        Assert.Equal("run", ((YamlScalarNode)Items(Container, "args").First()).Value);
        foreach (var control in new[] { "global.json", "nuget.config", "Directory.Build.props", "Directory.Packages.props", ".editorconfig" })
        {
            Assert.True(File.Exists(Path.Combine(OperationsSeries.Root, control)));
            Assert.Matches($@"\nCOPY ([\w. ]+ )?{control.Replace(".", @"\.", StringComparison.Ordinal)} ", Dockerfile);
        }

        foreach (var project in Directory.GetFiles(Path.Combine(OperationsSeries.Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            Assert.Contains($"COPY src/{name}/{name}.csproj src/{name}/packages.lock.json src/{name}/\n", Dockerfile, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Kustomize_renders_the_base_with_the_sidecar_in_the_path()
    {
        var rendered = await Tool.RunAsync(Tool.Require("kubectl", "kubernetes.io/docs/tasks/tools")[0], "kustomize", Path.Combine(Deploy, "base"));
        var stream = new YamlStream();
        stream.Load(new StringReader(rendered));
        var documents = stream.Documents.Select(document => document.RootNode).ToDictionary(node => Text(node, "kind")!);
        Assert.Equal("9180", Text(Items(documents["Service"], "spec", "ports").Single(), "targetPort"));
        var pod = Node(documents["Deployment"], "spec", "template", "spec")!;
        Assert.Equal("sidecar", Text(Items(pod, "initContainers").Single(), "name"));
        Assert.Equal("server", Text(Items(pod, "containers").Single(), "name"));
        var mounted = Items(pod, "volumes").Single(volume => Text(volume, "name") == "sidecar-config");
        Assert.Equal(Text(documents["ConfigMap"], "metadata", "name"), Text(mounted, "configMap", "name"));
    }

    /// <summary>The configuration of the ConfigMap, as the program loads it.</summary>
    private static SidecarOptions Load()
    {
        var result = SidecarConfiguration.Load(new ConfigurationSources { File = Path.Combine(Deploy, "components", "sidecar", "sidecar.yaml") });
        Assert.True(result.Options is not null, result.Report());
        return result.Options;
    }

    private static IEnumerable<string> Listed(YamlNode kustomization) =>
        Items(kustomization, "resources").Concat(Items(kustomization, "components")).Select(item => ((YamlScalarNode)item).Value!)
            .Concat(Items(kustomization, "patches").Select(patch => Text(patch, "path")!))
            .Concat(Items(kustomization, "configMapGenerator").SelectMany(generator => Items(generator, "files")).Select(item => ((YamlScalarNode)item).Value!));
}
