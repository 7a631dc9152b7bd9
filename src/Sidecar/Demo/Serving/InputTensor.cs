using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Sidecar.Demo.Serving;

/// <summary>Turns JSON elements into ONNX Runtime values.</summary>
internal static class InputTensor
{
    /// <summary>
    /// The input with its value, which the caller disposes; null where the elements do not fit the datatype or their number does not
    /// fit the shape.
    /// </summary>
    public static ModelInput Create(InferInput input) => new(input.Name, input.Datatype, input.Shape, Value(input));

    private static OrtValue? Value(in InferInput input)
    {
        var count = 1L;
        foreach (var dimension in input.Shape)
            count *= dimension;
        return input.Datatype switch
        {
            "FP32" => Numbers(input, new float[count], static (JsonElement element, out float value) =>
            {
                value = 0;
                return element.ValueKind == JsonValueKind.Number && element.TryGetSingle(out value);
            }),
            "INT64" => Numbers(input, new long[count], static (JsonElement element, out long value) =>
            {
                value = 0;
                return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out value);
            }),
            "BOOL" => Numbers(input, new bool[count], static (JsonElement element, out bool value) =>
            {
                value = element.ValueKind == JsonValueKind.True;
                return value || element.ValueKind == JsonValueKind.False;
            }),
            "BYTES" => Texts(input, new string[count]),
            _ => null,
        };
    }

    private delegate bool TryRead<T>(JsonElement element, out T value);

    private static OrtValue? Numbers<T>(in InferInput input, T[] values, TryRead<T> read)
        where T : unmanaged
    {
        var filled = 0;
        return Fill(input.Data, values, read, ref filled) && filled == values.Length
            ? OrtValue.CreateTensorValueFromMemory(values, input.Shape)
            : null;
    }

    private static OrtValue? Texts(in InferInput input, string[] values)
    {
        var filled = 0;
        if (!Fill(input.Data, values, static (JsonElement element, out string value) =>
            {
                value = element.ValueKind == JsonValueKind.String ? element.GetString()! : "";
                return element.ValueKind == JsonValueKind.String;
            }, ref filled))
            return null;
        return OfTexts(values, input.Shape, filled);
    }

    /// <summary>A tensor of texts; null where there are not <paramref name="count"/> of them.</summary>
    public static OrtValue? OfTexts(string[] values, long[] shape, long count)
    {
        if (values.Length != count)
            return null;
        var tensor = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        for (var i = 0; i < values.Length; i++)
            tensor.StringTensorSetElementAt(values[i].AsSpan(), i);
        return tensor;
    }

    // Nested arrays are row-major, so reading them depth first is reading them flat. JsonDocument bounds the depth.
    private static bool Fill<T>(JsonElement data, T[] values, TryRead<T> read, ref int filled)
    {
        foreach (var element in data.EnumerateArray())
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                if (!Fill(element, values, read, ref filled))
                    return false;
            }
            else if (filled == values.Length || !read(element, out values[filled++]))
            {
                return false;
            }
        }

        return true;
    }
}
