using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace Sidecar.Demo.Serving;

/// <summary>An ONNX model that answers Open Inference Protocol requests. Safe for concurrent use.</summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
    private readonly string[] _outputs;

    /// <summary>Loads the model.</summary>
    /// <param name="name">The name it is served under.</param>
    /// <param name="version">The version it is served under.</param>
    /// <param name="model">The bytes of an .onnx file.</param>
    public OnnxModel(string name, string version, byte[] model)
    {
        Name = name;
        Version = version;
        // Its complaints about bad requests are in the answers; on stderr they would only tear the live table.
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        _session = new InferenceSession(model, options);
        _outputs = [.. _session.OutputNames];
    }

    public string Name { get; }

    public string Version { get; }

    /// <summary>Writes the V2 metadata: inputs and outputs with datatype and shape, -1 where any size goes.</summary>
    public void WriteMetadata(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteStartArray("versions");
        json.WriteStringValue(Version);
        json.WriteEndArray();
        json.WriteString("platform", "onnxruntime_onnx");
        WriteTensors(json, "inputs", _session.InputNames, _session.InputMetadata);
        WriteTensors(json, "outputs", _session.OutputNames, _session.OutputMetadata);
        json.WriteEndObject();
    }

    /// <summary>Scores the request and writes the V2 response.</summary>
    /// <returns>null, or the reason why the request is refused; then nothing was written.</returns>
    public string? Infer(InferRequest request, Utf8JsonWriter json)
    {
        if (Refusal(request) is { } refusal)
            return refusal;
        var names = new string[request.Inputs.Count];
        var values = new OrtValue[names.Length];
        try
        {
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = request.Inputs[i].Name;
                if (InputTensor.Create(request.Inputs[i]) is not { } value)
                    return $"inference input '{names[i]}' has data that does not fit its datatype and shape for model '{Name}'";
                values[i] = value;
            }

            using var outputs = _session.Run(_run, names, values, _outputs);
            WriteResponse(json, request.Id, outputs);
            return null;
        }
        catch (OnnxRuntimeException failure)
        {
            // For example two inputs of different batch sizes: the runtime knows better than a second set of checks here.
            return failure.Message;
        }
        finally
        {
            foreach (var value in values)
                value?.Dispose();
        }
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }

    // The checks and words of Triton, which clients of this protocol know best.
    private string? Refusal(InferRequest request)
    {
        foreach (var input in request.Inputs)
        {
            if (!_session.InputMetadata.TryGetValue(input.Name, out var expected))
                return $"unexpected inference input '{input.Name}' for model '{Name}'";
            var datatype = TensorDatatype.Of(expected.ElementDataType);
            if (input.Datatype != datatype)
                return $"inference input '{input.Name}' data-type is '{input.Datatype}', but model '{Name}' expects '{datatype}'";
            if (!Fits(input.Shape, expected.Dimensions))
                return $"unexpected shape for input '{input.Name}' for model '{Name}'. Expected [{string.Join(',', expected.Dimensions)}], "
                    + $"got [{string.Join(',', input.Shape)}]";
        }

        return request.Inputs.Select(input => input.Name).Distinct().Count() == _session.InputNames.Count
            && request.Inputs.Count == _session.InputNames.Count
            ? null
            : $"expected {_session.InputNames.Count} inputs but got {request.Inputs.Count} inputs for model '{Name}'";
    }

    private static bool Fits(long[] shape, int[] expected)
    {
        if (shape.Length != expected.Length)
            return false;
        for (var i = 0; i < shape.Length; i++)
        {
            if (expected[i] >= 0 && shape[i] != expected[i])
                return false;
        }

        return true;
    }

    private static void WriteTensors(
        Utf8JsonWriter json, string name, IReadOnlyList<string> tensors, IReadOnlyDictionary<string, NodeMetadata> metadata)
    {
        json.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor);
            json.WriteString("datatype", TensorDatatype.Of(metadata[tensor].ElementDataType));
            json.WriteStartArray("shape");
            foreach (var dimension in metadata[tensor].Dimensions)
                json.WriteNumberValue(dimension);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteResponse(Utf8JsonWriter json, string? id, IDisposableReadOnlyCollection<OrtValue> outputs)
    {
        json.WriteStartObject();
        if (id is not null)
            json.WriteString("id", id);
        json.WriteString("model_name", Name);
        json.WriteString("model_version", Version);
        json.WriteStartArray("outputs");
        for (var i = 0; i < _outputs.Length; i++)
            OutputTensor.Write(json, _outputs[i], outputs[i]);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
