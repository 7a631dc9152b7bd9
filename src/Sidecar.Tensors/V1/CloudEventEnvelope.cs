using Sidecar.Tensors.Json;
using Sidecar.Tensors.OpenInference;

namespace Sidecar.Tensors.V1;

/// <summary>A CloudEvent in JSON (cloudevents/spec: formats/json-format.md), as KServe takes it for a request and answers with it.</summary>
internal static class CloudEventEnvelope
{
    /// <summary>Reads the whole event, whose id becomes the message's, and opens its data.</summary>
    /// <param name="data">Stands at the data, if that is JSON.</param>
    /// <param name="text">The text that the data stands in: another one, where it is coded in base64.</param>
    /// <param name="isPart">The data is a part of that text, and not all of it.</param>
    public static DecodeError Open(ref JsonScanner json, TensorMessage into, ref JsonScanner data, ref ReadOnlySpan<byte> text, out bool isPart)
    {
        isPart = true;
        var hasData = false;
        var isJson = true;
        JsonText base64 = default;
        var first = true;
        if (json.Peek() != '{')
            return json.SkipValue() && json.AtEnd() ? DecodeError.NotInference : json.Error;
        json.Enter('{');
        while (json.NextMember(ref first, out var member))
        {
            if (!ReadMember(ref json, into, member, ref data, ref hasData, ref base64, ref isJson))
                return json.Error;
        }

        if (json.Error != DecodeError.None || !json.AtEnd())
            return json.Error;
        if (!isJson)
            return DecodeError.UnsupportedEncoding;
        if (hasData)
            return DecodeError.None;
        isPart = false;
        return base64.Raw.IsEmpty ? DecodeError.NotInference : Decode(base64, into, ref data, ref text);
    }

    private static bool ReadMember(
        ref JsonScanner json, TensorMessage into, scoped JsonText member, ref JsonScanner data, ref bool hasData, ref JsonText base64, ref bool isJson)
    {
        if (member.Is("id"u8))
        {
            if (!V2Member.ReadText(ref json, into, out var id))
                return false;
            into.SetId(id);
            return true;
        }

        if (member.Is("data"u8))
        {
            hasData = json.Peek() != 'n';
            data = json;
            return json.SkipValue();
        }

        if (member.Is("data_base64"u8) && json.Peek() == '"')
            return json.ReadString(out base64);
        if (member.Is("datacontenttype"u8) && json.Peek() == '"')
        {
            if (!json.ReadString(out var type))
                return false;
            // Media types have no letters that are ever escaped but '/'.
            isJson = type.IsEscaped || BodyFormats.Parse(type.Raw, out _) is BodyFormat.Json or BodyFormat.Unknown;
            return true;
        }

        return json.SkipValue();
    }

    private static DecodeError Decode(JsonText base64, TensorMessage into, ref JsonScanner data, ref ReadOnlySpan<byte> text)
    {
        if (!into.TryReserve(Base64Text.Room(base64.Raw), out var free))
            return DecodeError.TooLarge;
        if (!Base64Text.TryDecode(base64, free, out var length))
            return DecodeError.Malformed;
        into.Advance(length);
        text = free[..length];
        data = new JsonScanner(text, into.Limits.MaxDepth);
        return DecodeError.None;
    }
}
