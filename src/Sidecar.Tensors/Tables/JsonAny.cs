using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.Tables;

/// <summary>
/// JSON of no protocol, read as servers for any framework do: members of an object are tensors; under the names that lists of inputs and outputs usually have, so are
/// the columns of rows and the members of an object; objects anywhere else are options, and no tensors.
/// </summary>
internal ref struct JsonAny(TensorMessage into, bool isRequest)
{
    private readonly TensorMessage _into = into;
    private readonly bool _isRequest = isRequest;
    private int _section;
    private int _hint;
    private bool _hasCode;
    private bool _hasMessage;
    private JsonScanner _message;

    /// <summary>There is something of an inference in it.</summary>
    public bool Found { get; set; }

    /// <summary>Reads a value that is no object, as one tensor, or as rows; false: the scanner has the error.</summary>
    public bool ReadValue(ref JsonScanner json)
    {
        var read = JsonRows.ReadContainer(ref json, _into, NameOf(_isRequest), out var found);
        Found |= found;
        return read;
    }

    /// <summary>Reads a member's value; false: the scanner has the error.</summary>
    public bool ReadMember(ref JsonScanner json, scoped JsonText name)
    {
        if (!_isRequest && name.Is("error"u8) && json.Peek() is (byte)'"' or (byte)'{' or (byte)'n')
            return OpenInferenceJson.ReadError(ref json, _into);
        if (!_isRequest)
            LookForError(ref json, name);
        if (ContainerName(name) is { IsEmpty: false } container)
            return ReadContainer(ref json, container);
        var next = json.Peek();
        if ((next == '{' && !JsonCells.IsBase64(json)) || (next == '[' && JsonRows.IsListOfRows(json)))
            return json.SkipValue();
        Found |= next != 'n';
        return JsonRows.ReadTensor(ref json, _into, name, _section, ref _hint);
    }

    /// <summary>Reads the value of a member that holds tensors or rows.</summary>
    public bool ReadContainer(ref JsonScanner json, ReadOnlySpan<byte> name)
    {
        var read = JsonRows.ReadContainer(ref json, _into, name, out var found);
        Found |= found;
        EndSection();
        return read;
    }

    /// <summary>Members that follow are columns of their own, whatever their names.</summary>
    public void EndSection() => _section = _hint = _into.Table.Count;

    /// <summary>Ends the object: one with a code and a message is an error, as TorchServe and MLflow have it. False: the scanner has the error.</summary>
    public bool Close(ref JsonScanner json)
    {
        if (!_hasCode || !_hasMessage)
            return true;
        Found = false;
        _into.Table.Drop(0);
        return OpenInferenceJson.ReadError(ref _message, _into) || json.Fail(_message.Error);
    }

    /// <summary>What a value by itself is called.</summary>
    public static ReadOnlySpan<byte> NameOf(bool isRequest) => isRequest ? "input"u8 : "output"u8;

    private void LookForError(ref JsonScanner json, scoped JsonText name)
    {
        _hasCode |= name.Is("code"u8) || name.Is("error_code"u8);
        if (_hasMessage || !name.Is("message"u8) || json.Peek() != '"')
            return;
        _hasMessage = true;
        _message = json;
    }

    private static ReadOnlySpan<byte> ContainerName(scoped JsonText name)
    {
        if (name.Is("instances"u8))
            return "instances"u8;
        if (name.Is("inputs"u8))
            return "inputs"u8;
        if (name.Is("data"u8))
            return "data"u8;
        if (name.Is("predictions"u8))
            return "predictions"u8;
        if (name.Is("outputs"u8))
            return "outputs"u8;
        return name.Is("results"u8) ? "results"u8 : default;
    }
}
