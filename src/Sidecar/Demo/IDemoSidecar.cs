namespace Sidecar.Demo;

/// <summary>
/// What the demo needs of a running sidecar. The demo sends traffic to one address and scrapes the other: all it knows about the sidecar it
/// learns over HTTP, like anybody else. Disposing stops the sidecar and frees its ports.
/// </summary>
public interface IDemoSidecar : IAsyncDisposable
{
    /// <summary>Where clients send inference requests, for example <c>http://127.0.0.1:9180</c>.</summary>
    Uri Traffic { get; }

    /// <summary>Where clients send calls of gRPC; null: nowhere.</summary>
    Uri? GrpcTraffic { get; }

    /// <summary>Where <c>/metrics</c> is answered, for example <c>http://127.0.0.1:9181</c>.</summary>
    Uri Health { get; }
}
