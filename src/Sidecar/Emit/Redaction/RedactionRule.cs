namespace Sidecar.Emit.Redaction;

/// <summary>What is taken away, and how. A rule takes from what the allow list lets out; it lets nothing out itself.</summary>
public sealed class RedactionRule
{
    private RedactionRule(RedactionKind kind, RedactionTarget? target, RedactionAction action)
    {
        if (action > RedactionAction.Hmac)
            throw new ArgumentOutOfRangeException(nameof(action));
        Kind = kind;
        Target = target;
        Action = action;
    }

    /// <summary><see cref="RedactionKind.Feature"/>, <see cref="RedactionKind.Path"/> or a pattern.</summary>
    public RedactionKind Kind { get; }

    /// <summary>The values that it names; null for a pattern, which is looked for in every text.</summary>
    public RedactionTarget? Target { get; }

    public RedactionAction Action { get; }

    /// <summary>A rule for the values of a feature, or those at a path and below it.</summary>
    public static RedactionRule Of(RedactionTarget target, RedactionAction action)
    {
        ArgumentNullException.ThrowIfNull(target);
        return new RedactionRule(target.IsPath ? RedactionKind.Path : RedactionKind.Feature, target, action);
    }

    /// <summary>A rule for a built-in pattern.</summary>
    public static RedactionRule Of(RedactionKind pattern, RedactionAction action) =>
        pattern.IsPattern() ? new RedactionRule(pattern, null, action) : throw new ArgumentException($"{pattern} is no pattern", nameof(pattern));

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Target?.Text}: {Action}";
}
