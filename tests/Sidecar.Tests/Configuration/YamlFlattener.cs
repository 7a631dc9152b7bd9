using YamlDotNet.RepresentationModel;

namespace Sidecar.Tests.Configuration;

/// <summary>Reads YAML with the library's own document model, so that what we write is judged by another reader than ours.</summary>
internal static class YamlFlattener
{
    public static Dictionary<string, string> Flatten(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        Add(stream.Documents[0].RootNode, "");
        return values;

        void Add(YamlNode node, string path)
        {
            switch (node)
            {
                case YamlMappingNode map:
                    foreach (var (key, value) in map.Children)
                        Add(value, path.Length == 0 ? ((YamlScalarNode)key).Value! : $"{path}.{((YamlScalarNode)key).Value}");
                    break;
                case YamlSequenceNode list:
                    for (var i = 0; i < list.Children.Count; i++)
                        Add(list.Children[i], $"{path}[{i}]");
                    break;
                default:
                    values[path] = ((YamlScalarNode)node).Value!;
                    break;
            }
        }
    }
}
