using System.Text.Json;

namespace Sidecar.Demo.Serving;

/// <summary>
/// One input tensor as it came in.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">FP32, INT64, BOOL or BYTES.</param>
/// <param name="Shape">Its dimensions, the batch first.</param>
/// <param name="Data">The element array, flat or nested row-major.</param>
internal readonly record struct InferInput(string Name, string Datatype, long[] Shape, JsonElement Data);

/// <summary>A request of the Open Inference Protocol V2 in JSON: an id and the input tensors. Bad requests are results.</summary>
internal sealed class InferRequest
{
    private InferRequest(string? id, IReadOnlyList<InferInput> inputs)
    {
        Id = id;
        Inputs = inputs;
    }

    public string? Id { get; }

    public IReadOnlyList<InferInput> Inputs { get; }

    /// <summary>Reads the request, or says in <paramref name="error"/> what is wrong with it.</summary>
    public static InferRequest? Read(JsonElement root, out string error)
    {
        error = "";
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("inputs", out var inputs) || inputs.ValueKind != JsonValueKind.Array)
        {
            error = "Unable to parse 'inputs': attempt to access JSON non-array";
            return null;
        }

        var read = new List<InferInput>(inputs.GetArrayLength());
        foreach (var input in inputs.EnumerateArray())
        {
            if (Text(input, "name") is not { } name || Text(input, "datatype") is not { } datatype)
            {
                error = "Unable to parse 'name' or 'datatype' of an input";
                return null;
            }

            if (Shape(input) is not { } shape || !input.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
            {
                error = $"Unable to parse 'shape' or 'data' of inference input '{name}'";
                return null;
            }

            read.Add(new InferInput(name, datatype, shape, data));
        }

        return new InferRequest(Text(root, "id"), read);
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static long[]? Shape(JsonElement input)
    {
        if (!input.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array)
            return null;
        var dimensions = new long[shape.GetArrayLength()];
        for (var i = 0; i < dimensions.Length; i++)
        {
            if (shape[i].ValueKind != JsonValueKind.Number || !shape[i].TryGetInt64(out dimensions[i]))
                return null;
        }

        return Elements(dimensions) is null ? null : dimensions;
    }

    /// <summary>How many elements a shape has. Bounded, so that a few digits in it cannot ask for the machine's memory; null for one that is over, or no shape.</summary>
    public static long? Elements(ReadOnlySpan<long> shape)
    {
        var elements = 1L;
        foreach (var length in shape)
        {
            if (length < 1 || length > MaxElements || (elements *= length) > MaxElements)
                return null;
        }

        return elements;
    }

    /// <summary>The most elements of one tensor: far above a demo row, far below what could hurt.</summary>
    private const long MaxElements = 1 << 20;
}
