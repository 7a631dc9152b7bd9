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

    /// <summary>Bytes that went through the sidecar so far, both ways.</summary>
    public long Bytes => _sidecar.Application.Relay[0].BytesFromClient + _sidecar.Application.Relay[0].BytesFromUpstream;

    /// <summary>Exchanges that the application's book has so far.</summary>
    public long Exchanges => _sidecar.Exchanges.Observed;

    /// <summary>Runs the client without the sidecar.</summary>
    public async Task<MatrixRun> RunDirectlyAsync(Func<IPEndPoint, Task<SeenExchanges>> client)
    {
        var atClient = await client(_direct.EndPoint);
        var connections = await _direct.TakeAsync();
        return new MatrixRun(atClient, await _server.TakeAsync(atClient.Count), connections);
    }

    /// <summary>Runs the client through the sidecar; no byte is altered, and the observer tells what client and server saw.</summary>
    public async Task<MatrixRun> RunThroughSidecarAsync(Func<IPEndPoint, Task<SeenExchanges>> client)
    {
        var (atClient, observed, connections) = await ObserveAsync(client);
        var run = new MatrixRun(atClient, await _server.TakeAsync(atClient.Count), connections);
        Agree("the server", run.AtServer, observed);
        Agree("the client", run.AtClient, observed);
        return run;
    }

    /// <summary>Runs the client through the sidecar; no byte is altered, and the application's book and counters have all of it.</summary>
    public async Task<(SeenExchanges AtClient, SeenExchanges Observed, IReadOnlyList<PassedConnection> Connections)> ObserveAsync(Func<IPEndPoint, Task<SeenExchanges>> client)
    {
        var (book, bytes) = (_sidecar.Exchanges, Bytes);
        var atClient = await client(_near.EndPoint);
        var connections = await _near.TakeAsync();
        SameBytes(connections, await _far.TakeAsync());
        Assert.Equal(connections.Sum(connection => connection.FromClient.Length + connection.FromServer.Length), Bytes - bytes);

        var observed = await _observed.TakeAsync(atClient.Count);
        var now = await _sidecar.SettledAsync();
        Assert.Equal((atClient.Count, 0, 0), (now.Observed - book.Observed, now.Opaque - book.Opaque, now.Dropped - book.Dropped));
        return (atClient, observed, connections);
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
