namespace Sidecar.Emit.Redaction.Text;

/// <summary>A part of a source that goes.</summary>
/// <param name="Level">How many layers of escapes were undone to see it.</param>
/// <param name="Token">What stands in its place under <see cref="RedactionAction.Hmac"/>.</param>
internal readonly record struct TextMatch(int Start, int End, int Level, RedactionKind Kind, RedactionAction Action, byte[]? Token)
{
    /// <summary>The part of both: the stronger action wins, then what was seen with more escapes undone, then the longer one.</summary>
    public TextMatch Merge(in TextMatch other)
    {
        var order = Action.CompareTo(other.Action);
        if (order == 0)
            order = other.Level.CompareTo(Level);
        if (order == 0)
            order = (other.End - other.Start).CompareTo(End - Start);
        return (order <= 0 ? this : other) with { Start = Math.Min(Start, other.Start), End = Math.Max(End, other.End) };
    }
}
