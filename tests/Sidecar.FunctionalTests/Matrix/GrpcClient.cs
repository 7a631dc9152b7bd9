using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Sidecar.FunctionalTests.Harness;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>A client of gRPC that makes the calls of a script, and says what it saw.</summary>
/// <param name="Gzip">It compresses its messages.</param>
internal abstract record GrpcClient(bool Gzip)
{
    public static GrpcClient Of(string name, bool gzip) => name == "grpc-dotnet" ? new GrpcDotnetClient(gzip) : new GrpcJsClient(gzip);

    public abstract Task<SeenExchanges> RunAsync(IPEndPoint server, GrpcScript script);
}

/// <summary>grpc-dotnet, on HttpClient.</summary>
internal sealed record GrpcDotnetClient(bool Gzip) : GrpcClient(Gzip)
{
    public override async Task<SeenExchanges> RunAsync(IPEndPoint server, GrpcScript script)
    {
        using var handler = DotnetHttpClient.HandlerTo(server);
        using var channel = GrpcChannel.ForAddress("http://" + HttpCase.Host, new GrpcChannelOptions { HttpHandler = handler });
        var invoker = channel.CreateCallInvoker();
        var seen = new List<SeenExchange>();
        foreach (var call in script.InTurn)
            seen.Add(await MakeAsync(invoker, call));
        seen.AddRange(await Task.WhenAll(script.AtOnce.Select(call => MakeAsync(invoker, call))));
        return new SeenExchanges(seen);
    }

    private async Task<SeenExchange> MakeAsync(CallInvoker invoker, GrpcCase call)
    {
        var metadata = new Metadata { { "x-request-id", call.Name } };
        foreach (var (name, value) in call.Metadata)
            metadata.Add(name.EndsWith("-bin", StringComparison.Ordinal) ? new Metadata.Entry(name, Convert.FromBase64String(value)) : new Metadata.Entry(name, value));
        var told = Lines(metadata).ToList();
        if (Gzip)
            metadata.Add("grpc-internal-encoding-request", "gzip"); // an order to the library, which it does not send

        using var cancel = new CancellationTokenSource();
        var deadline = call.Deadline > 0 ? DateTime.UtcNow.AddMilliseconds(call.Deadline) : (DateTime?)null;
        var conversation = new Conversation(invoker, new CallOptions(metadata, deadline, cancel.Token), call, cancel);
        var head = await conversation.RunAsync();
        var (status, trailers) = (conversation.Status, conversation.Trailers);
        return new SeenExchange(
            call.Name,
            new SeenMessage
            {
                Start = $"POST /sidecar.test.Echo/{call.Method} HTTP/2",
                SomeFields = told,
                Messages = call.Method == "Missing" ? null : conversation.Sent, // may be refused before its message is out
            },
            new SeenMessage
            {
                Start = "200",
                SomeFields =
                [
                    .. Lines(head).Union(Lines(trailers)), // the same ones where the answer is one of trailers only
                    $"grpc-status: {(int)status.StatusCode}", .. status.Detail.Length > 0 ? [$"grpc-message: {status.Detail}"] : (string[])[],
                ],
                Messages = conversation.Received,
            }).Normalised();
    }

    private static IEnumerable<string> Lines(Metadata metadata) => metadata.Where(entry => entry.Key is not ("grpc-status" or "grpc-message"))
        .Select(entry => $"{entry.Key}: {(entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value)}");

    /// <summary>One call, of whatever kind.</summary>
    private sealed class Conversation(CallInvoker invoker, CallOptions options, GrpcCase call, CancellationTokenSource cancel)
    {
        public List<string> Sent { get; } = [];
        public List<string> Received { get; } = [];
        public Status Status { get; private set; }
        public Metadata Trailers { get; private set; } = [];

