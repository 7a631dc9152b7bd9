using System.Globalization;
using Grpc.Core;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>The service of the gRPC tests on ASP.NET Core: messages are bytes, and what happens to them is said by the call's metadata. <c>Node/echo-service.mjs</c> is the same.</summary>
/// <remarks>Its methods are virtual because the library looks for overridable ones.</remarks>
[BindServiceMethod(typeof(EchoService), nameof(Bind))]
internal class EchoService
{
    private const string Name = "sidecar.test.Echo";

    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create(bytes => bytes, bytes => bytes);

    public static Method<byte[], byte[]> UnaryMethod { get; } = new(MethodType.Unary, Name, nameof(Unary), Bytes, Bytes);
    public static Method<byte[], byte[]> CollectMethod { get; } = new(MethodType.ClientStreaming, Name, nameof(Collect), Bytes, Bytes);
    public static Method<byte[], byte[]> RepeatMethod { get; } = new(MethodType.ServerStreaming, Name, nameof(Repeat), Bytes, Bytes);
    public static Method<byte[], byte[]> TalkMethod { get; } = new(MethodType.DuplexStreaming, Name, nameof(Talk), Bytes, Bytes);

    /// <summary>One that the server does not have.</summary>
    public static Method<byte[], byte[]> MissingMethod { get; } = new(MethodType.Unary, Name, "Missing", Bytes, Bytes);

    public static void Bind(ServiceBinderBase binder, EchoService? service)
    {
        binder.AddMethod(UnaryMethod, (UnaryServerMethod<byte[], byte[]>)null!);
        binder.AddMethod(CollectMethod, (ClientStreamingServerMethod<byte[], byte[]>)null!);
        binder.AddMethod(RepeatMethod, (ServerStreamingServerMethod<byte[], byte[]>)null!);
        binder.AddMethod(TalkMethod, (DuplexStreamingServerMethod<byte[], byte[]>)null!);
    }

    public virtual async Task<byte[]> Unary(byte[] request, ServerCallContext context)
    {
        if (Said(context, "x-refuse") is { } code)
            throw new RpcException(new Status((StatusCode)int.Parse(code, CultureInfo.InvariantCulture), Said(context, "x-fail-text") ?? ""));
        await BeginAsync(context);
        End(context);
        return request;
    }

    public virtual async Task<byte[]> Collect(IAsyncStreamReader<byte[]> requests, ServerCallContext context)
    {
        await BeginAsync(context);
        using var all = new MemoryStream();
        await foreach (var request in requests.ReadAllAsync())
            all.Write(request);
        End(context);
        return all.ToArray();
    }

    public virtual async Task Repeat(byte[] request, IServerStreamWriter<byte[]> responses, ServerCallContext context)
    {
        await BeginAsync(context);
        for (var i = int.Parse(Said(context, "x-count")!, CultureInfo.InvariantCulture); i > 0; i--)
            await responses.WriteAsync(request);
        End(context);
    }

    public virtual async Task Talk(IAsyncStreamReader<byte[]> requests, IServerStreamWriter<byte[]> responses, ServerCallContext context)
    {
        await BeginAsync(context);
        await foreach (var request in requests.ReadAllAsync())
            await responses.WriteAsync(request);
        // A client may end its side before it cancels.
        if (Said(context, "x-hold") is not null)
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        End(context);
    }

    private static Task BeginAsync(ServerCallContext context) => context.WriteResponseHeadersAsync(
        [new("x-head", "of the server"), new("x-head-bin", [0, 255, 128, 7])]);

    private static void End(ServerCallContext context)
    {
        context.ResponseTrailers.Add("x-done", "yes");
        context.ResponseTrailers.Add("x-done-bin", "all of it"u8.ToArray());
        if (Said(context, "x-fail") is { } code)
            throw new RpcException(new Status((StatusCode)int.Parse(code, CultureInfo.InvariantCulture), Said(context, "x-fail-text") ?? ""));
    }

    private static string? Said(ServerCallContext context, string name) => context.RequestHeaders.GetValue(name);
}
