using System.Text;

namespace Sidecar.Wire.Tests;

/// <summary>
/// Writes down what an observer tells, one line an event, adjoining body pieces joined. Checks the promises of
/// <see cref="IExchangeEvents"/> on the way.
/// </summary>
internal sealed class Recorder : IExchangeEvents
{
    private readonly ContractCheck _contract = new();
    private readonly List<string> _lines = [];
    private readonly StringBuilder _body = new();
    private string? _bodyOf;
    private readonly Dictionary<int, Seen> _open = [];

    /// <summary>Exchanges in the order of their requests.</summary>
    public List<Seen> Exchanges { get; } = [];

    public OpaqueReason Opaque { get; private set; }

    public List<OpaqueReason> Skipped { get; } = [];

    public string Log
    {
        get
        {
            FlushBody();
            return string.Join(" | ", _lines);
        }
    }

    public void OnRequestHead(int slot, in RequestHead head)
    {
        _contract.OnRequestHead(slot, head);
        var seen = new Seen { Method = Text(head.Method), Target = Text(head.Target), IsGrpc = head.ContentType.StartsWith("application/grpc"u8) };
        _open[slot] = seen;
        Exchanges.Add(seen);
        Line($"> {slot} {seen.Method} {seen.Target}");
    }

    public void OnRequestBody(int slot, ReadOnlySpan<byte> decodedBytes)
    {
        _contract.OnRequestBody(slot, decodedBytes);
        _open[slot].RequestMessages.Read(decodedBytes);
        _open[slot].RequestBytes.Append(Text(decodedBytes));
        Body($"> {slot} body ", decodedBytes);
    }

    public void OnRequestEnd(int slot)
    {
        _contract.OnRequestEnd(slot);
        _open[slot].RequestEnded = true;
        Line($"> {slot} end");
    }

    public void OnResponseHead(int slot, in ResponseHead head)
    {
        _contract.OnResponseHead(slot, head);
        _open[slot].Status = head.StatusCode;
        _open[slot].Interim = head.InterimCount;
        _open[slot].GrpcStatus = head.GrpcStatus;
        _open[slot].ResponseCoding = Text(head.ContentEncoding);
        Line($"< {slot} {head.StatusCode}" + (head.InterimCount > 0 ? $" after {head.InterimCount}" : ""));
    }

    public void OnResponseBody(int slot, ReadOnlySpan<byte> decodedBytes)
    {
        _contract.OnResponseBody(slot, decodedBytes);
        _open[slot].ResponseMessages.Read(decodedBytes);
        _open[slot].ResponseBytes.Append(Text(decodedBytes));
        Body($"< {slot} body ", decodedBytes);
    }

    public void OnResponseTrailers(int slot, in ResponseTrailers trailers)
    {
        _contract.OnResponseTrailers(slot, trailers);
        _open[slot].GrpcStatus = trailers.GrpcStatus;
        Line($"< {slot} trailers" + (trailers.GrpcStatus >= 0 ? $" grpc-status {trailers.GrpcStatus}" : ""));
    }

    public void OnExchangeSkipped(OpaqueReason reason)
    {
        _contract.OnExchangeSkipped(reason);
        Skipped.Add(reason);
        Line($"- {reason}");
    }

    public void OnResponseEnd(int slot)
    {
        _contract.OnResponseEnd(slot);
        Line($"< {slot} end");
    }

    public void OnExchangeEnded(int slot, ExchangeEnd how)
    {
        _contract.OnExchangeEnded(slot, how);
        _open.Remove(slot, out var seen);
        seen!.End = how;
        Line($"= {slot} {how}");
    }

    public void OnOpaque(OpaqueReason reason)
    {
        _contract.OnOpaque(reason);
        Opaque = reason;
        Line($"! {reason}");
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private void Body(string of, ReadOnlySpan<byte> bytes)
    {
        if (_bodyOf != of)
            FlushBody();
        _bodyOf = of;
        _body.Append(Text(bytes));
    }

    private void Line(string line)
    {
        FlushBody();
        _lines.Add(line);
    }

    private void FlushBody()
    {
        if (_bodyOf is not null)
            _lines.Add(_bodyOf + _body);
        _bodyOf = null;
        _body.Clear();
    }

    /// <summary>One exchange as it was told.</summary>
    internal sealed class Seen
    {
        public required string Method { get; init; }
        public required string Target { get; init; }
        public StringBuilder RequestBytes { get; } = new();
        public string RequestBody => RequestBytes.ToString();
        public bool RequestEnded { get; set; }
        public int? Status { get; set; }
        public int Interim { get; set; }
        public bool IsGrpc { get; init; }
        public GrpcMessageReader RequestMessages;
        public GrpcMessageReader ResponseMessages;
        public int GrpcStatus { get; set; } = -1;
        public string ResponseCoding { get; set; } = "";
        public StringBuilder ResponseBytes { get; } = new();
        public string ResponseBody => ResponseBytes.ToString();
        public ExchangeEnd? End { get; set; }
    }
}
