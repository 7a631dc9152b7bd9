namespace Sidecar.Tensors;

/// <summary>
/// Turns the messages of one inference protocol into named tensors. Stateless: what a message costs is in the <see cref="TensorMessage"/>. Any bytes give a
/// result and none an exception; the steady state allocates nothing. Every implementation passes the same contract tests.
/// </summary>
public interface IProtocolDecoder
{
    /// <summary>Decodes one request message, content encoding and framing undone.</summary>
    /// <param name="body">Tensors may be left where they are in it, so it must stay unchanged for as long as <paramref name="into"/> is looked at.</param>
    /// <param name="into">Cleared first.</param>
    DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into);

    /// <summary>Decodes one message of the answer; an error that the server answers with is <see cref="DecodeError.None"/> with <see cref="TensorMessage.Error"/> set.</summary>
    /// <param name="body">As in <see cref="DecodeRequest"/>.</param>
    /// <param name="into">Cleared first.</param>
    DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into);
}
