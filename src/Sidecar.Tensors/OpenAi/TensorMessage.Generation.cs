namespace Sidecar.Tensors;

/// <content>What the message says of a generation.</content>
public sealed partial class TensorMessage
{
    private GenerationPart _generation = GenerationPart.Blank;

    public ref readonly GenerationPart Generation => ref _generation;

    /// <summary>The kind of error that the server names beside its text (OpenAI's <c>error.type</c>); empty where it names none.</summary>
    public ReadOnlySpan<byte> ErrorType => Text(_generation.ErrorType);

    /// <summary>As <see cref="ErrorType"/>, of <c>error.code</c>.</summary>
    public ReadOnlySpan<byte> ErrorCode => Text(_generation.ErrorCode);

    internal ref GenerationPart Part => ref _generation;
}
