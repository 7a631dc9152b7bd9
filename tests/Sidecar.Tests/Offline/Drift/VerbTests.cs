using System.Text.Json;
using Sidecar.Commands;
using Sidecar.Tests.Configuration;

namespace Sidecar.Tests.Offline.Drift;

/// <summary>Runs verbs as a user does.</summary>
public abstract class VerbTests : IDisposable
{
    private readonly Folder _folder = new();

    private protected Folder Folder => _folder;

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The exit code, and what was written to standard output and standard error.</summary>
    private protected static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = await SidecarCommandLine.Build((_, _) => Task.FromResult(0), (_, _) => Task.FromResult(0))
            .InvokeAsync(arguments, new CommandLineHost { Output = output, Error = error, Environment = new Dictionary<string, string>() });
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>A backtest's document.</summary>
    private protected static async Task<JsonElement> BacktestAsync(string reference, string stream, params string[] more)
    {
        var (code, output, error) = await RunAsync(["drift", "backtest", "--reference", reference, stream, "--json", .. more]);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    private protected static string Feature(JsonElement episode) => episode.GetProperty("feature").GetString()!;

    private protected static long Detected(JsonElement episode) => episode.GetProperty("detected_row").GetInt64();

    private protected string Csv(string name, string header, IEnumerable<string> rows)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllLines(path, [header, .. rows]);
        return path;
    }
}
