using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Sidecar.Configuration.Sources;

/// <summary>
/// Turns YAML text into raw nodes, from the parser's events instead of its document model: that recurses as deep as the text
/// tells it to, and follows aliases, so that a small file could take the process down.
/// </summary>
internal sealed class YamlReader
{
    // The schema is five levels deep.
    private const int DeepestLevel = 20;

    private readonly string _file;
    private readonly Parser _parser;
    private readonly List<ConfigurationError> _errors = [];

    private YamlReader(string text, string file)
    {
        _file = file;
        _parser = new Parser(new StringReader(text));
    }

    /// <summary>Reads the one document that the text may hold; null when its syntax is broken, with the reason among the errors.</summary>
    public static (RawMap? Root, IReadOnlyList<ConfigurationError> Errors) Read(string text, string file)
    {
        // A null byte ends the text for the scanner, which would leave out what follows without a word.
        var nul = text.IndexOf('\0', StringComparison.Ordinal);
        if (nul >= 0)
        {
            var line = 1 + text.AsSpan(0, nul).Count('\n');
            var source = new ConfigurationSource(ConfigurationSourceKind.File, file, line);
            return (null, [new ConfigurationError("", null, source, "the file holds a null character", null)]);
        }

        var reader = new YamlReader(text, file);
        try
        {
            return (reader.ReadStream(), reader._errors);
        }
        catch (YamlException e)
        {
            reader.Report("", e.Start, $"not valid YAML: {WithoutPosition(e.Message)}");
            return (null, reader._errors);
        }
    }

    private RawMap? ReadStream()
    {
        Next();
        Next();
        var empty = new RawMap(new ConfigurationSource(ConfigurationSourceKind.File, _file));
        if (_parser.Current is StreamEnd)
            return empty;
        Next();
        var start = _parser.Current!.Start;
        var root = ReadNode("", 0);
        Next();
        if (_parser.Current is DocumentStart second)
            Report("", second.Start, "a second document starts here; there may be only one");
        switch (root)
        {
            case RawMap map:
                return map;
            case RawScalar { IsNull: true }:
                return empty;
            case RawInvalid:
                return null;
            default:
                Report("", start, "the file must hold keys and values, such as \"listen: 0.0.0.0:9180\"");
                return null;
        }
    }

    // On return the last event of the node has been consumed.
    private RawNode ReadNode(string path, int depth)
    {
        var node = _parser.Current!;
        var source = SourceAt(node.Start);
        if (depth > DeepestLevel)
            throw new YamlException(node.Start, node.End, "nested too deeply");
        var usable = true;
        if (node is NodeEvent { Anchor.IsEmpty: false } or AnchorAlias)
        {
            Report(path, node.Start, "anchors and aliases are not supported; write the value out");
            usable = false;
        }
        else if (node is NodeEvent { Tag.IsEmpty: false } tagged && tagged.Tag.ToString() is not "!" and var tag)
        {
            Report(path, node.Start, $"tags such as {tag} are not supported");
            usable = false;
        }

        RawNode read = node switch
        {
            Scalar scalar => ReadScalar(scalar, path, source),
            SequenceStart => ReadList(path, depth, source),
            MappingStart => ReadMap(path, depth, source),
            _ => new RawInvalid(source),
        };
        Next();
        return usable ? read : new RawInvalid(source);
    }

    private RawNode ReadScalar(Scalar scalar, string path, ConfigurationSource source)
    {
        if (!IsWellFormed(scalar.Value))
        {
            Report(path, scalar.Start, "holds half of a surrogate pair, which is no text");
            return new RawInvalid(source);
        }

        var isNull = scalar.Style == ScalarStyle.Plain && (scalar.Value is "" or "~" or "null" or "Null" or "NULL");
        return new RawScalar(scalar.Value, isNull, source);
    }

    private RawList ReadList(string path, int depth, ConfigurationSource source)
    {
        var list = new RawList(source);
        Next();
        while (_parser.Current is not SequenceEnd)
            list.Items.Add(ReadNode(string.Create(CultureInfo.InvariantCulture, $"{path}[{list.Items.Count}]"), depth + 1));
        return list;
    }

    private RawMap ReadMap(string path, int depth, ConfigurationSource source)
    {
        var map = new RawMap(source);
        Next();
        while (_parser.Current is not MappingEnd)
        {
            var start = _parser.Current!.Start;
            if (ReadNode(path, depth + 1) is not RawScalar key)
            {
                if (_errors.Count == 0 || _errors[^1].Source != SourceAt(start))
                    Report(path, start, "a key must be a word");
                ReadNode(path, depth + 1);
                continue;
            }

            var keyPath = path.Length == 0 ? key.Text : $"{path}.{key.Text}";
            var value = ReadNode(keyPath, depth + 1);
            if (map.Entries.TryGetValue(key.Text, out var first))
                Report(keyPath, start, string.Create(CultureInfo.InvariantCulture, $"given twice, first on line {first.Source.Line}"));
            else
                map.Entries.Add(key.Text, new RawEntry(SourceAt(start), value));
        }

        return map;
    }

    private void Next()
    {
        var place = _parser.Current?.End ?? Mark.Empty;
        try
        {
            if (!_parser.MoveNext())
                throw new YamlException(place, place, "the text ends too early");
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // Found by fuzzing: "\UFFFFFFFF" and a "[" after "..." end in exceptions that aren't the library's own.
            throw new YamlException(place, place, "unexpected text after this place", e);
        }
    }

    private void Report(string path, Mark place, string problem) =>
        _errors.Add(new ConfigurationError(path, null, SourceAt(place), problem, null));

    private ConfigurationSource SourceAt(Mark place) => new(ConfigurationSourceKind.File, _file, (int)place.Line);

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return false;
            i++;
        }

        return true;
    }

    // The library puts "(Line: 1, Col: 2, Idx: 3) - (Line: …): " in front; the place is told by our own source.
    private static string WithoutPosition(string message)
    {
        var end = message.StartsWith('(') ? message.IndexOf("): ", StringComparison.Ordinal) : -1;
        return end < 0 ? message : message[(end + 3)..];
    }
}
