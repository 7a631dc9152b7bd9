namespace Sidecar.Emit.Spool;

/// <summary>What gives way when a spool is full.</summary>
public enum SpoolFullPolicy : byte
{
    /// <summary>The oldest segment is deleted; what of it was never delivered is counted as lost.</summary>
    DropOldest,

    /// <summary>The new record is refused.</summary>
    DropNewest,
}
