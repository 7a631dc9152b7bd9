namespace Sidecar.Configuration;

/// <summary>What is done with something that may not leave.</summary>
public enum RedactionChoice : byte
{
    /// <summary>It is left out.</summary>
    Drop,

    /// <summary>It becomes `***`.</summary>
    Mask,

    /// <summary>It becomes a token, the same for the same value.</summary>
    Hmac,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>What may leave the pod of texts and values.</summary>
public sealed record RedactionOptions
{
    /// <summary>What is taken away of what may leave, by feature or path; the strongest rule wins: drop, then mask, then hmac.</summary>
    public IReadOnlyList<RedactionRuleOptions> Rules { get; init; } = [];

    /// <summary>Features (`age`, `user_*`, `*`) and paths of JSON bodies (`/user/age`) whose values may leave where values are captured; of others none does.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <summary>What is done with what looks like mail addresses, card, account and phone numbers, IP addresses, tokens and keys in any text.</summary>
    public RedactionChoice Patterns { get; init; } = RedactionChoice.Mask;

    /// <summary>Patterns that are not looked for.</summary>
    public IReadOnlyList<string> Except { get; init; } = [];

    /// <summary>Path of a file with the key of tokens, at least 16 bytes; null means that no rule makes tokens.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Value of `dataclassification` of events with values inside; null means `redacted` or `captured`, by what was done.</summary>
    public string? Classification { get; init; }
}

/// <summary>One rule.</summary>
public sealed record RedactionRuleOptions
{
    /// <summary>A feature, with a `*` at the end for any rest, or a place in JSON bodies: a JSON Pointer or a JSONPath, with everything below it.</summary>
    public required string Name { get; init; }

    /// <summary>What is done with its values.</summary>
    public RedactionChoice Action { get; init; } = RedactionChoice.Mask;
}
