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

    /// <summary>The model as the request says it, its path included; where it says nothing, as the answer or the configuration does. Null: nobody says.</summary>
    public string? Model { get; private set; }

    public string? Version { get; private set; }

    /// <summary>The response's body came to its end.</summary>
    public bool IsWhole { get; private init; }

    /// <summary>The answer may be several messages.</summary>
    public bool IsStream { get; private init; }

    /// <summary>The request may be several messages.</summary>
    public bool IsRequestStream { get; private init; }

    /// <summary>Null: it is no inference of a protocol that is decoded.</summary>
    public static ExchangeDecoding? Of(DecodedExchange exchange, RecordedConfiguration configuration, ModelMetadata? metadata)
    {
        var target = Encoding.UTF8.GetBytes(exchange.Path);
        var query = target.AsSpan().IndexOf((byte)'?');
        var path = query < 0 ? target : target[..query];
        var named = InferencePath.Parse(path);
        var route = configuration.Routes.Find(Encoding.UTF8.GetBytes(exchange.Method), path);
        if (route < 0 && exchange.Method != "POST")
            return null;
        var protocol = route < 0 ? named.Protocol : configuration.Routes.ProtocolOf(route);
        if (protocol.IsGrpc() != exchange.IsGrpc || (route < 0 ? ProtocolDecoders.Of(protocol) : configuration.Routes.DecoderOf(route)) is not { } decoder)
            return null;
        var method = exchange.Path[(exchange.Path.LastIndexOf('/') + 1)..];
        var decoding = new ExchangeDecoding(protocol)
        {
            IsWhole = exchange.Response.Ended,
            IsRequestStream = method is "ModelStreamInfer" or "PredictStreamed" or "StreamPredictions2",
            IsStream = method is "ModelStreamInfer" or "PredictStreamed" or "StreamPredictions2" or "StreamPredictions" || exchange.Response.Format == BodyFormat.EventStream,
        };
        var message = new TensorMessage(Limits);
        using var reader = new MessageReader(MaxPlainBytes);
        Open(reader, exchange, exchange.Request, BodyFormat.Unknown);
        var head = Head(path, exchange.Request, metadata);
        while (reader.Next(out var body))
            decoding.Requests.Add(DecodedInference.Of(message, decoder.DecodeRequest(head, body, message)));
        decoding.RequestProblem = Problem(reader);
        var cutRequest = reader.Cut.IsEmpty ? null : DecodedInference.Of(message, decoder.DecodeRequest(head, reader.Cut, message));
        Open(reader, exchange, exchange.Response, exchange.Response.Format);
        head = Head(path, exchange.Response, metadata);
        while (reader.Next(out var body))
        {
            var problem = decoder.DecodeResponse(head, body, message);
            if (problem == DecodeError.None)
                decoding.Generation.Add(message, reader.Position);
            decoding.Responses.Add(DecodedInference.Of(message, problem));
        }

        decoding.ResponseProblem = Problem(reader);
        var cutResponse = reader.Cut.IsEmpty ? null : DecodedInference.Of(message, decoder.DecodeResponse(head, reader.Cut, message));
        if (decoding.Generation.TrySummarise(message))
            decoding.Summary = DecodedInference.Of(message, DecodeError.None);
        decoding.Identify(
            NotEmpty(Unescape(named.Model)), NotEmpty(Unescape(named.Version)), decoding.Requests.FirstOrDefault() ?? cutRequest,
            decoding.Responses.FirstOrDefault(answer => answer.Model is not null) ?? cutResponse, configuration.ModelOf(route), configuration.VersionOf(route));
        return decoding;
    }

    private static MessageHead Head(ReadOnlySpan<byte> path, DecodedMessage message, ModelMetadata? metadata) =>
        new() { Path = path, Format = message.Format, JsonBytes = message.JsonBytes, Metadata = metadata };

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

    /// <param name="request">The first message, or what there is of it where the body ends in the middle of it: its beginning may say for which model it is.</param>
    /// <param name="response">The first that names a model, or likewise.</param>
    private void Identify(string? pathModel, string? pathVersion, DecodedInference? request, DecodedInference? response, string? configuredModel, string? configuredVersion)
    {
        Model = NotEmpty(request?.Model) ?? pathModel ?? NotEmpty(response?.Model) ?? configuredModel;
        Version = NotEmpty(request?.Version) ?? pathVersion ?? NotEmpty(response?.Version) ?? configuredVersion;
    }

    private static string? Unescape(ReadOnlySpan<byte> name) => name.IsEmpty ? null : Uri.UnescapeDataString(DecodedExchange.Text(name));

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
