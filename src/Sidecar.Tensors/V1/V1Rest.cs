using Sidecar.Tensors.Json;
using Sidecar.Tensors.Tables;
using Sidecar.Tensors.V1;

namespace Sidecar.Tensors;

/// <summary>
/// V1 over REST: TensorFlow Serving's (tensorflow/serving: g3doc/api_rest.md), and KServe's, which is the same without its column format. KServe takes and
/// answers CloudEvents, too.
/// </summary>
public sealed class V1Rest : IProtocolDecoder
{
    /// <inheritdoc/>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) => Decode(head, body.Span, into, isRequest: true);

    /// <inheritdoc/>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) => Decode(head, body.Span, into, isRequest: false);

    private static DecodeError Decode(in MessageHead head, ReadOnlySpan<byte> body, TensorMessage into, bool isRequest)
    {
        into.Clear();
        var json = new JsonScanner(body, into.Limits.MaxDepth);
        bool found;
        if (head.Format == BodyFormat.CloudEvent)
        {
            var data = json;
            if (CloudEventEnvelope.Open(ref json, into, ref data, ref body, out var isPart) is not DecodeError.None and var error)
                return error;
            if (!Read(ref data, into, head.Path, isRequest, out found) || !(isPart || data.AtEnd()))
                return data.Error;
            return JsonMessage.Make(body, into, found);
        }

        _ = Read(ref json, into, head.Path, isRequest, out found);
        return JsonMessage.Finish(ref json, body, into, found);
    }

    private static bool Read(ref JsonScanner json, TensorMessage into, ReadOnlySpan<byte> path, bool isRequest, out bool found)
    {
        found = false;
        if (json.Peek() != '{')
            return json.SkipValue();
        return isRequest ? ReadRequest(ref json, into, out found) : ReadResponse(ref json, into, path, out found);
    }

    /// <summary><c>instances</c> (rows), <c>inputs</c> (columns), or <c>examples</c> with a <c>context</c> that they share. The last of them counts.</summary>
    private static bool ReadRequest(ref JsonScanner json, TensorMessage into, out bool found)
    {
        var context = json;
        var hasContext = false;
        var first = true;
        found = false;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (member.Is("context"u8))
            {
                context = json;
                hasContext = json.Peek() == '{';
                if (!json.SkipValue())
                    return false;
                continue;
            }

            var name = member.Is("instances"u8) ? "instances"u8 : member.Is("inputs"u8) ? "inputs"u8 : member.Is("examples"u8) ? "examples"u8 : default;
            if (!(name.IsEmpty ? json.SkipValue() : ReadLast(ref json, into, name, ref found)))
                return false;
            if (name.SequenceEqual("examples"u8))
                MarkExamples(into.Table);
        }

        return json.Error == DecodeError.None && (!hasContext || !found || ReadContext(ref json, ref context, into));
    }

    private static bool ReadResponse(ref JsonScanner json, TensorMessage into, ReadOnlySpan<byte> path, out bool found)
    {
        var first = true;
        found = false;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            bool read;
            if (member.Is("error"u8))
                read = OpenInferenceJson.ReadError(ref json, into);
            else if (member.Is("results"u8) || member.Is("result"u8)) // the documentation says the one, the server the other
                read = ReadResults(ref json, into, path, ref found);
            else if (member.Is("predictions"u8))
                read = ReadLast(ref json, into, "predictions"u8, ref found);
            else if (member.Is("outputs"u8))
                read = ReadLast(ref json, into, "outputs"u8, ref found);
            else if (member.Is("explanations"u8))
                read = ReadLast(ref json, into, "explanations"u8, ref found);
            else
                read = json.SkipValue();
            if (!read)
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private static bool ReadLast(ref JsonScanner json, TensorMessage into, ReadOnlySpan<byte> name, ref bool found)
    {
        into.Table.Drop(0);
        var read = JsonRows.ReadContainer(ref json, into, name, out var present);
        found |= present;
        return read;
    }

    private static bool ReadResults(ref JsonScanner json, TensorMessage into, ReadOnlySpan<byte> path, ref bool found)
    {
        if (path.EndsWith(":regress"u8))
            return ReadLast(ref json, into, "value"u8, ref found);
        into.Table.Drop(0);
        if (!ClassificationResults.TryRead(ref json, into, out var isOne))
            return false;
        found |= isOne;
        return isOne || ReadLast(ref json, into, "results"u8, ref found);
    }

    private static void MarkExamples(Table table)
    {
        for (var i = 0; i < table.Count; i++)
            table[i].ListOfOneIsValue = true;
    }

    /// <summary>Features of the context belong to every example.</summary>
    private static bool ReadContext(ref JsonScanner json, ref JsonScanner context, TensorMessage into)
    {
        var table = into.Table;
        var rows = table.Count > 0 ? table[0].Rows : 0;
        var section = table.Count;
        var hint = section;
        var first = true;
        context.Enter('{');
        while (context.NextMember(ref first, out var member))
        {
            if (!JsonRows.ReadMember(ref context, into, member, section, ref hint, hasRows: true, row: 0))
                return json.Fail(context.Error);
        }

        for (var i = section; i < table.Count; i++)
        {
            table[i].ListOfOneIsValue = true;
            if (!table.TryRepeat(ref table[i], rows))
                return json.Fail(DecodeError.TooLarge);
        }

        return true;
    }
}
