using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Sidecar.Demo;
using Sidecar.Demo.Serving;
using Sidecar.Demo.Traffic;
using Sidecar.Testing;

namespace Sidecar.Tests.Demo;

public sealed class DemoLoadTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_load_counts_its_successes_and_survives_the_death_of_its_target()
    {
        using var model = new OnnxModel("carloan", "1", DemoAssets.PrimaryModel());
        await using var server = await DemoModelServer.StartAsync(model, TimeProvider.System, Cancellation);
        await using var load = DemoLoad.Start(server.Address, server.GrpcAddress, "carloan", DemoRows.Parse(DemoAssets.Rows()), 500, 1, TimeProvider.System);
        await Eventually(() => load.Succeeded > 50);
        Assert.Equal(0, load.Failed);

        await server.StopAsync();
        await Eventually(() => load.Failed > 50);
        await server.RestartAsync(Cancellation);
        var before = load.Succeeded;
        await Eventually(() => load.Succeeded > before + 50);
    }

    [Fact]
    public async Task A_refused_request_is_a_failure()
    {
        using var model = new OnnxModel("carloan", "1", DemoAssets.PrimaryModel());
        await using var server = await DemoModelServer.StartAsync(model, TimeProvider.System, Cancellation);
        await using var load = DemoLoad.Start(server.Address, server.GrpcAddress, "carloan", DemoRows.Parse(DemoAssets.Rows()), 500, 1, TimeProvider.System);
        load.Fault = InputFault.RenamedFeature;
        await Eventually(() => load.Failed > 50);
    }

    [Fact]
    public async Task Connections_that_are_reset_as_soon_as_they_are_accepted_do_not_end_the_load()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var resetting = ResetAllAsync(listener);
        var target = new Uri($"http://{listener.LocalEndpoint}");
        await using (var load = DemoLoad.Start(target, target, "carloan", DemoRows.Parse(DemoAssets.Rows()), 2000, 1, TimeProvider.System))
            await Eventually(() => load.Failed > 2000);
        listener.Stop();
        await resetting;
    }

    private static async Task ResetAllAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var socket = await listener.AcceptSocketAsync(Cancellation);
                socket.Close(0);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
        {
            // The listener was stopped, while it waited or between two connections.
        }
    }

    private static Task Eventually(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") => Waiting.UntilAsync(condition, what);
}
