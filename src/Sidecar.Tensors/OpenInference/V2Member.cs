using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.OpenInference;

/// <summary>The kinds of member that requests, responses and metadata share. Each reads the value that is next; false: the scanner has the error.</summary>
internal static class V2Member
{
    /// <summary>A text; absent where it is null. A number is kept as written: servers do answer <c>"model_version": 1</c>.</summary>
    public static bool ReadText(ref JsonScanner json, TensorMessage into, out Slice text)
    {
        text = Slice.Absent;
        if (json.TryReadNull())
            return true;
        if (json.Peek() == '"')
            return json.ReadString(out var found) && (into.TryAppend(found, out text) || json.Fail(DecodeError.TooLarge));
        var start = json.Position;
        return json.ReadNumber(out _)
            && (into.TryAppend(json.Between(start, json.Position), out text) || json.Fail(DecodeError.TooLarge));
    }

    /// <summary>A datatype's name; not present where it is null, unknown where it is not in the protocol.</summary>
    public static bool ReadDataType(ref JsonScanner json, out DataType type, out bool present)
    {
        type = DataType.Unknown;
        present = false;
        if (json.TryReadNull())
            return true;
        if (!json.ReadString(out var name))
            return false;
        // Every name is within six bytes, thirty-six when all of it is escaped.
        Span<byte> text = stackalloc byte[36];
        type = name.Raw.Length <= text.Length ? DataTypes.Parse(text[..name.CopyTo(text)]) : DataType.Unknown;
        present = true;
        return true;
    }

    /// <summary>One dimension: any 64-bit integer.</summary>
    public static bool ReadLength(ref JsonScanner json, out long length)
    {
        length = 0;
        if (!json.ReadNumber(out var number))
            return false;
        if (!number.TryToInteger(out var negative, out var magnitude) || magnitude > long.MaxValue)
            return json.Fail(DecodeError.Malformed);
        length = negative ? -(long)magnitude : (long)magnitude;
        return true;
    }

    /// <summary>A tensor's parameters: where its data is, if not here.</summary>
    /// <param name="isShared">It is in shared memory.</param>
    /// <param name="binaryBytes">So many bytes of the binary section are its data; -1 where it has none there.</param>
    public static bool ReadTensorParameters(ref JsonScanner json, out bool isShared, out long binaryBytes)
    {
        isShared = false;
        binaryBytes = -1;
        var first = true;
        if (json.Peek() != '{')
            return json.SkipValue();
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var name))
        {
            var isNull = json.Peek() == 'n';
            if (!isNull && name.Is("binary_data_size"u8))
            {
                if (!ReadLength(ref json, out binaryBytes))
                    return false;
                if (binaryBytes < 0)
                    return json.Fail(DecodeError.Malformed);
                continue;
            }

            isShared |= !isNull && name.Is("shared_memory_region"u8);
            if (!json.SkipValue())
                return false;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary>The outputs that a request asks for. Anything in the list that is not an object with a name is read over.</summary>
    public static bool ReadRequested(ref JsonScanner json, TensorMessage into)
    {
        into.ClearRequested();
        if (json.Peek() != '[')
            return json.SkipValue();
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (!(json.Peek() == '{' ? ReadRequestedOutput(ref json, into) : json.SkipValue()))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private static bool ReadRequestedOutput(ref JsonScanner json, TensorMessage into)
    {
        var output = Slice.Absent;
        var asClasses = false;
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var name))
        {
            if (!(name.Is("name"u8) ? ReadText(ref json, into, out output)
                : name.Is("parameters"u8) ? ReadOutputParameters(ref json, out asClasses)
                : json.SkipValue()))
            {
                return false;
            }
        }

        return json.Error == DecodeError.None
            && (!output.Present || into.TryAddRequested(output, asClasses) || json.Fail(DecodeError.TooLarge));
    }

    private static bool ReadOutputParameters(ref JsonScanner json, out bool asClasses)
    {
        asClasses = false;
        if (json.Peek() != '{')
            return json.SkipValue();
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var name))
        {
            var isClassification = name.Is("classification"u8);
            var next = json.Peek();
            if (!json.SkipValue())
                return false;
            // The number of classes; 0 asks for the tensor itself.
            if (isClassification)
                asClasses = next is >= (byte)'1' and <= (byte)'9';
        }

        return json.Error == DecodeError.None;
    }
}
