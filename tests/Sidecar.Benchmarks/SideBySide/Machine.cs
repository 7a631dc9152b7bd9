using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>What the run needs to know of the machine: free ports, programs on the path, the checkout.</summary>
internal static class Machine
{
    private static readonly string[] SystemFolders = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

    /// <summary>
    /// <paramref name="count"/> different free loopback ports. They are released before they're used, so another program can take one;
    /// the peer then fails to start and says so.
    /// </summary>
    public static int[] FreePorts(int count)
    {
        var sockets = new Socket[count];
        try
        {
            for (var i = 0; i < count; i++)
            {
                sockets[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                sockets[i].Bind(new IPEndPoint(IPAddress.Loopback, 0));
            }

            return [.. sockets.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port)];
        }
        finally
        {
            foreach (var socket in sockets)
                socket?.Dispose();
        }
    }

    /// <summary>The full path of a program, or null. Debian keeps daemons out of a user's path, so the sbin folders are searched too.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(SystemFolders)
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    /// <summary>How many files and sockets a program that we start may have open.</summary>
    public static int OpenFilesLimit()
    {
        // "Max open files            1024                 1048576              files": the runtime has raised the first to the second.
        var line = File.ReadLines("/proc/self/limits").First(text => text.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
        return int.TryParse(hard, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
    }

    /// <summary>The folder that holds Sidecar.sln, searched upwards from this program, or null outside a checkout.</summary>
    public static string? Checkout()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sidecar.sln")))
                return folder.FullName;
        }

        return null;
    }
}
