namespace Sidecar.Tensors;

/// <summary>Why a body did not become tensors. Closed: used as a metric label, so members are added and never renamed.</summary>
public enum DecodeError : byte
{
    /// <summary>Decoded.</summary>
    None,

    /// <summary>Not the format at all: a syntax error, invalid UTF-8, a member of the wrong kind, bytes after the end.</summary>
    Malformed,

    /// <summary>Well-formed as far as it goes, but the bytes end early.</summary>
    Truncated,

    /// <summary>Over one of the <see cref="DecodeLimits"/>, or more than <see cref="Tensor.MaxRank"/> dimensions.</summary>
    TooLarge,

    /// <summary>Well-formed, but not a message of this protocol: the list of tensors is missing or holds something else.</summary>
    NotInference,

    /// <summary>A tensor without its name, datatype, shape or data.</summary>
    MissingMember,

    /// <summary>A datatype name that the protocol does not know.</summary>
    UnsupportedDatatype,

    /// <summary>The number of elements sent is not the product of the shape, or a dimension is negative.</summary>
    ShapeMismatch,

    /// <summary>An element that the declared datatype can't hold: wrong kind, out of range, or a fraction for an integer.</summary>
    ValueMismatch,

    /// <summary>The data is sent in a way that this decoder does not read (a binary section beside the JSON).</summary>
    UnsupportedEncoding,

    /// <summary>The tensor is in shared memory and never crosses the wire: unobservable, not empty.</summary>
    SharedMemory,
}

/// <summary>Label texts of <see cref="DecodeError"/>.</summary>
public static class DecodeErrors
{
    /// <summary>The reason as a metric label value, snake case; <c>none</c> for <see cref="DecodeError.None"/>.</summary>
    public static string Label(this DecodeError error) => error switch
    {
        DecodeError.None => "none",
        DecodeError.Malformed => "malformed",
        DecodeError.Truncated => "truncated",
        DecodeError.TooLarge => "too_large",
        DecodeError.NotInference => "not_inference",
        DecodeError.MissingMember => "missing_member",
        DecodeError.UnsupportedDatatype => "unsupported_datatype",
        DecodeError.ShapeMismatch => "shape_mismatch",
        DecodeError.ValueMismatch => "value_mismatch",
        DecodeError.UnsupportedEncoding => "unsupported_encoding",
        DecodeError.SharedMemory => "shared_memory",
        _ => "unknown",
    };
}
