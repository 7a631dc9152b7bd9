using Microsoft.ML.OnnxRuntime.Tensors;

namespace Sidecar.Demo.Serving;

/// <summary>The Open Inference Protocol's names for the datatypes that the demo's models use.</summary>
internal static class TensorDatatype
{
    public static string Of(TensorElementType type) => type switch
    {
        TensorElementType.Float => "FP32",
        TensorElementType.Int64 => "INT64",
        TensorElementType.Bool => "BOOL",
        TensorElementType.String => "BYTES",
        _ => throw new NotSupportedException($"the demo's model server does not speak {type}"),
    };
}
