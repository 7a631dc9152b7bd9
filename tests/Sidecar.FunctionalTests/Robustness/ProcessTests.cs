using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>The program itself, in a process of its own.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task A_bad_configuration_ends_the_start_with_all_errors_at_once()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "upsteam: http://127.0.0.1:8080\nlisten: nowhere\ncapture: { budget: -1 }\n", TestContext.Current.CancellationToken);
            var (code, _, errors) = await RunAsync("run", "--config", file);

            Assert.Equal(64, code);
            Assert.Contains("upsteam", errors, StringComparison.Ordinal);
            Assert.Contains("listen", errors, StringComparison.Ordinal);
            Assert.Contains("capture.budget", errors, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("SIDECAR__LISTEN", "SIDECAR__HEALTH__LISTEN")]
    [InlineData("SIDECAR__HEALTH__LISTEN", "SIDECAR__LISTEN")]
    public async Task A_port_that_is_taken_ends_the_start_and_is_named(string taken, string free)
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();

        var (code, _, errors) = await RunAsync([(taken, holder.LocalEndpoint.ToString()!), (free, "127.0.0.1:0")], "run");

        Assert.Equal(69, code);
        Assert.Contains(holder.LocalEndpoint.ToString()!, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_profile_that_is_none_ends_the_start_as_a_bad_file()
    {
        using var folder = new TemporaryFolder();
        var (code, _, errors) = await RunAsync([("SIDECAR__DRIFT__REFERENCE", folder.File("p.json", "{}"u8)), ("SIDECAR__LISTEN", "127.0.0.1:0"), ("SIDECAR__HEALTH__LISTEN", "127.0.0.1:0")], "run");
        Assert.Equal(65, code);
        Assert.Contains("drift.reference: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sigterm_ends_the_program_in_order()
    {
        using var process = Start([("SIDECAR__LISTEN", "127.0.0.1:0"), ("SIDECAR__HEALTH__LISTEN", "127.0.0.1:0"), ("SIDECAR__SHUTDOWN__KEEPACCEPTING", "0s")], "run");
        try
        {
            using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
            var output = new List<string>();
            while (!output.Any(line => line.Contains("relaying", StringComparison.Ordinal)))
                output.Add(await process.StandardError.ReadLineAsync(patience.Token) ?? throw new EndOfStreamException(string.Join('\n', output)));
            using (var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]))
                await kill.WaitForExitAsync(patience.Token);
            var rest = await process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);

            Assert.Contains("stopped", rest, StringComparison.Ordinal);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    [Theory]
    [InlineData(256)]
    [InlineData(257)] // a connection takes two: the last one free is met by either of them
    public async Task Without_sockets_left_it_waits_and_goes_on_when_there_are_some(int files)
    {
        using var upstream = new RawServer();
        // The runtime itself has less than 190 open.
        using var process = StartLimited(
            [("SIDECAR__LISTEN", "127.0.0.1:0"), ("SIDECAR__HEALTH__LISTEN", "127.0.0.1:0"), ("SIDECAR__UPSTREAM", $"http://127.0.0.1:{upstream.Port}")],
            $"ulimit -n {files}; ", "run");
        try
        {
            using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
            var line = "";
            while (!line.Contains("relaying", StringComparison.Ordinal))
                line = await process.StandardError.ReadLineAsync(patience.Token) ?? throw new EndOfStreamException();
            var address = IPEndPoint.Parse(line.Split("relaying ")[1].Split(' ')[0]);
            var clients = new List<RawConnection>();
            for (var i = 0; i < 300; i++)
                clients.Add(await RawConnection.ConnectAsync(address));
            clients.ForEach(client => client.Dispose());

            // Those that the backlog held are served first, and each ends with its client.
            using var last = await RawConnection.ConnectAsync(address);
            await last.SendAsync("GET / HTTP/1.1\r\nX-Last: yes\r\n\r\n");
            while (true)
            {
                using var server = await upstream.AcceptAsync();
                if ((await server.ReceiveSomeAsync()).Length == 0)
                    continue;
                await server.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
                break;
            }

            Assert.StartsWith("HTTP/1.1 204", System.Text.Encoding.ASCII.GetString(await last.ReceiveAsync(12)), StringComparison.Ordinal);
            Assert.False(process.HasExited);
        }
        finally
        {
            process.Kill();
        }
    }

    private static Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments) => RunAsync([], arguments);

    private static async Task<(int Code, string Output, string Errors)> RunAsync((string Name, string Value)[] environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static Process Start((string Name, string Value)[] environment, params string[] arguments) => StartLimited(environment, "", arguments);

    /// <param name="limit">What the shell does first, such as <c>ulimit -n 256;</c>.</param>
    private static Process StartLimited((string Name, string Value)[] environment, string limit, params string[] arguments)
    {
        var start = new ProcessStartInfo("sh", ["-c", limit + "exec dotnet exec \"$0\" \"$@\"", Path.Combine(AppContext.BaseDirectory, "sidecar.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
