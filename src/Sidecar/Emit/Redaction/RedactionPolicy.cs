using System.Diagnostics;

namespace Sidecar.Emit.Redaction;

/// <summary>Which values may leave, and what is taken from them. A value that no entry of the allow list names is dropped.</summary>
public sealed class RedactionPolicy
{
    /// <summary>Bytes that a key must have: fewer could be found by trying.</summary>
    public const int MinKeyBytes = 16;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly byte[] _key;

    /// <param name="rules">What is taken away.</param>
    /// <param name="allow">The features and paths whose values may leave; of none, no value leaves.</param>
    /// <param name="key">Of the tokens; needed where a rule makes some. Copied.</param>
    /// <param name="classification">A fixed classification of events with values inside; null: by what was done to them.</param>
    /// <exception cref="ArgumentException">A rule needs a key and there is none, or it is too short.</exception>
    public RedactionPolicy(
        IEnumerable<RedactionRule> rules, IEnumerable<RedactionTarget> allow, ReadOnlyMemory<byte> key = default, string? classification = null)
    {
        Rules = [.. rules];
        Allow = [.. allow];
        Classification = classification;
        _key = key.ToArray();
        if (_key.Length < MinKeyBytes && (_key.Length > 0 || Rules.Any(rule => rule.Action == RedactionAction.Hmac)))
            throw new ArgumentException($"tokens need a key of at least {MinKeyBytes} bytes", nameof(key));
    }

    /// <summary>No value leaves, and every pattern is masked in the texts that do (paths, ids, messages of errors).</summary>
    public static RedactionPolicy DenyAll { get; } = new(AllPatterns(RedactionAction.Mask), []);

    public IReadOnlyList<RedactionRule> Rules { get; }

    public IReadOnlyList<RedactionTarget> Allow { get; }

    /// <summary>A fixed classification of events with values inside; null: by what was done to them.</summary>
    public string? Classification { get; }

    // Not public, and no ReadOnlyMemory: nothing that prints or serializes public members can meet it.
    internal ReadOnlySpan<byte> Key => _key;

    /// <summary>One rule for each built-in pattern.</summary>
    public static IEnumerable<RedactionRule> AllPatterns(RedactionAction action)
    {
        for (var kind = RedactionKind.Email; kind <= RedactionKind.AccessKey; kind++)
            yield return RedactionRule.Of(kind, action);
    }

    /// <summary>The extension <c>dataclassification</c> of an event.</summary>
    /// <param name="values">What came of the values in it; the least of them where there are several; null: there were none.</param>
    public string ClassificationOf(RedactionResult? values) => values switch
    {
        null or RedactionResult.Dropped => DataClassification.PublicAggregate,
        _ when Classification is not null => Classification,
        RedactionResult.Redacted => DataClassification.Redacted,
        _ => DataClassification.Captured,
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Rules.Count} rules, {Allow.Count} allowed";
}
