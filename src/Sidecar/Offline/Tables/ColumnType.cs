namespace Sidecar.Offline.Tables;

/// <summary>What a column's cells are read as.</summary>
internal enum ColumnType : byte
{
    /// <summary>Nothing but empty cells.</summary>
    Empty,

    Number,

    /// <summary><c>true</c> and <c>false</c>, however they are capitalised; read as texts in lower case.</summary>
    Boolean,

    /// <summary>Dates and times; read as Unix nanoseconds.</summary>
    Timestamp,

    Text,
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Unique in the table.</param>
internal sealed record TableColumn(string Name, ColumnType Type);
