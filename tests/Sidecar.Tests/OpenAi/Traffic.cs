using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Analysis;
using Sidecar.Capture;
using Sidecar.Configuration;
using Sidecar.Model;
using Sidecar.Tests.Capture;

namespace Sidecar.Tests.OpenAi;

/// <summary>Exchanges with a generative model as the relay's taps see them, piece by piece on a clock of their own, and what the analysis makes of them.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    public const string Chat = "/v1/chat/completions";
    public const string Ask = """{"model":"asked","messages":[{"role":"user","content":"secret-4711"}],"stream":true}""";
    public const string Role = """{"id":"c1","model":"served","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""";
    public const string Stop = """{"id":"c1","model":"served","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""";
    public const string Usage = """{"id":"c1","model":"served","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}""";
    public const string Done = "[DONE]";

    private readonly CountingIntake _intake = new() { Kept = [] };
    private readonly CapturePool _pool;
    private ConnectionTap _tap;

    public Traffic(SidecarOptions? options = null)
    {
        options ??= new SidecarOptions();
        Analysis = new ModelAnalysis(
            options, [new UpstreamTarget(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 1))], Time, NullLoggerFactory.Instance, reference: null, calibration: null, _ => { }, _ => { }, (_, _) => { });
        Record = new InferenceRecord(Analysis.Unknown);
        _pool = new CapturePool(0, new CaptureSettings(1 << 22, 1), new DecodeGovernor(1, Time), new BodyPool(1 << 25, 1 << 22), _intake, Time);
        _intake.Pool = _pool;
        _tap = Connect();
    }

    public FakeTimeProvider Time { get; } = new();

    public ModelAnalysis Analysis { get; }

    public InferenceRecord Record { get; }

    public static string Piece(string text) => $$"""{"id":"c1","model":"served","choices":[{"index":0,"delta":{"content":"{{text}}"},"finish_reason":null}]}""";

    /// <summary>An event, as most servers write it.</summary>
    public static string Event(string data) => $"data: {data}\n\n";

    public ValueTask DisposeAsync() => Analysis.DisposeAsync();

    /// <summary>Sends a request; the answer follows.</summary>
    public void Request(string body = Ask, string path = Chat) =>
        Client($"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>A whole answer in JSON, at once.</summary>
    public Exchange Answer(string body, int status = 200)
    {
        Server($"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        return Last;
    }

    public void BeginStream(string fields = "") => Server($"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n{fields}Transfer-Encoding: chunked\r\n\r\n");

    /// <summary>A piece of the stream's body, some milliseconds after the one before.</summary>
    public void Send(int after, string text)
    {
        Time.Advance(TimeSpan.FromMilliseconds(after));
        Server(string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n"));
    }

    /// <summary>As <see cref="Send"/>.</summary>
    public void SendBytes(int after, byte[] bytes)
    {
        Time.Advance(TimeSpan.FromMilliseconds(after));
        _tap.OnUpstreamBytes([.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{bytes.Length:x}\r\n")), .. bytes, (byte)'\r', (byte)'\n'], Time.GetTimestamp());
    }

    /// <summary>The body's own end.</summary>
    public Exchange EndStream()
    {
        Server("0\r\n\r\n");
        return Last;
    }

    /// <summary>The connection ends in the middle.</summary>
    public Exchange Leave(bool byClient)
    {
        if (byClient)
            _tap.OnClientClosed(Time.GetTimestamp());
        else
            _tap.OnUpstreamClosed(Time.GetTimestamp());
        _tap.OnEnded(ConnectionEnd.Closed, Time.GetTimestamp());
        _tap = Connect();
        return Last;
    }

    /// <summary>A stream of chunks, 100 ms for the first event and 10 ms for each that follows; it ends as it should.</summary>
    public Exchange Stream(params string[] events)
    {
        Request();
        BeginStream();
        for (var i = 0; i < events.Length; i++)
            Send(i == 0 ? 100 : 10, Event(events[i]));
        return EndStream();
    }

    /// <summary>Steps 6 to 8, as the data path takes them.</summary>
    /// <param name="each">Called for every message.</param>
    public void Analyse(Exchange exchange, Action? each = null)
    {
        Analysis.Decode(exchange, Record);
        do
        {
            ModelAnalysis.Check(Record);
            Analysis.Update(Record, exchange.StartedUnixNanos);
            each?.Invoke();
        }
        while (Analysis.DecodeNext(exchange, Record));
    }

    private Exchange Last => _intake.Kept![^1];

    private ConnectionTap Connect()
    {
        var tap = _pool.RentTap();
        tap.Start(0);
        return tap;
    }

    private void Client(string text) => _tap.OnClientBytes(Encoding.UTF8.GetBytes(text), Time.GetTimestamp());

    private void Server(string text) => _tap.OnUpstreamBytes(Encoding.UTF8.GetBytes(text), Time.GetTimestamp());
}
