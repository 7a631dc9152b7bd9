using System.Text.RegularExpressions;

namespace Sidecar.Tests.Layering;

/// <summary>
/// Finds references from a folder of the program to one it may not know: <c>using</c>s, qualified names (<c>Sidecar.Relay.Pump</c>), names
/// qualified from the common namespace (<c>Relay.Pump</c>), and the root's own types. Every folder is a room unless it is one of the three that all may use.
/// </summary>
internal static partial class LayerScanner
{
    private static readonly string[] Libraries = ["Wire", "Tensors", "Statistics"];

    private static readonly Dictionary<string, string[]> Common = new(StringComparer.Ordinal)
    {
        ["Model"] = Libraries,
        ["Telemetry"] = ["Model", .. Libraries],
        // It reads what the libraries have a syntax for.
        ["Configuration"] = ["Tensors"],
        // It reads files that the ways out have written.
        ["Offline"] = ["Emit", "Model", "Telemetry", "Configuration", .. Libraries],
        // Verbs that serve traffic are handed to it; the offline ones it calls.
        ["Commands"] = ["Offline", "Model", "Telemetry", "Configuration", .. Libraries],
    };

    private static readonly string[] OfRooms = ["Model", "Telemetry", "Configuration", .. Libraries];

    // The demo embeds the application; nobody else below the root may know it.
    private static readonly Dictionary<string, string[]> RootTypes = new(StringComparer.Ordinal) { ["Demo"] = ["SidecarApplication"] };

    /// <summary>One line for each pair of file and what it may not use.</summary>
    /// <param name="sources">Path below the program's folder, with '/', and the text of every file.</param>
    public static IReadOnlyList<string> Violations(IReadOnlyCollection<(string Path, string Text)> sources)
    {
        var files = sources.Select(source => new SourceFile(source.Path, SourceText.WithoutCommentsAndStrings(source.Text))).ToArray();
        var folders = files.Select(file => file.Folder).Where(folder => folder.Length > 0).Distinct().ToArray();
        var types = files.ToLookup(file => file.Folder, file => file.DeclaredTypes(), StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.SelectMany(names => names).ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        var found = new List<string>();
        foreach (var file in files.Where(file => file.Folder.Length > 0))
        {
            var allowed = Common.GetValueOrDefault(file.Folder, OfRooms);
            var used = new SortedSet<string>(StringComparer.Ordinal);
            foreach (Match match in Qualified().Matches(file.Code))
                used.Add(match.Groups[1].Value);
            foreach (var folder in folders)
            {
                foreach (Match match in Regex.Matches(file.Code, $@"(?<![\w.])(?<!\.\s*){folder}\s*\.\s*(\w+)"))
                {
                    if (types[folder].Contains(match.Groups[1].Value))
                        used.Add(folder);
                }
            }

            foreach (var type in types.GetValueOrDefault("") ?? [])
            {
                if (Regex.IsMatch(file.Code, $@"(?<![\w.])(?<!\.\s*){type}\b") && !file.DeclaredTypes().Contains(type))
                    used.Add(type);
            }

            used.ExceptWith([file.Folder, .. allowed, .. RootTypes.GetValueOrDefault(file.Folder, [])]);
            found.AddRange(used.Select(name => $"{file.Path} uses {name}"));
            if (file.NamespaceProblem() is { } problem)
                found.Add($"{file.Path} declares {problem}");
        }

        return found;
    }

    // Not the namespace declaration itself; that is judged by NamespaceProblem.
    [GeneratedRegex(@"(?<!namespace\s+)(?<![\w.])Sidecar\s*\.\s*(\w+)")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"\b(?:class|struct|interface|enum|record|delegate\s+\S+)\s+(?:class\s+|struct\s+)?(\w+)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\bnamespace\s+([\w.]+)")]
    private static partial Regex Namespace();

    private sealed record SourceFile(string Path, string Code)
    {
        // Only types that stand by themselves: what is nested in another can't be named from elsewhere without that one's name.
        private readonly HashSet<string> _types =
        [
            .. Declaration().Matches(Code)
                .Where(match => Code.AsSpan(0, match.Index).Count('{') == Code.AsSpan(0, match.Index).Count('}'))
                .Select(match => match.Groups[1].Value),
        ];

        /// <summary>The room: the first part of the path; empty for a file at the root.</summary>
        public string Folder { get; } = Path.Contains('/', StringComparison.Ordinal) ? Path[..Path.IndexOf('/', StringComparison.Ordinal)] : "";

        public HashSet<string> DeclaredTypes() => _types;

        public string? NamespaceProblem()
        {
            var expected = "Sidecar." + Path[..Path.LastIndexOf('/')].Replace('/', '.');
            var match = Namespace().Match(Code);
            return !match.Success ? "no namespace" : match.Groups[1].Value == expected ? null : $"namespace {match.Groups[1].Value}";
        }
    }
}
