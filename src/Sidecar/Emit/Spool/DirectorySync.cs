using System.Runtime.InteropServices;

namespace Sidecar.Emit.Spool;

/// <summary>
/// Makes the names in a folder outlive a power loss. Syncing a file is not enough by POSIX: a new file's bytes may be safe and its name not.
/// .NET can't open a folder, hence the calls.
/// </summary>
internal static partial class DirectorySync
{
    private const string Library = "libc";
    private const int ReadOnlyCloseOnExec = 0x80000;

    public static void Flush(string directory)
    {
        if (!OperatingSystem.IsLinux())
            return;
        var descriptor = Open(directory, ReadOnlyCloseOnExec);
        if (descriptor < 0)
            throw Failure(directory);
        try
        {
            // EINVAL: a file system whose folders can't be synced, as some network ones; there is nothing more to be done.
            if (Fsync(descriptor) < 0 && Marshal.GetLastPInvokeError() != 22)
                throw Failure(directory);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Failure(string directory) => new($"the folder {directory} can't be synced: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport(Library, EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
