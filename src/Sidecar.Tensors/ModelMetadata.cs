namespace Sidecar.Tensors;

/// <summary>What a model server says of a model. Seeds a contract; read once per model and version, so it may allocate.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Versions">The versions that the server has loaded; may be empty.</param>
/// <param name="Platform">The framework, for example <c>onnxruntime_onnx</c>; may be empty.</param>
/// <param name="Inputs">The declared inputs; empty where the server does not know them.</param>
/// <param name="Outputs">The declared outputs; empty where the server does not know them.</param>
public sealed record ModelMetadata(
    string Name,
    IReadOnlyList<string> Versions,
    string Platform,
    IReadOnlyList<TensorMetadata> Inputs,
    IReadOnlyList<TensorMetadata> Outputs);

/// <summary>One declared input or output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DataType"><see cref="DataType.Unknown"/> where the server names a type that is not in the protocol.</param>
/// <param name="Shape">Dimensions, slowest first; -1 is a dimension of any length.</param>
public sealed record TensorMetadata(string Name, DataType DataType, long[] Shape)
{
    /// <summary>The server promises no number of dimensions; the shape is empty then, and says nothing.</summary>
    public bool HasAnyRank { get; init; }
}
