using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Sidecar.Demo.Serving;

/// <summary>Writes ONNX Runtime values as V2 output tensors.</summary>
internal static class OutputTensor
{
    public static void Write(Utf8JsonWriter json, string name, OrtValue value)
    {
        var information = value.GetTensorTypeAndShape();
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteStartArray("shape");
        foreach (var dimension in information.Shape)
            json.WriteNumberValue(dimension);
        json.WriteEndArray();
        json.WriteString("datatype", TensorDatatype.Of(information.ElementDataType));
        json.WriteStartArray("data");
        switch (information.ElementDataType)
        {
            case TensorElementType.Float:
                foreach (var element in value.GetTensorDataAsSpan<float>())
                    json.WriteNumberValue(element);
                break;
            case TensorElementType.Int64:
                foreach (var element in value.GetTensorDataAsSpan<long>())
                    json.WriteNumberValue(element);
                break;
            case TensorElementType.Bool:
                foreach (var element in value.GetTensorDataAsSpan<bool>())
                    json.WriteBooleanValue(element);
                break;
            default:
                foreach (var element in value.GetStringTensorAsArray())
                    json.WriteStringValue(element);
                break;
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
