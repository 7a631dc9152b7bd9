using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.SideBySide;

/// <summary>The load generators that a run needs; a path is empty where it isn't needed.</summary>
internal sealed record LoadPrograms(string Wrk, string H2Load)
{
    /// <summary>Null, with what is missing, if one that is needed isn't installed.</summary>
    public static LoadPrograms? Find(BodyKind[] bodies, out string missing)
    {
        var wrk = bodies.All(body => body.IsGrpc) ? "" : Machine.Find("wrk");
        var h2load = bodies.Any(body => body.IsGrpc) ? Machine.Find("h2load") : "";
        missing = wrk is null ? "wrk (the load of HTTP/1.1) is needed: apt-get install wrk"
            : h2load is null ? "h2load (the load of gRPC) is needed: apt-get install nghttp2-client"
            : "";
        return wrk is not null && h2load is not null ? new(wrk, h2load) : null;
    }
}
