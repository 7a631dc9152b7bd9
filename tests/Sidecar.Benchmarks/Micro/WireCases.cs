using System.Text;
using Sidecar.Benchmarks.Bodies;
using Sidecar.Benchmarks.Http2;
using Sidecar.Benchmarks.ModelServer;
using Sidecar.Wire;

namespace Sidecar.Benchmarks.Micro;

/// <summary>Exchanges on a kept-alive connection, as the relay shows them to the observer.</summary>
internal static class WireCases
{
    private static readonly byte[] Request = Message(
        "POST /v2/models/m/infer HTTP/1.1\r\nHost: model.default.svc:8080\r\nUser-Agent: python-requests/2.32.3\r\nAccept: */*\r\n" +
        "Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nContent-Type: application/json\r\n",
        V2Json.Requests(values: 32).First());

    private static readonly byte[] Response = Message(
        "HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Fri, 17 May 2024 10:00:00 GMT\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n",
        """{"model_name":"m","model_version":"1","id":"benchmark","outputs":[{"name":"p","datatype":"FP32","shape":[1,2],"data":[0.25,0.75]}]}""");

    private static readonly byte[] LargeRequest = Message(
        "POST /v2/models/m/infer HTTP/1.1\r\nHost: model\r\nContent-Type: application/json\r\n", new string('1', 64 * 1024));

    public static readonly HotPathCase[] All =
    [
        new("Http1Observer.Exchange", () => Exchange(Request, Request.Length)),
        // Cut inside the head, as a client does that writes the head in two goes: the observer has to keep the first part.
        new("Http1Observer.Exchange_SplitHead", () => Exchange(Request, 100)),
        new("Http1Observer.Exchange_64KiBBody", () => Exchange(LargeRequest, 16 * 1024)),
        new("ConnectionObserver.GrpcCall", GrpcCall),
    ];

    private static Action Exchange(byte[] request, int portion)
    {
        var events = new CountingEvents();
        var observer = new Http1Observer(new ObserverLimits());
        observer.Reset(events);
        return () =>
        {
            var ended = events.Complete;
            for (var at = 0; at < request.Length; at += portion)
                observer.OnClientBytes(request.AsSpan(at, Math.Min(portion, request.Length - at)));
            observer.OnServerBytes(Response);
            if (events.Complete != ended + 1)
                throw new InvalidOperationException("the observer did not see one whole exchange");
        };
    }

    private static Action GrpcCall()
    {
        byte[] request =
        [
            .. Http2Frame.Bytes(Http2Frame.Headers, Http2Frame.EndHeaders, 0,
            [
                0x83, 0x86, .. Http2Frame.Field(4, ":path", BodyKind.GrpcPath), .. Http2Frame.Field(1, ":authority", "model:8001"),
                .. Http2Frame.Field(0, "te", "trailers"), .. Http2Frame.Field(31, "content-type", "application/grpc"),
            ]),
            .. Http2Frame.Bytes(Http2Frame.Data, Http2Frame.EndStream, 0, GrpcMessages.Request(values: 240)),
        ];
        var answers = new ModelAnswers(BodyKind.Parse("grpc-240"));
        var response = answers.Grpc;
        var events = new CountingEvents();
        var observer = new ConnectionObserver(new ObserverLimits());
        observer.Reset(events);
        observer.OnClientBytes([.. Http2Frame.Preface, .. Http2Frame.WideOpen]);
        observer.OnServerBytes(Http2Frame.WideOpen);
        var requestFrames = Http2Frame.Starts(request);
        var stream = 1;
        return () =>
        {
            var ended = events.Complete;
            Http2Frame.SetStream(request, requestFrames, stream);
            Http2Frame.SetStream(response, answers.GrpcFrameStarts, stream);
            stream += 2;
            observer.OnClientBytes(request);
            observer.OnServerBytes(response);
            if (events.Complete != ended + 1)
                throw new InvalidOperationException("the observer did not see one whole call");
        };
    }

    private static byte[] Message(string head, string body) => Encoding.ASCII.GetBytes($"{head}Content-Length: {body.Length}\r\n\r\n{body}");

    private sealed class CountingEvents : IExchangeEvents
    {
        private long _bodyBytes;

        public long Complete { get; private set; }

        public void OnRequestHead(int slot, in RequestHead head) => _bodyBytes = 0;

        public void OnRequestBody(int slot, ReadOnlySpan<byte> decodedBytes) => _bodyBytes += decodedBytes.Length;

        public void OnRequestEnd(int slot)
        {
        }

        public void OnResponseHead(int slot, in ResponseHead head)
        {
        }

        public void OnResponseBody(int slot, ReadOnlySpan<byte> decodedBytes) => _bodyBytes += decodedBytes.Length;

        public void OnResponseTrailers(int slot, in ResponseTrailers trailers)
        {
        }

        public void OnResponseEnd(int slot)
        {
        }

        public void OnExchangeSkipped(OpaqueReason reason) => throw new InvalidOperationException($"an exchange was skipped: {reason}");

        public void OnExchangeEnded(int slot, ExchangeEnd how) => Complete += how == ExchangeEnd.Complete && _bodyBytes > 0 ? 1 : 0;

        public void OnOpaque(OpaqueReason reason) => throw new InvalidOperationException($"the observer gave up: {reason}");
    }
}
