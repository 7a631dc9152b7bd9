using Sidecar.Testing;
using YamlDotNet.RepresentationModel;

namespace Sidecar.Tests.Operations;

/// <summary>One recording rule or alert.</summary>
internal sealed record Rule(
    string? Record, string? Alert, string Expr, string? For, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations);

/// <summary>YAML files of the repository, read whole.</summary>
internal static class RulesFile
{
    public static string Folder { get; } = Path.Combine(OperationsSeries.Root, "alerts");

    public static IReadOnlyList<Rule> Rules { get; } =
    [
        .. from document in Documents(Path.Combine(Folder, "sidecar.rules.yml"))
           from YamlMappingNode @group in (YamlSequenceNode)document["groups"]
           from YamlMappingNode rule in (YamlSequenceNode)@group["rules"]
           select new Rule(Text(rule, "record"), Text(rule, "alert"), Text(rule, "expr")!, Text(rule, "for"), Map(rule, "labels"), Map(rule, "annotations")),
    ];

    public static IReadOnlyList<Rule> Alerts { get; } = [.. Rules.Where(rule => rule.Alert is not null)];

    public static IReadOnlyList<YamlMappingNode> Documents(string path)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(path);
        stream.Load(reader);
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    /// <summary>A scalar below nested keys; null where a key is missing.</summary>
    public static string? Text(YamlNode node, params string[] path) => (Node(node, path) as YamlScalarNode)?.Value;

    /// <summary>A node below nested keys; null where a key is missing.</summary>
    public static YamlNode? Node(YamlNode node, params string[] path)
    {
        foreach (var key in path)
        {
            if (node is not YamlMappingNode map || !map.Children.TryGetValue(new YamlScalarNode(key), out var child))
                return null;
            node = child;
        }

        return node;
    }

    /// <summary>The items of a list below nested keys; empty where there is none.</summary>
    public static IEnumerable<YamlNode> Items(YamlNode node, params string[] path) => Node(node, path) as YamlSequenceNode ?? [];

    private static Dictionary<string, string> Map(YamlMappingNode rule, string key) =>
        Node(rule, key) is YamlMappingNode map ? map.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => ((YamlScalarNode)pair.Value).Value!) : [];
}
