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

    /// <summary>The declared inputs.</summary>
    public IEnumerable<ModelTensor> Inputs => Tensors(_session.InputNames, _session.InputMetadata);

    /// <summary>The declared outputs.</summary>
    public IEnumerable<ModelTensor> Outputs => Tensors(_session.OutputNames, _session.OutputMetadata);

    /// <summary>Writes the V2 metadata: inputs and outputs with datatype and shape, -1 where any size goes.</summary>
    public void WriteMetadata(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteStartArray("versions");
        json.WriteStringValue(Version);
        json.WriteEndArray();
        json.WriteString("platform", "onnxruntime_onnx");
        WriteTensors(json, "inputs", Inputs);
        WriteTensors(json, "outputs", Outputs);
        json.WriteEndObject();
    }

    /// <summary>Scores inputs and hands the outputs over, which are gone afterwards. The inputs' values are disposed.</summary>
    /// <returns>null, or the reason why they are refused; then there are no outputs.</returns>
    public string? Infer(IReadOnlyList<ModelInput> inputs, Action<IEnumerable<(string Name, OrtValue Value)>> use)
    {
        try
        {
            if (Refusal(inputs) is { } refusal)
                return refusal;
            if (inputs.FirstOrDefault(input => input.Value is null) is { Name: { } unreadable })
                return $"inference input '{unreadable}' has data that does not fit its datatype and shape for model '{Name}'";
            using var outputs = _session.Run(_run, [.. inputs.Select(input => input.Name)], [.. inputs.Select(input => input.Value!)], _outputs);
            use(_outputs.Zip(outputs));
            return null;
        }
        catch (OnnxRuntimeException failure)
        {
            // For example two inputs of different batch sizes: the runtime knows better than a second set of checks here.
            return failure.Message;
        }
        finally
        {
            foreach (var input in inputs)
                input.Value?.Dispose();
        }
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }

    // The checks and words of Triton, which clients of this protocol know best.
    private string? Refusal(IReadOnlyList<ModelInput> inputs)
    {
        foreach (var input in inputs)
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

        return inputs.Select(input => input.Name).Distinct().Count() == _session.InputNames.Count && inputs.Count == _session.InputNames.Count
            ? null
            : $"expected {_session.InputNames.Count} inputs but got {inputs.Count} inputs for model '{Name}'";
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

    private static IEnumerable<ModelTensor> Tensors(IReadOnlyList<string> names, IReadOnlyDictionary<string, NodeMetadata> metadata) =>
        names.Select(name => new ModelTensor(name, TensorDatatype.Of(metadata[name].ElementDataType), metadata[name].Dimensions));

    private static void WriteTensors(Utf8JsonWriter json, string name, IEnumerable<ModelTensor> tensors)
    {
        json.WriteStartArray(name);
        foreach (var tensor in tensors)
        {
            json.WriteStartObject();
            json.WriteString("name", tensor.Name);
            json.WriteString("datatype", tensor.Datatype);
            json.WriteStartArray("shape");
            foreach (var dimension in tensor.Shape)
                json.WriteNumberValue(dimension);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

/// <summary>A declared input or output.</summary>
/// <param name="Shape">Its dimensions, -1 where any size goes.</param>
internal sealed record ModelTensor(string Name, string Datatype, int[] Shape);

/// <summary>One input as it came in.</summary>
/// <param name="Value">Null where its elements do not fit its datatype and shape.</param>
internal readonly record struct ModelInput(string Name, string Datatype, long[] Shape, OrtValue? Value);
