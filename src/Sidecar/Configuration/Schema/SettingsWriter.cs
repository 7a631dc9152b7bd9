using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sidecar.Configuration.Schema;

/// <summary>Writes settings as YAML that the sidecar reads back to the same settings.</summary>
/// <param name="sources">Where each key came from, written behind its value; null leaves that out.</param>
internal sealed class SettingsWriter(Func<string, ConfigurationSource>? sources)
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _line = new();
    private int _depth = -1;

    /// <summary>Starts the keys of a group or the items of a list; ends with the returned scope.</summary>
    public Scope Open()
    {
        if (_line.Length > 0 && _line[^1] == ':')
            EndLine(null);
        _depth++;
        return new Scope(this);
    }

    public void Key(string name)
    {
        Indent();
        _line.Append(name).Append(':');
    }

    /// <summary>A key whose name a person chose.</summary>
    public void FreeKey(string name)
    {
        Indent();
        _line.Append(IsPlain(name, isText: true) ? name : Quote(name)).Append(':');
    }

    public void Item()
    {
        Indent();
        _line.Append("- ");
    }

    public void Scalar(string? value, string path, bool isText)
    {
        Value(value is null ? "null" : IsPlain(value, isText) ? value : Quote(value));
        EndLine(path);
    }

    public void EmptyList(string path)
    {
        Value("[]");
        EndLine(path);
    }

    public void EmptyMap(string path)
    {
        Value("{}");
        EndLine(path);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    // The first key of an item stands on the line of its dash.
    private void Indent()
    {
        if (_line.Length == 0)
            _line.Append(' ', 2 * _depth);
    }

    private void Value(string value)
    {
        if (_line[^1] == ':')
            _line.Append(' ');
        _line.Append(value);
    }

    private void EndLine(string? path)
    {
        _text.Append(_line);
        if (path is not null && sources is not null)
            _text.Append("  # ").Append(sources(path));
        _text.Append('\n');
        _line.Clear();
    }

    // Narrower than YAML's own rule: what other readers could take for a number, a truth value, a date or a time is quoted.
    private static bool IsPlain(string value, bool isText)
    {
        if (value.Length == 0 || !(char.IsAsciiLetterOrDigit(value[0]) || value[0] is '/' or '.' or '_') || value[^1] == ':')
            return false;
        foreach (var c in value)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('/' or '.' or '_' or '-' or ':'))
                return false;
        }

        return !isText || !(char.IsAsciiDigit(value[0]) || value[0] == '.' && !value.StartsWith("./", StringComparison.Ordinal) || IsWord(value));
    }

    private static bool IsWord(string value) => value.ToLower(CultureInfo.InvariantCulture)
        is "null" or "true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n";

    // A JSON string is a double-quoted YAML scalar.
    private static string Quote(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>An open group or list.</summary>
    public readonly struct Scope(SettingsWriter writer) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => writer._depth--;
    }
}
