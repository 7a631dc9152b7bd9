using System.Text;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Offline;

/// <summary>The inference in a recorded exchange: protocol, model, and the messages each way.</summary>
internal sealed class ExchangeDecoding
{
    // A file may hold a bomb; what people record is far below.
    private const int MaxPlainBytes = 256 << 20;

    private static readonly DecodeLimits Limits = new() { MaxBytes = MaxPlainBytes };

    private ExchangeDecoding(InferenceProtocol protocol) => Protocol = protocol;

    public InferenceProtocol Protocol { get; }

    public List<DecodedInference> Requests { get; } = [];

    public List<DecodedInference> Responses { get; } = [];

    /// <summary>What a generative model answered, over all messages.</summary>
    public Generation Generation { get; } = new();

    /// <summary>A streamed generation as one answer; null where there is none, or it broke off.</summary>
    public DecodedInference? Summary { get; private set; }

    /// <summary>Why the body holds no (further) message; null where it is as it should be.</summary>
    public string? RequestProblem { get; private set; }

    public string? ResponseProblem { get; private set; }

    /// <summary>The model as the request says it, its path included; where it says nothing, as the answer does. Null: nobody says.</summary>
    public string? Model { get; private set; }

    public string? Version { get; private set; }

    /// <summary>The response's body came to its end.</summary>
    public bool IsWhole { get; private init; }

    /// <summary>Several messages may go either way.</summary>
    public bool IsStream { get; private set; }

    /// <summary>Null: it is no inference of a protocol that is decoded.</summary>
    public static ExchangeDecoding? Of(DecodedExchange exchange, ModelMetadata? metadata)
    {
        var target = Encoding.UTF8.GetBytes(exchange.Path);
        var query = target.AsSpan().IndexOf((byte)'?');
        var path = query < 0 ? target : target[..query];
        var route = InferencePath.Parse(path);
        if (exchange.Method != "POST" || route.Protocol.IsGrpc() != exchange.IsGrpc || ProtocolDecoders.Of(route.Protocol) is not { } decoder)
            return null;
        var decoding = new ExchangeDecoding(route.Protocol)
        {
            IsWhole = exchange.Response.Ended,
            IsStream = path.AsSpan().EndsWith("/ModelStreamInfer"u8) || exchange.Response.Format == BodyFormat.EventStream,
        };
        var message = new TensorMessage(Limits);
        using var reader = new MessageReader(MaxPlainBytes);
        Open(reader, exchange, exchange.Request, BodyFormat.Unknown);
        while (reader.Next(out var body))
        {
            var head = new MessageHead { Path = path, Format = exchange.Request.Format, JsonBytes = exchange.Request.JsonBytes, Metadata = metadata };
            var problem = decoder.DecodeRequest(head, body, message);
            decoding.Requests.Add(DecodedInference.Of(message, problem));
        }

        decoding.RequestProblem = Problem(reader);
        Open(reader, exchange, exchange.Response, exchange.Response.Format);
        while (reader.Next(out var body))
        {
            var head = new MessageHead { Path = path, Format = exchange.Response.Format, JsonBytes = exchange.Response.JsonBytes, Metadata = metadata };
            var problem = decoder.DecodeResponse(head, body, message);
            if (problem == DecodeError.None)
                decoding.Generation.Add(message, reader.Position);
            decoding.Responses.Add(DecodedInference.Of(message, problem));
        }

        decoding.ResponseProblem = Problem(reader);
        if (decoding.Generation.TrySummarise(message))
            decoding.Summary = DecodedInference.Of(message, DecodeError.None);
        decoding.Identify(route);
        return decoding;
    }

    private static void Open(MessageReader reader, DecodedExchange exchange, DecodedMessage message, BodyFormat format) => reader.Open(
        message.BodyMemory,
        ContentCodings.Parse(Encoding.ASCII.GetBytes(message.ContentEncoding)),
        exchange.IsGrpc ? MessageFraming.Grpc : format == BodyFormat.EventStream ? MessageFraming.EventStream : MessageFraming.Whole,
        ContentCodings.Parse(Encoding.ASCII.GetBytes(message.GrpcEncoding)));

    private static string? Problem(MessageReader reader) => reader.Problem switch
    {
        DecodingResult.Decoded => null,
        DecodingResult.TooLarge => "too_large",
        DecodingResult.Unsupported => "unsupported_encoding",
        _ => reader.EndsEarly ? "truncated" : "malformed",
    };

    private void Identify(InferencePath route)
    {
        var request = Requests.FirstOrDefault();
        var response = Responses.FirstOrDefault(answer => answer.Model is not null);
        Model = NotEmpty(request?.Model) ?? Unescape(route.Model) ?? NotEmpty(response?.Model);
        Version = NotEmpty(request?.Version) ?? Unescape(route.Version) ?? NotEmpty(response?.Version);
    }

    private static string? Unescape(ReadOnlySpan<byte> name) => name.IsEmpty ? null : Uri.UnescapeDataString(DecodedExchange.Text(name));

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
