namespace Sidecar.Emit.Redaction;

/// <summary>What becomes of a value that a rule matches. In order of strength: where several rules match, the one that comes first here wins.</summary>
public enum RedactionAction : byte
{
    /// <summary>Left out: the member, or <c>null</c> where a place must stay filled; a match inside a text is cut out of it.</summary>
    Drop,

    /// <summary><c>***</c>; a number becomes <c>null</c>.</summary>
    Mask,

    /// <summary>A keyed token: the same value gives the same token, so that joins still work.</summary>
    Hmac,
}
