using System.Net;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>A client that makes the requests of a script, and says what it saw.</summary>
/// <param name="Http2">It speaks HTTP/2 with prior knowledge, else HTTP/1.1.</param>
internal abstract record MatrixClient(bool Http2)
{
    /// <summary>By name, for the names of tests.</summary>
    public static IReadOnlyDictionary<string, MatrixClient> All { get; } = new Dictionary<string, MatrixClient>
    {
        ["HttpClient, HTTP/1.1"] = new HttpClientMatrixClient(Http2: false),
        ["HttpClient, HTTP/2"] = new HttpClientMatrixClient(Http2: true),
        ["curl, HTTP/1.1"] = new CurlMatrixClient("--http1.1", Http2: false),
        ["curl, HTTP/2"] = new CurlMatrixClient("--http2-prior-knowledge", Http2: true),
        ["curl, upgrade"] = new CurlMatrixClient("--http2", Http2: false),
        ["undici, HTTP/1.1"] = new UndiciMatrixClient(Http2: false),
        ["undici, HTTP/2"] = new UndiciMatrixClient(Http2: true),
    };

    /// <summary>It has many requests under way on one connection.</summary>
    public virtual bool Multiplexes => Http2;

    public abstract Task<SeenExchanges> RunAsync(IPEndPoint server, MatrixScript script);
}

/// <summary>Requests that are made one after another, and then some that are made at the same time where one connection can carry them.</summary>
internal sealed record MatrixScript(IReadOnlyList<HttpCase> InTurn, IReadOnlyList<HttpCase> AtOnce)
{
    public int Count => InTurn.Count + AtOnce.Count;
}
