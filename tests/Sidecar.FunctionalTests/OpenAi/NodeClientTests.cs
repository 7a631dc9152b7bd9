using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.OpenAi;

/// <summary>OpenAI's own library for Node.js as the client.</summary>
public sealed class NodeClientTests
{
    [Fact]
    public async Task Sidecar_counts_what_the_library_saw()
    {
        var node = Tool.Require("node");
        using var folder = await InstallAsync();
        await using var server = await GenerativeServer.StartAsync();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata);
        var output = await Tool.RunAsync(node, [Path.Combine(folder.Path, "client.mjs"), $"http://{sidecar.Traffic}"]);
        using var saw = JsonDocument.Parse(output);
        JsonElement Saw(string part) => saw.RootElement.GetProperty(part);

        Assert.Equal((23, "length", "counter-2026"), (Saw("usage").GetProperty("chunks").GetInt32(), Saw("usage").GetProperty("finish_reason").GetString(), Saw("usage").GetProperty("model").GetString()));
        Assert.Equal(9, Saw("plain").GetProperty("chunks").GetInt32());
        Assert.Equal("[[1,-2],[2,0]]", Saw("embeddings").GetProperty("vectors").GetRawText());
        Assert.Equal((404, "model_not_found"), (Saw("error").GetProperty("status").GetInt32(), Saw("error").GetProperty("code").GetString()));

        await sidecar.SettledAsync();
        var series = await Series.BalancedAsync(sidecar);
        (string, string)[] chat = [("model", "counter-2026"), ("gen_ai_operation_name", "chat")];
        var (streamed, whole) = (Saw("usage").GetProperty("usage"), Saw("whole").GetProperty("usage"));
        Assert.Equal(Tokens("prompt_tokens"), series.Sum("gen_ai_client_token_usage_sum", [.. chat, ("gen_ai_token_type", "input")]));
        Assert.Equal(Tokens("completion_tokens"), series.Sum("gen_ai_client_token_usage_sum", [.. chat, ("gen_ai_token_type", "output")]));
        Assert.Equal(Saw("embeddings").GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), series.Sum("gen_ai_client_token_usage_sum", ("gen_ai_operation_name", "embeddings")));
        Assert.Equal(3, series.Sum("gen_ai_server_time_to_first_token_seconds_count", chat));
        Assert.Equal((2, 1, 1), (Ended("length"), Ended("cut"), Ended("stop")));
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("protocol", "openai_http"), ("error_type", "404")));
        // The stream that its client left may have been cut inside an event.
        Assert.InRange(sidecar.Exchanges.Undecodable, 0, 1);
        Assert.Equal(6, sidecar.Exchanges.Decoded + sidecar.Exchanges.Undecodable);

        double Tokens(string kind) => streamed.GetProperty(kind).GetInt32() + whole.GetProperty(kind).GetInt32();

        double Ended(string reason) => series.Sum("sidecar_generations_total", ("finish_reason", reason));
    }

    /// <summary>The driver and the library that its lock file names, in a folder of their own; skips the test where the library can't be had.</summary>
    private static async Task<TemporaryFolder> InstallAsync([CallerFilePath] string here = "")
    {
        var npm = Tool.Require("npm");
        var folder = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Path.GetDirectoryName(here)!, "..", "Node", "openai")))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        using var process = Process.Start(new ProcessStartInfo(npm, ["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        {
            WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        using var patience = new CancellationTokenSource(3 * RelayUnderTest.Patience); // a registry's
        var problem = "it takes too long";
        try
        {
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            if (process.ExitCode == 0)
                return folder;
            problem = await errors;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        folder.Dispose();
        Assert.Skip("npm can't install the openai package here: " + problem);
        return folder;
    }
}
