using System.Text;
using Sidecar.Tensors;

namespace Sidecar.Configuration;

/// <summary>The configured routes, compiled: found by spans, without a lock or an allocation.</summary>
public sealed class ConfiguredRoutes
{
    private readonly Route[] _routes;

    public ConfiguredRoutes(IReadOnlyList<InferenceRouteOptions> routes)
    {
        _routes = [.. routes.Select(options => new Route(options))];
        Decoders = [.. _routes.Select(route => route.Mapping)];
        Options = routes;
    }

    public static ConfiguredRoutes None { get; } = new([]);

    public IReadOnlyList<InferenceRouteOptions> Options { get; }

    /// <summary>The decoder of each route that has one of its own; null: it is that of the protocol.</summary>
    public IReadOnlyList<IProtocolDecoder?> Decoders { get; }

    /// <summary>The first route that a request matches; -1: none does.</summary>
    /// <param name="path">The request target without its query.</param>
    public int Find(ReadOnlySpan<byte> method, ReadOnlySpan<byte> path)
    {
        for (var i = 0; i < _routes.Length; i++)
        {
            var route = _routes[i];
            if (path.StartsWith(route.Path) && (route.IsPrefix || path.Length == route.Path.Length) && method.SequenceEqual(route.Method))
                return i;
        }

        return -1;
    }

    /// <summary>The protocol of a route; <see cref="InferenceProtocol.None"/>: its requests are no inferences.</summary>
    public InferenceProtocol ProtocolOf(int route) => _routes[route].Protocol;

    /// <summary>What decodes a route's messages; null: nothing.</summary>
    public IProtocolDecoder? DecoderOf(int route) => _routes[route].Mapping ?? ProtocolDecoders.Of(_routes[route].Protocol);

    private sealed class Route(InferenceRouteOptions options)
    {
        public byte[] Method { get; } = Encoding.ASCII.GetBytes(options.Match.Method);

        public byte[] Path { get; } = Encoding.ASCII.GetBytes(options.Match.Path);

        public bool IsPrefix { get; } = options.Match.IsPrefix;

        public InferenceProtocol Protocol { get; } = options.Protocol;

        public JsonMapping? Mapping { get; } = options.Protocol == InferenceProtocol.Json ? new JsonMapping(Features(options.Inputs), Features(options.Outputs)) : null;

        private static JsonFeature[] Features(IReadOnlyDictionary<string, JsonPath> paths) => [.. paths.Select(pair => new JsonFeature(pair.Key, pair.Value))];
    }
}
