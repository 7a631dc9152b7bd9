namespace Sidecar.Emit.Spool;

/// <summary>Which exceptions of .NET mean that the disk or the system refused, as opposed to a mistake of ours.</summary>
internal static class DiskRefusal
{
    // ArgumentOutOfRangeException is what .NET makes of EFBIG: a file beyond the process's limit or the file system's.
    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;
}
