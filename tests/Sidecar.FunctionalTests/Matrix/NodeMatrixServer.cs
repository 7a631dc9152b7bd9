using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>A server on Node.js, from the folder <c>Node</c>.</summary>
internal sealed class NodeMatrixServer : MatrixServer
{
    private readonly Process _process;

    private NodeMatrixServer(Process process, int port) => (_process, EndPoint) = (process, new IPEndPoint(IPAddress.Loopback, port));

    public override IPEndPoint EndPoint { get; }

    /// <summary>Skips the test where Node.js or its packages are not installed.</summary>
    public static async Task<NodeMatrixServer> StartAsync(string script, string kind)
    {
        var process = Tool.Start("node", [NodeFolder.Require(script), kind]);
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        var port = await process.StandardOutput.ReadLineAsync(patience.Token);
        return port is not null
            ? new NodeMatrixServer(process, int.Parse(port, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"{script} does not start: {await process.StandardError.ReadToEndAsync(patience.Token)}");
    }

    public override async Task<SeenExchanges> TakeAsync(long count)
    {
        // It tells an exchange when the stream is closed, which may be a little after the client has it all.
        var taken = new List<(SeenExchange Exchange, long Count)>();
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        while (true)
        {
            await _process.StandardInput.WriteLineAsync("take".AsMemory(), patience.Token);
            await _process.StandardInput.FlushAsync(patience.Token);
            var line = await _process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new InvalidOperationException("the server on Node.js is gone");
            using var seen = JsonDocument.Parse(line);
            taken.AddRange(seen.RootElement.EnumerateArray().Select(one => (SeenExchange.Of(one.GetProperty("exchange")), one.GetProperty("count").GetInt64())));
            if (taken.Sum(one => one.Count) >= count)
                return new SeenExchanges(taken);
            await Task.Delay(5, patience.Token);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

/// <summary>The programs on Node.js beside these tests.</summary>
internal static class NodeFolder
{
    /// <summary>The path of a program, or a skipped test that says what is missing.</summary>
    public static string Require(string script)
    {
        Tool.Require("node");
        Assert.SkipUnless(IsRecent, "node is older than 20.18.1, which undici needs");
        var folder = Find();
        Assert.SkipUnless(folder is not null && Directory.Exists(Path.Combine(folder, "node_modules")),
            "the packages of tests/Sidecar.FunctionalTests/Node are not here (npm ci there)");
        return Path.Combine(folder!, script);
    }

    private static bool IsRecent { get; } = Tool.IsInstalled("node") && Version.Parse(Said("--version").TrimStart('v')) >= new Version(20, 18, 1);

    private static string? Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Sidecar.sln")))
                return Path.Combine(folder.FullName, "tests", "Sidecar.FunctionalTests", "Node");
        }

        return null;
    }

    private static string Said(string option)
    {
        using var process = Tool.Start("node", [option]);
        return process.StandardOutput.ReadToEnd().Trim();
    }
}
