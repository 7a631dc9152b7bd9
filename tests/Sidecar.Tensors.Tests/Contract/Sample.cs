using System.Text;

namespace Sidecar.Tensors.Tests.Contract;

/// <summary>A message that its decoder takes, or one that is made to hurt.</summary>
public sealed record Sample(byte[] Body)
{
    public Sample(string body)
        : this(Encoding.UTF8.GetBytes(body))
    {
    }

    public bool IsRequest { get; init; } = true;

    public string Path { get; init; } = "/";

    public BodyFormat Format { get; init; } = BodyFormat.Json;

    public long JsonBytes { get; init; } = -1;

    public ModelMetadata? Metadata { get; init; }

    public DecodeError Decode(IProtocolDecoder decoder, ReadOnlyMemory<byte> body, TensorMessage into)
    {
        var head = new MessageHead { Path = PathUtf8, Format = Format, JsonBytes = JsonBytes, Metadata = Metadata };
        return IsRequest ? decoder.DecodeRequest(head, body, into) : decoder.DecodeResponse(head, body, into);
    }

    public DecodeError Decode(IProtocolDecoder decoder, TensorMessage into) => Decode(decoder, Body, into);

    private byte[] PathUtf8 => _path ??= Encoding.UTF8.GetBytes(Path);

    private byte[]? _path;
}
