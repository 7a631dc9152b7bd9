using System.Net;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>
/// Where a client and a server talk, once without the sidecar and once through it:
/// <code>
/// client ⇄ recorder ⇄ server
/// client ⇄ recorder ⇄ sidecar, with a second observer beside its own ⇄ recorder ⇄ server
/// </code>
/// </summary>
internal sealed class MatrixBench : IAsyncDisposable
{
    private readonly MatrixServer _server;
    private readonly Tally _observed;
    private readonly RelayUnderTest _sidecar;
    private readonly PassThrough _direct;
    private readonly PassThrough _near;
    private readonly PassThrough _far;

    private MatrixBench(MatrixServer server, Tally observed, RelayUnderTest sidecar, PassThrough direct, PassThrough near, PassThrough far) =>
        (_server, _observed, _sidecar, _direct, _near, _far) = (server, observed, sidecar, direct, near, far);

    /// <summary>Takes the server over.</summary>
    /// <param name="keepBytes">Recorders keep all bytes, and not their hashes only.</param>
    public static async Task<MatrixBench> StartAsync(MatrixServer server, bool keepBytes = true)
    {
        var observed = new Tally();
        var far = new PassThrough(server.EndPoint, keepBytes);
        var sidecar = await RelayUnderTest.StartAsync(
            far.EndPoint.Port, RelayUnderTest.WithoutMetadata, new SidecarHooks { Variable = _ => null, Taps = inner => new TruthTaps(inner, observed) });
        return new MatrixBench(server, observed, sidecar, new PassThrough(server.EndPoint, keepBytes), new PassThrough(sidecar.Traffic, keepBytes), far);
    }

    /// <summary>Runs the client without the sidecar.</summary>
    public async Task<MatrixRun> RunDirectlyAsync(Func<IPEndPoint, Task<SeenExchanges>> client, Func<SeenExchanges, long>? expected = null)
    {
        var atClient = await client(_direct.EndPoint);
        var connections = await _direct.TakeAsync();
        return new MatrixRun(atClient, await _server.TakeAsync((expected ?? All)(atClient)), connections);
    }

    /// <summary>
    /// Runs the client through the sidecar, and checks what can be checked by this run alone: no byte was altered, and the observer, the
    /// application's book and its counters tell what client and server saw.
    /// </summary>
    public async Task<MatrixRun> RunThroughSidecarAsync(Func<IPEndPoint, Task<SeenExchanges>> client, Func<SeenExchanges, long>? expected = null)
    {
        var before = _sidecar.Exchanges;
        var (fromClients, fromServers) = (_sidecar.Application.Relay[0].BytesFromClient, _sidecar.Application.Relay[0].BytesFromUpstream);
        var atClient = await client(_near.EndPoint);
        var connections = await _near.TakeAsync();
        SameBytes(connections, await _far.TakeAsync());
        var count = (expected ?? All)(atClient);
        var run = new MatrixRun(atClient, await _server.TakeAsync(count), connections);

        var observed = await _observed.TakeAsync(run.AtServer.Count);
        Agree("the server", run.AtServer, observed);
        Agree("the client", run.AtClient, observed);

        var book = await _sidecar.SettledAsync();
        Assert.Equal((run.AtServer.Count, 0, 0), (book.Observed - before.Observed, book.Opaque - before.Opaque, book.Dropped - before.Dropped));
        Assert.Equal(
            (connections.Sum(connection => connection.FromClient.Length), connections.Sum(connection => connection.FromServer.Length)),
            (_sidecar.Application.Relay[0].BytesFromClient - fromClients, _sidecar.Application.Relay[0].BytesFromUpstream - fromServers));
        return run;
    }

    public async ValueTask DisposeAsync()
    {
        await _direct.DisposeAsync();
        await _near.DisposeAsync();
        await _sidecar.DisposeAsync();
        await _far.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>Every connection before the sidecar is one behind it, with the same bytes both ways.</summary>
    public static void SameBytes(IReadOnlyList<PassedConnection> near, IReadOnlyList<PassedConnection> far)
    {
        Assert.NotEmpty(near);
        Assert.Equal(near.Select(connection => connection.ToString()).Order(StringComparer.Ordinal), far.Select(connection => connection.ToString()).Order(StringComparer.Ordinal));
    }

    private static long All(SeenExchanges atClient) => atClient.Count;

    private static void Agree(string party, SeenExchanges told, SeenExchanges observed) => SeenExchanges.Same(party, told.KnownTo(observed), "the observer", observed.KnownTo(told));
}

/// <summary>What the two ends saw of one run, and its connections.</summary>
internal sealed record MatrixRun(SeenExchanges AtClient, SeenExchanges AtServer, IReadOnlyList<PassedConnection> Connections)
{
    /// <summary>Neither end can tell one run from the other.</summary>
    public static void SameTranscripts(MatrixRun direct, MatrixRun relayed)
    {
        SeenExchanges.Same("the client of the server itself", direct.AtClient.WithoutTimes(), "the sidecar's client", relayed.AtClient.WithoutTimes());
        SeenExchanges.Same("the server without the sidecar", direct.AtServer.WithoutTimes(), "the sidecar's server", relayed.AtServer.WithoutTimes());
    }
}
