using Sidecar.Tensors.Invocations;
using Sidecar.Tensors.Json;
using Sidecar.Tensors.Tables;

namespace Sidecar.Tensors;

/// <summary>
/// <c>POST /invocations</c>: SageMaker's containers and MLflow's scoring server (mlflow/mlflow: mlflow/pyfunc/scoring_server), whose bodies are CSV, JSON lines,
/// JSON of several kinds, or V2 with binary tensors where Triton is the container.
/// </summary>
public sealed class InvocationsRest : IProtocolDecoder
{
    private static readonly OpenInferenceRest V2 = new();

    /// <inheritdoc/>
    public DecodeError DecodeRequest(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) => Decode(head, body, into, isRequest: true);

    /// <inheritdoc/>
    public DecodeError DecodeResponse(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into) => Decode(head, body, into, isRequest: false);

    private static DecodeError Decode(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into, bool isRequest)
    {
        if (head.JsonBytes >= 0)
            return DecodeV2(head, body, into, isRequest);
        into.Clear();
        switch (head.Format)
        {
            case BodyFormat.Csv or BodyFormat.CsvWithHeader or BodyFormat.CsvWithoutHeader:
                return CsvRows.Read(body.Span, head.Format, into);
            case BodyFormat.JsonLines:
                return JsonMessage.ReadLines(body.Span, into, JsonAny.NameOf(isRequest));
            case BodyFormat.Json or BodyFormat.EventStream or BodyFormat.Unknown:
                break;
            default:
                return DecodeError.UnsupportedEncoding;
        }

        var error = DecodeJson(body.Span, into, isRequest, out var isV2);
        return isV2 ? DecodeV2(head, body, into, isRequest) : error;
    }

    private static DecodeError DecodeV2(in MessageHead head, ReadOnlyMemory<byte> body, TensorMessage into, bool isRequest) =>
        isRequest ? V2.DecodeRequest(head, body, into) : V2.DecodeResponse(head, body, into);

    private static DecodeError DecodeJson(ReadOnlySpan<byte> body, TensorMessage into, bool isRequest, out bool isV2)
    {
        isV2 = false;
        var json = new JsonScanner(body, into.Limits.MaxDepth);
        var any = new JsonAny(into, isRequest);
        if (json.Peek() != '{')
        {
            _ = any.ReadValue(ref json);
            return JsonMessage.Finish(ref json, body, into, any.Found);
        }

        var first = true;
        _ = json.Enter('{');
        while (json.NextMember(ref first, out var member))
        {
            bool read;
            if (member.Is(isRequest ? "inputs"u8 : "outputs"u8) && IsV2(json))
            {
                isV2 = true;
                return DecodeError.None;
            }

            if (isRequest && member.Is("dataframe_split"u8))
                read = Dataframe.Read(ref json, into, ref any);
            else if (isRequest && member.Is("dataframe_records"u8))
                read = any.ReadContainer(ref json, "dataframe_records"u8);
            else
                read = any.ReadMember(ref json, member);
            if (!read)
                return json.Error;
        }

        return any.Close(ref json) ? JsonMessage.Finish(ref json, body, into, any.Found) : json.Error;
    }

    /// <summary>A list of tensors as V2 has them, and no rows: the first one says its datatype.</summary>
    private static bool IsV2(JsonScanner json)
    {
        var first = true;
        if (json.Peek() != '[' || !json.Enter('[') || !json.NextElement(ref first) || json.Peek() != '{' || !json.Enter('{'))
            return false;
        var (hasName, hasDatatype) = (false, false);
        first = true;
        while (json.NextMember(ref first, out var member))
        {
            hasName |= member.Is("name"u8);
            hasDatatype |= member.Is("datatype"u8);
            if (hasName && hasDatatype)
                return true;
            if (!json.SkipValue())
                return false;
        }

        return false;
    }
}