        /// <summary>Makes it, whatever its end.</summary>
        /// <returns>The initial metadata.</returns>
        public async Task<Metadata> RunAsync()
        {
            var head = new Metadata();
            try
            {
                switch (call.Method)
                {
                    case "Unary" or "Missing":
                        using (var unary = invoker.AsyncUnaryCall(call.Method == "Unary" ? EchoService.UnaryMethod : EchoService.MissingMethod, HttpCase.Host, options, Send(call.Messages.Single())))
                        {
                            head = await unary.ResponseHeadersAsync;
                            Receive(await unary.ResponseAsync);
                            End(unary.GetStatus(), unary.GetTrailers());
                        }

                        break;
                    case "Collect":
                        using (var collect = invoker.AsyncClientStreamingCall(EchoService.CollectMethod, HttpCase.Host, options))
                        {
                            foreach (var message in call.Messages)
                                await collect.RequestStream.WriteAsync(Send(message));
                            await collect.RequestStream.CompleteAsync();
                            head = await collect.ResponseHeadersAsync;
                            Receive(await collect.ResponseAsync);
                            End(collect.GetStatus(), collect.GetTrailers());
                        }

                        break;
                    case "Repeat":
                        using (var repeat = invoker.AsyncServerStreamingCall(EchoService.RepeatMethod, HttpCase.Host, options, Send(call.Messages.Single())))
                        {
                            head = await repeat.ResponseHeadersAsync;
                            await foreach (var message in repeat.ResponseStream.ReadAllAsync())
                                Receive(message);

                            End(repeat.GetStatus(), repeat.GetTrailers());
                        }

                        break;
                    default:
                        using (var talk = invoker.AsyncDuplexStreamingCall(EchoService.TalkMethod, HttpCase.Host, options))
                        {
                            foreach (var message in call.Messages)
                            {
                                await talk.RequestStream.WriteAsync(Send(message));
                                await talk.ResponseStream.MoveNext(CancellationToken.None);
                                Receive(talk.ResponseStream.Current);
                                if (Received.Count == call.CancelAfter)
                                    await cancel.CancelAsync();
                            }

                            head = await talk.ResponseHeadersAsync;
                            await talk.RequestStream.CompleteAsync();
                            await talk.ResponseStream.MoveNext(CancellationToken.None);
                            End(talk.GetStatus(), talk.GetTrailers());
                        }

                        break;
                }
            }
            catch (RpcException failure)
            {
                End(failure.Status, failure.Trailers);
            }

            return head;
        }

        private void End(Status status, Metadata trailers) => (Status, Trailers) = (status, trailers);

        private byte[] Send(byte[] message)
        {
            Sent.Add(Told(message));
            return message;
        }

        private void Receive(byte[] message) => Received.Add(Told(message));

        private static string Told(byte[] message) => $"{message.Length} {Convert.ToHexString(SHA256.HashData(message))}";
    }
}

/// <summary>@grpc/grpc-js, on Node.js.</summary>
internal sealed record GrpcJsClient(bool Gzip) : GrpcClient(Gzip)
{
    public override async Task<SeenExchanges> RunAsync(IPEndPoint server, GrpcScript script)
    {
        var program = NodeFolder.Require("grpc-client.mjs");
        using var folder = new TemporaryFolder();
        var file = folder.File("script.json", JsonSerializer.SerializeToUtf8Bytes(new
        {
            inTurn = script.InTurn.Select(Json),
            atOnce = script.AtOnce.Select(Json),
        }));
        var told = await Tool.RunAsync("node", [program, Gzip ? "gzip" : "plain", server.Port.ToString(CultureInfo.InvariantCulture), file]);
        return new SeenExchanges(told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(SeenExchange.Parse));
    }

    private static object Json(GrpcCase call) => new
    {
        id = call.Name,
        method = call.Method,
        metadata = call.Metadata.Select(field => new[] { field.Name, field.Value }),
        messages = call.Messages.Select(Convert.ToBase64String),
        deadline = call.Deadline,
        cancelAfter = call.CancelAfter,
    };
}
