namespace Sidecar.Emit.Redaction;

/// <summary>Why something was taken away; closed, so that it can be a label of a metric.</summary>
public enum RedactionKind : byte
{
    /// <summary>A rule that names a feature.</summary>
    Feature,

    /// <summary>A rule that names a path of a JSON body.</summary>
    Path,

    /// <summary>Pattern: a mail address.</summary>
    Email,

    /// <summary>Pattern: the number of a payment card.</summary>
    CardNumber,

    /// <summary>Pattern: a bank account.</summary>
    Iban,

    /// <summary>Pattern: a phone number.</summary>
    Phone,

    /// <summary>Pattern: an IPv4 address.</summary>
    Ipv4,

    /// <summary>Pattern: an IPv6 address.</summary>
    Ipv6,

    /// <summary>Pattern: JSON web tokens, credentials behind <c>Bearer</c> or <c>Basic</c>, and those in a URL.</summary>
    Token,

    /// <summary>Pattern: access keys that are known by their prefix.</summary>
    AccessKey,

    /// <summary>No entry of the allow list names the value.</summary>
    NotAllowed,

    /// <summary>A body that is not one whole JSON value.</summary>
    Malformed,

    /// <summary>A body that is nested deeper than <see cref="Redactor.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>Text that was not UTF-8: what was wrong in it became U+FFFD.</summary>
    NotUtf8,
}

/// <summary>Names of the built-in patterns, as configuration writes them.</summary>
public static class RedactionPatterns
{
    private static readonly (string Name, RedactionKind Kind)[] Known =
    [
        ("email", RedactionKind.Email),
        ("cardNumber", RedactionKind.CardNumber),
        ("iban", RedactionKind.Iban),
        ("phone", RedactionKind.Phone),
        ("ipv4", RedactionKind.Ipv4),
        ("ipv6", RedactionKind.Ipv6),
        ("token", RedactionKind.Token),
        ("accessKey", RedactionKind.AccessKey),
    ];

    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>The pattern of that name.</summary>
    public static bool TryParse(string name, out RedactionKind kind)
    {
        foreach (var known in Known)
        {
            if (known.Name == name)
            {
                kind = known.Kind;
                return true;
            }
        }

        kind = default;
        return false;
    }

    /// <summary>It is a pattern that is looked for in texts.</summary>
    public static bool IsPattern(this RedactionKind kind) => kind is >= RedactionKind.Email and <= RedactionKind.AccessKey;
}
