using System.Buffers;
using System.Text;
using System.Text.Json;
using Sidecar.Emit.Redaction;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Emit;

/// <summary>Whose values may be in events.</summary>
public enum CaptureMode : byte
{
    /// <summary>Nobody's.</summary>
    None,

    /// <summary>Those of exchanges that failed, broke the contract, or on which a shadow disagrees.</summary>
    Failed,

    /// <summary>Those of every exchange that becomes an event.</summary>
    All,
}

/// <summary>The last door of the pod: texts and values pass it on their way into events, spans and names, and what may not leave stays.</summary>
/// <param name="redactor">What may leave of a value.</param>
/// <param name="mode">Whose values may.</param>
/// <param name="maxElements">Elements of a tensor behind these are left out, with a mark.</param>
public sealed class ValueCapture(Redactor redactor, CaptureMode mode, int maxElements)
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _text;

    /// <summary>No value leaves, and patterns are masked in texts.</summary>
    public static ValueCapture Nothing { get; } = new(new Redactor(RedactionPolicy.DenyAll), CaptureMode.None, 0);

    /// <summary>Counts what it took away.</summary>
    public Redactor Redactor => redactor;

    /// <summary>Values of an exchange may be in its event.</summary>
    public bool IsWanted(Exchange exchange, int violations) =>
        mode == CaptureMode.All || (mode == CaptureMode.Failed && (violations > 0 || ErrorTypes.Of(exchange) is not null));

    /// <summary>Values of an exchange that a shadow disagrees on may be in an event.</summary>
    public bool IsWantedOfDiscrepancies => mode != CaptureMode.None;

    /// <summary>A text without what the patterns find: an id, an authority, the name of a tensor.</summary>
    public string Text(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
            return "";
        var to = _text ??= new ArrayBufferWriter<byte>(256);
        to.ResetWrittenCount();
        redactor.RedactText(utf8, to);
        return Encoding.UTF8.GetString(to.WrittenSpan);
    }

    /// <summary>A name as a label of metrics has it; one that holds what may not leave is none, and two of them must not look alike.</summary>
    /// <returns>Null where it holds such a thing.</returns>
    public string? Name(ReadOnlySpan<byte> utf8)
    {
        var to = _text ??= new ArrayBufferWriter<byte>(256);
        to.ResetWrittenCount();
        return redactor.RedactText(utf8, to) ? null : Encoding.UTF8.GetString(utf8);
    }

    /// <summary>Writes the members <c>data</c> and, where it was cut, <c>truncatedValues</c> of a tensor.</summary>
    /// <param name="classification">Raised to what the event holds now.</param>
    public void WriteData(Utf8JsonWriter json, TensorMessage message, int tensor, ref RedactionResult? classification)
    {
        json.WritePropertyName("data");
        Note(json, redactor.WriteValues(json, message.Name(tensor), message, tensor, maxElements), ref classification);
    }

    /// <summary>The same for a tensor in memory of its own.</summary>
    public void WriteData(Utf8JsonWriter json, OwnedTensor tensor, ref RedactionResult? classification)
    {
        json.WritePropertyName("data");
        Note(json, redactor.WriteValues(json, Encoding.UTF8.GetBytes(tensor.Name), tensor.DataType, tensor.Data, maxElements), ref classification);
    }

    /// <summary>Writes a JSON body that was not decoded, as a member of the event, without what may not leave.</summary>
    public void WriteBody(Utf8JsonWriter json, string member, ReadOnlySpan<byte> body, ref RedactionResult? classification)
    {
        var to = new ArrayBufferWriter<byte>(body.Length + 16);
        var result = redactor.RedactJson(body, to);
        if (result == RedactionResult.Dropped)
            return;
        json.WritePropertyName(member);
        json.WriteRawValue(to.WrittenSpan);
        classification = classification is null || result > classification ? result : classification;
    }

    private static void Note(Utf8JsonWriter json, WrittenValues written, ref RedactionResult? classification)
    {
        if (written.Truncated)
            json.WriteBoolean("truncatedValues", true);
        if (written.Result != RedactionResult.Dropped)
            classification = classification is null || written.Result > classification ? written.Result : classification;
    }
}
