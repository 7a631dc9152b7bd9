using Microsoft.ML.OnnxRuntime;
using Sidecar.Model;
using Sidecar.Tensors;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace Sidecar.Shadow;

/// <summary>Scores with ONNX Runtime, one thread, in this process.</summary>
internal sealed class OnnxScorer : IShadowScorer
{
    // 16 Mi elements: a graph whose fixed output is larger is refused at load, since nothing could stop it later.
    private const long MaxOutputElements = 1 << 24;

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly string[] _outputs;

    private OnnxScorer(InferenceSession session)
    {
        _session = session;
        _outputs = [.. session.OutputNames];
    }

    /// <summary>Loads a model file; null with the reason when it can't be used.</summary>
    public static IShadowScorer? Load(string file, out string? error)
    {
        error = null;
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = 1,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
            };
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            // From memory: the file may be replaced while we load, and external data is not followed.
            var session = new InferenceSession(File.ReadAllBytes(file), options);
            foreach (var (name, node) in session.OutputMetadata)
            {
                if (node.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR && node.Dimensions.Aggregate(1L, (product, d) => product * Math.Max(1, d)) > MaxOutputElements)
                {
                    error = $"output '{name}' has more than {MaxOutputElements} elements a row";
                    session.Dispose();
                    return null;
                }
            }

            return new OnnxScorer(session);
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or IOException or UnauthorizedAccessException)
        {
            error = failure.Message;
            return null;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<OwnedTensor>? Score(ShadowJob job, out string? error)
    {
        var names = new List<string>(_session.InputNames.Count);
        var values = new List<OrtValue>(_session.InputNames.Count);
        try
        {
            foreach (var (name, node) in _session.InputMetadata)
            {
                if (job.Inputs.FirstOrDefault(tensor => tensor.Name == name) is not { } input)
                {
                    error = $"the request has no input '{name}'";
                    return null;
                }

                if (OrtTensors.ToOrt(input, node.ElementDataType) is not { } value)
                {
                    error = $"input '{name}' is {input.DataType.Name()}, the shadow wants {node.ElementDataType}";
                    return null;
                }

                names.Add(name);
                values.Add(value);
            }

            using var results = _session.Run(_run, names, values, _outputs);
            error = null;
            return [.. _outputs.Select((name, index) => OrtTensors.FromOrt(name, results[index])).OfType<OwnedTensor>()];
        }
        catch (OnnxRuntimeException failure)
        {
            error = failure.Message;
            return null;
        }
        finally
        {
            foreach (var value in values)
                value.Dispose();
        }
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
    }
}
