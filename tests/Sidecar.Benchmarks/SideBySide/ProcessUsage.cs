using System.Globalization;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>CPU time and memory of a process and everything below it, from <c>/proc</c>.</summary>
/// <param name="User">User time since the start; includes ended threads and reaped children.</param>
/// <param name="System">Kernel time, likewise.</param>
/// <param name="ResidentBytes">Sum of VmRSS over the tree; pages that processes share are counted in each.</param>
internal readonly record struct ProcessUsage(TimeSpan User, TimeSpan System, long ResidentBytes)
{
    // USER_HZ: the unit of /proc/PID/stat, fixed at 100 in Linux's ABI on every architecture .NET runs on.
    private const long TicksPerJiffy = TimeSpan.TicksPerSecond / 100;

    public TimeSpan Cpu => User + System;

    /// <summary>Reads the tree below <paramref name="root"/>; zero once it is gone.</summary>
    public static ProcessUsage Read(int root)
    {
        var processes = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id != 0)
            .Select(id => (Id: id, Stat: StatFields(id)))
            .Where(process => process.Stat.Length > 0)
            .ToDictionary(process => process.Id, process => process.Stat);

        var total = default(ProcessUsage);
        foreach (var (id, stat) in processes)
        {
            if (!IsBelow(root, id, processes))
                continue;
            // proc(5), counted from the field after the name: 11 utime, 12 stime, 13 cutime, 14 cstime.
            total = new(
                total.User + Jiffies(stat[11]) + Jiffies(stat[13]),
                total.System + Jiffies(stat[12]) + Jiffies(stat[14]),
                total.ResidentBytes + Resident(id));
        }

        return total;
    }

    // Field 1 after the name is the parent. The kernel's own list of children is a build option that not every kernel has.
    private static bool IsBelow(int root, int id, Dictionary<int, string[]> processes)
    {
        while (id != root && processes.TryGetValue(id, out var stat))
            id = int.Parse(stat[1], CultureInfo.InvariantCulture);
        return id == root;
    }

    private static string[] StatFields(int process)
    {
        try
        {
            // The name is in parentheses and may hold spaces and parentheses itself.
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            // Ended between the listing and the reading.
            return [];
        }
    }

    private static TimeSpan Jiffies(string field) => TimeSpan.FromTicks(long.Parse(field, CultureInfo.InvariantCulture) * TicksPerJiffy);

    private static long Resident(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? 0 : 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
