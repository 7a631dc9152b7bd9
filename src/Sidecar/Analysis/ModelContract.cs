using System.Text;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>What a model promises of its inputs and outputs: the server's own V2 metadata, ready to be held against messages.</summary>
internal sealed class ModelContract
{
    // As many tensors as a message may have; a longer list of a hostile server is cut.
    private const int MaxTensors = 256;

    public ModelContract(ModelMetadata metadata)
    {
        Metadata = metadata;
        Inputs = Prepare(metadata.Inputs);
        Outputs = Prepare(metadata.Outputs);
    }

    public ModelMetadata Metadata { get; }

    /// <summary>Empty when the server states none: then nothing can be checked.</summary>
    public Expected[] Inputs { get; }

    /// <summary>Empty when the server states none.</summary>
    public Expected[] Outputs { get; }

    private static Expected[] Prepare(IReadOnlyList<TensorMetadata> tensors) =>
        [.. tensors.Take(MaxTensors).Select(tensor => new Expected(tensor, Encoding.UTF8.GetBytes(tensor.Name)))];

    /// <summary>A tensor that a message must have.</summary>
    internal sealed record Expected(TensorMetadata Tensor, byte[] Name);
}
