using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.OpenInference;

/// <summary>Reads a model's metadata, <c>{name, versions?, platform, inputs, outputs}</c>.</summary>
internal static class V2Metadata
{
    /// <summary>Null where the scanner has an error or the object is not a model's metadata (no name, or tensors without one).</summary>
    public static ModelMetadata? Read(ref JsonScanner json, int maxTensors)
    {
        string? name = null;
        var platform = "";
        List<string> versions = [];
        List<TensorMetadata>? inputs = [];
        List<TensorMetadata>? outputs = [];
        if (json.Peek() != '{')
        {
            json.SkipValue();
            return null;
        }

        var first = true;
        json.Enter('{');
        while (json.NextMember(ref first, out var member))
        {
            if (member.Is("name"u8))
                name = ReadText(ref json);
            else if (member.Is("platform"u8))
                platform = ReadText(ref json) ?? "";
            else if (member.Is("versions"u8))
                versions = ReadVersions(ref json);
            else if (member.Is("inputs"u8))
                inputs = ReadTensors(ref json, maxTensors);
            else if (member.Is("outputs"u8))
                outputs = ReadTensors(ref json, maxTensors);
            else
                json.SkipValue();
        }

        return name is null || inputs is null || outputs is null ? null : new ModelMetadata(name, versions, platform, inputs, outputs);
    }

    /// <summary>A text; null where there is none, or something else.</summary>
    private static string? ReadText(ref JsonScanner json)
    {
        if (json.Peek() == '"')
            return json.ReadString(out var text) ? text.ToString() : null;
        json.SkipValue();
        return null;
    }

    private static List<string> ReadVersions(ref JsonScanner json)
    {
        List<string> versions = [];
        if (json.Peek() != '[')
        {
            json.SkipValue();
            return versions;
        }

        var first = true;
        json.Enter('[');
        while (json.NextElement(ref first))
        {
            if (ReadText(ref json) is { } version)
                versions.Add(version);
        }

        return versions;
    }

    /// <summary>The declared tensors, none where the list is null; null where it is something else.</summary>
    private static List<TensorMetadata>? ReadTensors(ref JsonScanner json, int maxTensors)
    {
        List<TensorMetadata> tensors = [];
        var valid = true;
        if (json.Peek() != '[')
            return json.TryReadNull() ? tensors : (json.SkipValue() ? null : tensors);
        var first = true;
        json.Enter('[');
        while (json.NextElement(ref first))
        {
            if (tensors.Count == maxTensors)
                json.Fail(DecodeError.TooLarge);
            else if (ReadTensor(ref json) is { } tensor)
                tensors.Add(tensor);
            else
                valid = false;
        }

        return valid ? tensors : null;
    }

    private static TensorMetadata? ReadTensor(ref JsonScanner json)
    {
        string? name = null;
        var type = DataType.Unknown;
        long[] shape = [];
        if (json.Peek() != '{')
        {
            json.SkipValue();
            return null;
        }

        var first = true;
        json.Enter('{');
        while (json.NextMember(ref first, out var member))
        {
            if (member.Is("name"u8))
                name = ReadText(ref json);
            else if (member.Is("datatype"u8))
                V2Member.ReadDataType(ref json, out type, out _);
            else if (member.Is("shape"u8))
                shape = ReadShape(ref json);
            else
                json.SkipValue();
        }

        return name is null ? null : new TensorMetadata(name, type, shape);
    }

    private static long[] ReadShape(ref JsonScanner json)
    {
        List<long> shape = [];
        if (json.TryReadNull())
            return [];
        var first = true;
        if (!json.Enter('['))
            return [];
        while (json.NextElement(ref first) && V2Member.ReadLength(ref json, out var length))
        {
            if (shape.Count == Tensor.MaxRank)
                json.Fail(DecodeError.TooLarge);
            else
                shape.Add(length);
        }

        return [.. shape];
    }
}
