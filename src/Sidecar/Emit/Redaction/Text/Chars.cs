namespace Sidecar.Emit.Redaction.Text;

/// <summary>Classes of characters, and looks past the ends of a text that find nothing there.</summary>
internal static class Chars
{
    /// <summary>Outside of the text.</summary>
    private const char None = ' ';

    public static char At(ReadOnlySpan<char> text, int i) => (uint)i < (uint)text.Length ? text[i] : None;

    public static bool IsDigitAt(ReadOnlySpan<char> text, int i) => char.IsAsciiDigit(At(text, i));

    /// <summary>What stands there would make a number a part of a word. Only of ASCII: scripts without spaces put numbers right behind letters.</summary>
    public static bool IsWordAt(ReadOnlySpan<char> text, int i) => char.IsAsciiLetterOrDigit(At(text, i));

    public static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == TextLevel.Letter;

    public static bool IsBase64Url(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
}
