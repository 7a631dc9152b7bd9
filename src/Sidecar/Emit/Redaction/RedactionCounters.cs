namespace Sidecar.Emit.Redaction;

/// <summary>How often what was taken away.</summary>
internal sealed class RedactionCounters
{
    public const int Kinds = (int)RedactionKind.NotUtf8 + 1;
    private const int Actions = (int)RedactionAction.Hmac + 1;
    private readonly long[] _counts = new long[Kinds * Actions];

    public void Add(RedactionKind kind, RedactionAction action) => Interlocked.Increment(ref _counts[At(kind, action)]);

    public long Of(RedactionKind kind, RedactionAction action) => Interlocked.Read(ref _counts[At(kind, action)]);

    private static int At(RedactionKind kind, RedactionAction action) => ((int)kind * Actions) + (int)action;
}
