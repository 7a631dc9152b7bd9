namespace Sidecar.Emit.Redaction;

/// <summary>What came of a value or a body; a greater one tells of less that is left.</summary>
public enum RedactionResult : byte
{
    /// <summary>It is as it was.</summary>
    Unchanged,

    /// <summary>Something of it was replaced or left out.</summary>
    Redacted,

    /// <summary>Nothing of it is left; <c>null</c> was written.</summary>
    Dropped,
}

/// <summary>What <see cref="Redactor.WriteValues(System.Text.Json.Utf8JsonWriter, ReadOnlySpan{byte}, Sidecar.Tensors.TensorMessage, int, int)"/> wrote.</summary>
/// <param name="Truncated">There were more elements than were written.</param>
public readonly record struct WrittenValues(bool Truncated, RedactionResult Result);

/// <summary>Values of the CloudEvents extension <c>dataclassification</c>.</summary>
public static class DataClassification
{
    /// <summary>No value that was asked or answered is inside.</summary>
    public const string PublicAggregate = "public-aggregate";

    /// <summary>Values are inside, and something of them was taken away.</summary>
    public const string Redacted = "redacted";

    /// <summary>Values are inside as they were sent.</summary>
    public const string Captured = "captured";
}
