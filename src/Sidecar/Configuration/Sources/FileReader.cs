using System.Text;

namespace Sidecar.Configuration.Sources;

/// <summary>Reads the configuration file as text, or says why that can't be done.</summary>
internal static class FileReader
{
    // A configuration is a few KiB. Whatever is larger is another file, or meant to use up memory.
    private const int LargestFile = 1 << 20;

    /// <summary>The text; or null, and the reason in <paramref name="problem"/>. Never throws.</summary>
    public static string? TryRead(string path, out string problem)
    {
        problem = "";
        try
        {
            if (Directory.Exists(path))
            {
                problem = "is a folder, not a file";
                return null;
            }

            // Read up to a limit instead of asking for the length: a pipe has none, and /dev/zero no end.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var bytes = new byte[LargestFile + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > LargestFile)
            {
                problem = "is larger than 1 MiB, which no configuration is";
                return null;
            }

            var content = bytes.AsSpan(0, length);
            if (content.StartsWith(Encoding.UTF8.Preamble))
                content = content[Encoding.UTF8.Preamble.Length..];
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content);
        }
        catch (DecoderFallbackException)
        {
            problem = "is not UTF-8 text";
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            problem = "does not exist";
        }
        catch (UnauthorizedAccessException)
        {
            problem = "may not be read by this user";
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            problem = $"cannot be read: {e.Message}";
        }

        return null;
    }
}
