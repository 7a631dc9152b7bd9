namespace Sidecar.Emit.Redaction.Text;

/// <summary>What a policy does to each pattern.</summary>
internal sealed class PatternActions
{
    private readonly RedactionAction?[] _actions = new RedactionAction?[RedactionCounters.Kinds];

    public PatternActions(IEnumerable<RedactionRule> rules)
    {
        foreach (var rule in rules.Where(rule => rule.Kind.IsPattern()))
        {
            ref var action = ref _actions[(int)rule.Kind];
            action = action < rule.Action ? action : rule.Action;
            IsEmpty = false;
        }
    }

    public bool IsEmpty { get; } = true;

    /// <summary>Patterns that are made of digits.</summary>
    public bool NeedDigits => (Of(RedactionKind.CardNumber) ?? Of(RedactionKind.Phone) ?? Of(RedactionKind.Ipv4)) is not null;

    /// <summary>The strongest action of its rules; null: there is none.</summary>
    public RedactionAction? Of(RedactionKind kind) => _actions[(int)kind];
}
