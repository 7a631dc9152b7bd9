using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Admin;
using Sidecar.Emit.Otlp;
using Sidecar.Telemetry;

namespace Sidecar.Tests.Admin;

public class AdminHostTests
{
    [Fact]
    public async Task Server_ignores_hosting_variables_and_leaves_signals_to_the_program()
    {
        using var child = ChildProcess.Start(nameof(AdminHostTests), "",
            ("ASPNETCORE_URLS", "http://127.0.0.1:1"), ("ASPNETCORE_HTTP_PORTS", "2"), ("Kestrel__Endpoints__X__Url", "http://127.0.0.1:3"));
        var url = await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient();
        Assert.Equal("alive\n", await client.GetStringAsync($"{url}/healthz", TestContext.Current.CancellationToken));

        Assert.Equal(0, Kill(child.Id, 15));
        Assert.Equal("SIGTERM seen, still serving: alive", await child.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        child.StandardInput.Close();
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(3, child.ExitCode);
    }

    internal static async Task<int> ServeAsync()
    {
        using var meter = new SidecarMeter("1.0");
        using var pipeline = MetricsPipeline.Start(meter.Meter, new Dictionary<string, object>(), otlp: null);
        await using var server = await AdminServer.StartAsync(new AdminServerOptions
        {
            Listen = new IPEndPoint(IPAddress.Loopback, 0),
            Metrics = pipeline.Provider,
            Alive = () => new(true, "alive"),
            Ready = () => new(true, "ready"),
        }, NullLoggerFactory.Instance);
        var terminated = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            terminated.TrySetResult();
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"http://{server.Endpoint}"));
        await terminated.Task;
        using var client = new HttpClient();
        var answer = await client.GetStringAsync($"http://{server.Endpoint}/healthz");
        Console.WriteLine($"SIGTERM seen, still serving: {answer.TrimEnd()}");
        await Console.In.ReadToEndAsync();
        return 3;
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
