using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>A program that this run started. Disposing it asks it to end, then kills it with everything that it started.</summary>
internal sealed class Child : IDisposable
{
    // Enough for a start-up error; a chatty peer must not grow this program.
    private const int KeptLines = 12;

    private const int SigTerm = 15;

    // A program that ends by itself also waits for its own children, which would else stay as zombies where no init collects them.
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    private Child(Process process) => _process = process;

    public ProcessUsage Usage => ProcessUsage.Read(_process.Id);

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines of standard output and error.</summary>
    public string[] LastLines
    {
        get
        {
            lock (_lastLines)
                return [.. _lastLines];
        }
    }

    /// <summary>Starts a program with its output kept to the last lines; throws if there is no such program.</summary>
    public static Child Start(IEnumerable<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        string[] words = [.. command];
        var start = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var child = new Child(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, line) => child.Keep(line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Keep(line.Data);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Waits for the end of the program and of its output.</summary>
    public Task WaitAsync(CancellationToken stop) => _process.WaitForExitAsync(stop);

    /// <summary>Why the program ended: its exit code and last lines of output.</summary>
    public string Ending()
    {
        _process.WaitForExit();
        return $"exited with code {_process.ExitCode}{string.Concat(LastLines.Select(line => $"{Environment.NewLine}    {line}"))}";
    }

    public void Dispose()
    {
        if (!_process.HasExited && (Signal(_process.Id, SigTerm) != 0 || !_process.WaitForExit(EndLimit)))
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_lastLines)
        {
            if (_lastLines.Count == KeptLines)
                _lastLines.Dequeue();
            _lastLines.Enqueue(line);
        }
    }
}
