namespace Sidecar.Emit.Redaction.Text;

/// <summary>Takes what patterns find in the view of a level.</summary>
internal interface IPatternSink
{
    void Add(RedactionKind kind, int start, int end);
}
