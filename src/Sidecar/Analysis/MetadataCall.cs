using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Sidecar.Model;
using Sidecar.Tensors;
using Sidecar.Wire;

namespace Sidecar.Analysis;

/// <summary>A wish for a model's metadata.</summary>
/// <param name="Upstream">The model server.</param>
/// <param name="Protocol">What the exchange spoke that named the model: it is asked in the same way.</param>
/// <param name="Service">gRPC: where that exchange's method is, <c>/package.Service</c>; empty otherwise.</param>
/// <param name="Version">Null: whatever the server serves by default.</param>
internal sealed record MetadataWish(
    UpstreamTarget Upstream, InferenceProtocol Protocol, string Service, string Model, string? Version, Action<ModelMetadata> Found);

/// <summary>What a server said.</summary>
/// <param name="Metadata">Null where it has none.</param>
/// <param name="IsFinal">Asking again would not change it.</param>
/// <param name="Said">A status, or why it can't be read; for people.</param>
internal readonly record struct MetadataAnswer(ModelMetadata? Metadata, bool IsFinal, string Said)
{
    /// <summary>The server understood and has something, which can't be used.</summary>
    public bool IsUnreadable { get; init; }
}

/// <summary>How a model's metadata is asked for: <c>GET /v2/models/…</c>, or a gRPC call, framed by hand since one message each way needs no library.</summary>
internal static class MetadataCall
{
    /// <summary>Whether the protocol has such a question: TorchServe's gRPC has none.</summary>
    public static bool Exists(InferenceProtocol protocol) => protocol != InferenceProtocol.TorchServeGrpc;

    public static HttpRequestMessage Request(MetadataWish wish)
    {
        if (!wish.Protocol.IsGrpc())
        {
            var version = wish.Version is null ? "" : $"/versions/{Uri.EscapeDataString(wish.Version)}";
            return new HttpRequestMessage(HttpMethod.Get, AddressOf(wish.Upstream.Address, $"/v2/models/{Uri.EscapeDataString(wish.Model)}{version}"));
        }

        var (method, message) = wish.Protocol == InferenceProtocol.TensorFlowServingGrpc
            ? ("GetModelMetadata", TensorFlowServingGrpc.EncodeMetadataRequest(wish.Model, wish.Version))
            : ("ModelMetadata", OpenInferenceGrpc.EncodeMetadataRequest(wish.Model, wish.Version));
        var framed = new byte[GrpcMessageReader.PrefixBytes + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(framed.AsSpan(1), (uint)message.Length);
        message.CopyTo(framed, GrpcMessageReader.PrefixBytes);
        var request = new HttpRequestMessage(HttpMethod.Post, AddressOf(wish.Upstream.Address, $"{wish.Service}/{method}"))
        {
            // In clear text too it begins with HTTP/2: a gRPC server speaks nothing else.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(framed),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        return request;
    }

    /// <summary>Reads an answer whose body has arrived.</summary>
    public static MetadataAnswer Read(MetadataWish wish, HttpResponseMessage answer, ReadOnlySpan<byte> body)
    {
        var status = (int)answer.StatusCode;
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented or HttpStatusCode.BadRequest)
            return new MetadataAnswer(null, IsFinal: true, status.ToString(CultureInfo.InvariantCulture));
        if (!answer.IsSuccessStatusCode)
            return new MetadataAnswer(null, IsFinal: false, status.ToString(CultureInfo.InvariantCulture));
        if (!wish.Protocol.IsGrpc())
            return Decoded(OpenInferenceJson.DecodeMetadata(body, out var described), described);

        // In the trailers, or in an answer that is only a head.
        var said = Status(answer.TrailingHeaders) ?? Status(answer.Headers);
        if (said is not "0")
        {
            // INVALID_ARGUMENT, NOT_FOUND, UNIMPLEMENTED: a clear no. Anything else may pass.
            return new MetadataAnswer(null, IsFinal: said is "3" or "5" or "12", $"grpc-status {said ?? "none"}");
        }

        if (!GrpcMessageReader.TryTake(ref body, out var isCompressed, out var message) || isCompressed)
            return Decoded(DecodeError.Malformed, null); // no coding was offered
        return wish.Protocol == InferenceProtocol.TensorFlowServingGrpc
            ? Decoded(TensorFlowServingGrpc.DecodeMetadata(message, out var metadata), metadata)
            : Decoded(OpenInferenceGrpc.DecodeMetadata(message, out metadata), metadata);
    }

    private static MetadataAnswer Decoded(DecodeError error, ModelMetadata? metadata) =>
        new(metadata, IsFinal: true, error.Label()) { IsUnreadable = metadata is null };

    private static string? Status(HttpResponseHeaders headers) => headers.TryGetValues("grpc-status", out var values) ? values.First() : null;

    // HTTP needs a host; those of sockets differ so that their connections are kept apart. TLS, where there is any, is begun below HTTP.
    private static Uri AddressOf(EndPoint upstream, string path) => upstream is UnixDomainSocketEndPoint
        ? new Uri($"http://unix-{StableHash.Of(Encoding.UTF8.GetBytes(upstream.ToString()!)):x16}{path}")
        : new Uri($"http://{upstream}{path}");
}
