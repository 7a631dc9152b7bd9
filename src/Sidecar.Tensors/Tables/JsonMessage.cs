using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.Tables;

/// <summary>What the protocols whose bodies are JSON have in common beside tensors.</summary>
internal static class JsonMessage
{
    /// <summary>Ends a body: makes its tensors if it was read to its end and is an inference.</summary>
    /// <param name="source">The text that was read.</param>
    /// <param name="found">There is something of an inference in it.</param>
    public static DecodeError Finish(ref JsonScanner json, ReadOnlySpan<byte> source, TensorMessage into, bool found, bool scalarIsVector = false)
    {
        if (json.Error != DecodeError.None || !json.AtEnd())
            return json.Error;
        return Make(source, into, found, scalarIsVector);
    }

    /// <summary>Makes the tensors of a text that was read without an error.</summary>
    public static DecodeError Make(ReadOnlySpan<byte> source, TensorMessage into, bool found, bool scalarIsVector = false)
    {
        if (found)
            return TableTensors.AddTo(into, source, scalarIsVector);
        return into.HasError ? DecodeError.None : DecodeError.NotInference;
    }

    /// <summary>A body of JSON texts behind each other, a line each: every line is a row.</summary>
    /// <param name="name">What a row without names is called.</param>
    public static DecodeError ReadLines(ReadOnlySpan<byte> body, TensorMessage into, ReadOnlySpan<byte> name)
    {
        var json = new JsonScanner(body, into.Limits.MaxDepth);
        var rows = new JsonRowReader(into, name);
        if (!json.HasMore())
            return DecodeError.Truncated;
        do
        {
            if (!rows.Read(ref json))
                return json.Error;
            var end = json.Position;
            if (json.HasMore() && !json.Between(end, json.Position).Contains((byte)'\n'))
                return DecodeError.Malformed;
        }
        while (json.HasMore());
        return rows.Close(ref json) ? TableTensors.AddTo(into, body) : json.Error;
    }
}
