using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>What is measured of every peer in a round.</summary>
/// <param name="Connections">Connections of the load.</param>
/// <param name="InFlight">The most requests that the load has sent and not counted when it ends.</param>
/// <param name="Rate">Requests a second that are due; null sends them as fast as they are answered.</param>
internal sealed record Turn(BodyKind Body, int Connections, int InFlight, int? Rate, ILoad Load)
{
    // Enough that a stall of one doesn't hold up the others' requests; a gRPC client has one connection and many calls on it.
    private const int HttpRateConnections = 16;
    private const int GrpcRateConnections = 1;

    // So that large bodies at the fixed rate stay far below what the slowest peer can move.
    private const int LargeBodiesAreRarer = 20;

    /// <summary>The turns of one kind of body, full speed first.</summary>
    /// <param name="programs">The load generators.</param>
    public static Turn[] Of(BodyKind body, SideBySideOptions options, LoadPrograms programs, Workspace workspace)
    {
        var bodies = workspace.Write($"{body.Name}.txt", body.IsGrpc ? "" : string.Concat(V2Json.Requests(body.RequestValues).Select(text => text + "\n")));
        ILoad fast = body.IsGrpc
            ? new H2LoadLoad(programs.H2Load, workspace, workspace.Write($"{body.Name}.bin", body.SampleRequest), options.Streams)
            : new WrkLoad(programs.Wrk, workspace, bodies);
        var rate = Math.Max(1, body.IsLarge ? options.Rate / LargeBodiesAreRarer : options.Rate);
        var steady = new ConstantRateLoad(body, bodies, rate);
        return
        [
            .. options.Connections.Select(connections => new Turn(body, connections, connections * (body.IsGrpc ? options.Streams : 1), Rate: null, fast)),
            new(body, body.IsGrpc ? GrpcRateConnections : HttpRateConnections, InFlight: 0, rate, steady),
        ];
    }
}
