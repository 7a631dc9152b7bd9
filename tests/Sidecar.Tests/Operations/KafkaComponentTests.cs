using Sidecar.Configuration;
using Sidecar.Testing;
using YamlDotNet.RepresentationModel;
using static Sidecar.Tests.Operations.RulesFile;

namespace Sidecar.Tests.Operations;

/// <summary>The component that sends events to Kafka: its variables are keys of the program, and its volume holds what they allow.</summary>
public sealed class KafkaComponentTests
{
    private static readonly string Folder = Path.Combine(OperationsSeries.Root, "deploy", "components", "kafka");
    private static readonly string Patch = Path.Combine(Folder, "deployment.yaml");

    [Fact]
    public void Variables_are_keys_of_the_configuration_and_the_spool_fits_its_volume()
    {
        var document = Documents(Patch)[0];
        var container = Items(document, "spec", "template", "spec", "initContainers").Single();
        var options = Load(Items(container, "env").ToDictionary(item => Text(item, "name")!, item => Text(item, "value")!));
        Assert.Equal(EventSink.Kafka, options.Events.Sink);
        Assert.Equal("/var/lib/sidecar", options.State.Directory);
        var mount = Items(container, "volumeMounts").Single();
        Assert.Equal(options.State.Directory, Text(mount, "mountPath"));
        var volume = Items(document, "spec", "template", "spec", "volumes").Single();
        Assert.Equal(Text(mount, "name"), Text(volume, "name"));
        Assert.Equal("512Mi", Text(volume, "emptyDir", "sizeLimit"));
        Assert.InRange(options.State.SpoolLimit, 1, 512L << 20 >> 1);
    }

    [Fact]
    public void What_is_commented_out_works_when_it_is_not()
    {
        var text = string.Join('\n', File.ReadLines(Patch).Select(line => line.Replace("# - name: SIDECAR", "- name: SIDECAR", StringComparison.Ordinal).Replace("#   value:", "  value:", StringComparison.Ordinal)));
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        var container = Items(stream.Documents[0].RootNode, "spec", "template", "spec", "initContainers").Single();
        var environment = Items(container, "env").ToDictionary(item => Text(item, "name")!, item => Text(item, "value")!);
        const string password = "SIDECAR__EVENTS__KAFKA__SASL__PASSWORDFILE";
        Assert.Contains($"mountPath: {Path.GetDirectoryName(environment[password])}\n", text, StringComparison.Ordinal);
        environment[password] = Patch; // a file that is there
        var options = Load(environment);
        Assert.True(options.Events.Kafka.Tls.Enabled);
        Assert.Equal(SaslChoice.ScramSha512, options.Events.Kafka.Sasl.Mechanism);
    }

    [Fact]
    public void Topics_are_the_programs()
    {
        var topics = new SidecarOptions().Events.Kafka.Topics;
        Assert.Equal([topics.Exchanges, topics.Reports, topics.Audit], Documents(Path.Combine(Folder, "topics.yaml")).Select(topic => Text(topic, "metadata", "name")));
    }

    [Fact]
    public async Task Kustomize_puts_it_on_top_of_the_sidecar()
    {
        var kubectl = Tool.Require("kubectl", "kubernetes.io/docs/tasks/tools")[0];
        var root = Directory.CreateTempSubdirectory("sidecar-kustomize-");
        try
        {
            // Kustomize reads nothing outside of the folder that it is given.
            foreach (var file in Directory.EnumerateFiles(Path.Combine(OperationsSeries.Root, "deploy"), "*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(root.FullName, Path.GetRelativePath(OperationsSeries.Root, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            await File.WriteAllTextAsync(
                Path.Combine(root.FullName, "kustomization.yaml"),
                """
                apiVersion: kustomize.config.k8s.io/v1beta1
                kind: Kustomization
                resources: [deploy/base]
                components: [deploy/components/kafka]
                """);
            var rendered = await Tool.RunAsync(kubectl, "kustomize", root.FullName);
            var stream = new YamlStream();
            stream.Load(new StringReader(rendered));
            var pod = Node(stream.Documents.Select(document => document.RootNode).Single(node => Text(node, "kind") == "Deployment"), "spec", "template", "spec")!;
            var container = Items(pod, "initContainers").Single();
            Assert.Contains("SIDECAR__EVENTS__SINK", Items(container, "env").Select(item => Text(item, "name")));
            Assert.Contains("POD_NAME", Items(container, "env").Select(item => Text(item, "name")));
            Assert.Equal(["sidecar-config", "sidecar-state", "sidecar-tmp"], Items(container, "volumeMounts").Select(item => Text(item, "name")!).Order(StringComparer.Ordinal));
            Assert.Contains("sidecar-state", Items(pod, "volumes").Select(item => Text(item, "name")));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static SidecarOptions Load(Dictionary<string, string> environment)
    {
        var file = Path.Combine(OperationsSeries.Root, "deploy", "components", "sidecar", "sidecar.yaml");
        var result = SidecarConfiguration.Load(new ConfigurationSources { File = file, Environment = environment });
        Assert.True(result.Options is not null, result.Report());
        return result.Options;
    }
}
