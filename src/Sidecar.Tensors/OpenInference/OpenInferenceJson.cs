using Sidecar.Tensors.Json;
using Sidecar.Tensors.OpenInference;

namespace Sidecar.Tensors;

/// <summary>
/// Open Inference Protocol V2 over REST, JSON bodies (open-inference-protocol: specification/protocol/inference_rest.md). Any bytes give a result and none
/// an exception. A syntax error or a limit wins over everything else; otherwise the answer is the error of the first tensor that has one, and the message holds
/// all tensors, so that a check can name the one at fault.
/// </summary>
public static class OpenInferenceJson
{
    /// <summary>Decodes the body of <c>POST /v2/models/{model}[/versions/{version}]/infer</c>.</summary>
    /// <param name="body">The whole body, content encoding undone.</param>
    /// <param name="into">Cleared first; after a syntax error it holds what came before.</param>
    public static DecodeError DecodeRequest(ReadOnlySpan<byte> body, TensorMessage into) => DecodeAlone(body, into, isRequest: true);

    /// <summary>
    /// Decodes an answer: tensors, or <c>{"error": …}</c>, which is <see cref="DecodeError.None"/> with <see cref="TensorMessage.Error"/> set and no tensors.
    /// </summary>
    /// <param name="body">The whole body, content encoding undone.</param>
    /// <param name="into">Cleared first; after a syntax error it holds what came before.</param>
    public static DecodeError DecodeResponse(ReadOnlySpan<byte> body, TensorMessage into) => DecodeAlone(body, into, isRequest: false);

    /// <summary>Decodes the answer to <c>GET /v2/models/{model}[/versions/{version}]</c>; <paramref name="metadata"/> is null unless the result is None.</summary>
    public static DecodeError DecodeMetadata(ReadOnlySpan<byte> body, out ModelMetadata? metadata)
    {
        var json = new JsonScanner(body, DecodeLimits.Default.MaxDepth);
        metadata = V2Metadata.Read(ref json, DecodeLimits.Default.MaxTensors);
        if (json.Error == DecodeError.None)
            json.AtEnd();
        if (json.Error != DecodeError.None)
            metadata = null;
        return json.Error != DecodeError.None || metadata is not null ? json.Error : DecodeError.NotInference;
    }

    /// <summary>Without a binary section: tensors whose data is said to be there have none.</summary>
    private static DecodeError DecodeAlone(ReadOnlySpan<byte> body, TensorMessage into, bool isRequest)
    {
        var error = Decode(body, into, isRequest);
        return IsLost(error, into) ? error : OpenInferenceRest.Cut(-1, default, into);
    }

    /// <summary>The JSON could not be read to its end, so nothing behind it can be found: tensors whose data is there get the same error.</summary>
    internal static bool IsLost(DecodeError error, TensorMessage into)
    {
        if (error is not (DecodeError.Malformed or DecodeError.Truncated or DecodeError.TooLarge or DecodeError.NotInference))
            return false;
        for (var i = 0; i < into.Count; i++)
        {
            if (into[i] is { BinaryBytes: >= 0, Error: DecodeError.None })
                into.At(i).Error = error;
        }

        return true;
    }

    /// <summary>The JSON part; where the data of tensors is in the binary section, they have none yet.</summary>
    internal static DecodeError Decode(ReadOnlySpan<byte> body, TensorMessage into, bool isRequest)
    {
        into.Clear();
        var json = new JsonScanner(body, into.Limits.MaxDepth);
        var found = false;
        var read = json.Peek() == '{' ? ReadMessage(ref json, into, isRequest, out found) : json.SkipValue();
        if (!read || !json.AtEnd())
            return json.Error;
        if (!found)
            return DecodeError.NotInference;
        return into.FirstError();
    }

    private static bool ReadMessage(ref JsonScanner json, TensorMessage into, bool isRequest, out bool found)
    {
        var hasTensors = false;
        var first = true;
        found = false;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!ReadMember(ref json, into, isRequest, member, ref hasTensors))
                return false;
        }

        found = hasTensors || into.HasError;
        return json.Error == DecodeError.None;
    }

    private static bool ReadMember(ref JsonScanner json, TensorMessage into, bool isRequest, scoped JsonText member, ref bool hasTensors)
    {
        if (member.Is("inputs"u8))
            return isRequest ? ReadTensors(ref json, into, out hasTensors) : json.SkipValue();
        if (member.Is("outputs"u8))
            return isRequest ? V2Member.ReadRequested(ref json, into) : ReadTensors(ref json, into, out hasTensors);
        if (member.Is("error"u8) && !isRequest)
            return ReadError(ref json, into);

        Slice text;
        if (member.Is("id"u8))
        {
            var read = V2Member.ReadText(ref json, into, out text);
            into.SetId(text);
            return read;
        }

        if (member.Is("model_name"u8))
        {
            var read = V2Member.ReadText(ref json, into, out text);
            into.SetModelName(text);
            return read;
        }

        if (member.Is("model_version"u8))
        {
            var read = V2Member.ReadText(ref json, into, out text);
            into.SetModelVersion(text);
            return read;
        }

        return json.SkipValue();
    }

    /// <summary>A list of tensor objects; anything else is well-formed JSON of some other kind, so it is read over and nothing is found.</summary>
    private static bool ReadTensors(ref JsonScanner json, TensorMessage into, out bool found)
    {
        into.ClearTensors();
        found = false;
        if (json.Peek() != '[')
            return json.SkipValue();
        var objectsOnly = true;
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (json.Peek() == '{')
            {
                if (!V2Tensor.Read(ref json, into))
                    return false;
            }
            else
            {
                objectsOnly = false;
                if (!json.SkipValue())
                    return false;
            }
        }

        found = objectsOnly;
        return json.Error == DecodeError.None;
    }

    /// <summary>The error's text; where a server sends something else than a text, that JSON as it is.</summary>
    private static bool ReadError(ref JsonScanner json, TensorMessage into)
    {
        into.SetError(Slice.Absent);
        if (json.TryReadNull())
            return true;
        Slice text;
        if (json.Peek() == '"')
        {
            if (!V2Member.ReadText(ref json, into, out text))
                return false;
        }
        else
        {
            var start = json.Position;
            if (!json.SkipValue())
                return false;
            if (!into.TryAppend(json.Between(start, json.Position), out text))
                return json.Fail(DecodeError.TooLarge);
        }

        into.SetError(text);
        return true;
    }
}
