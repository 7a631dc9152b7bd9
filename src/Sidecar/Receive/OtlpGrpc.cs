using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Sidecar.Model;

namespace Sidecar.Receive;

/// <summary>
/// OTLP over gRPC: the method Export of three services. Messages stay bytes, since they are sent on as they came; gRPC's framing, compression and limits are the library's.
/// </summary>
internal sealed class OtlpGrpc(OtlpIntake intake)
{
    private static readonly object Handled = new();

    public async Task<byte[]> ExportAsync(OtlpSignal signal, byte[] request, ServerCallContext call)
    {
        var context = call.GetHttpContext();
        context.Items[Handled] = Handled;
        var answer = await intake.TakeAsync(signal, grpc: true, request, request, json: false, OtlpIntake.Protobuf, contentEncoding: null, context.Request.Headers, call.CancellationToken).ConfigureAwait(false);
        if (answer.Outcome == ReceiveOutcome.Forwarded)
            return answer.ContentType?.StartsWith(OtlpIntake.Protobuf, StringComparison.OrdinalIgnoreCase) == true ? answer.Body : [];
        throw new RpcException(new Status(CodeOf(answer), answer.Problem ?? "canceled"));
    }

    /// <summary>Counts the calls that the library refuses before there is a message.</summary>
    public async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        await next(context).ConfigureAwait(false);
        if (OtlpPaths.Find(context.Request.Path) is not (var signal, true) || context.Items.ContainsKey(Handled))
            return;
        // In the trailers, or in the header of an answer without any.
        var trailers = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResponseTrailersFeature>()?.Trailers;
        var code = trailers is not null && trailers.TryGetValue("grpc-status", out var status) ? status.ToString() : context.Response.Headers["grpc-status"].ToString();
        var (outcome, problem) = code switch
        {
            "8" => (ReceiveOutcome.TooLarge, $"the message is larger than {OtlpIntake.MaxBody >> 20} MiB; let the exporter send smaller batches"),
            "12" => (ReceiveOutcome.Unsupported, "the compression of the message is not known: gzip and deflate are"),
            _ when context.RequestAborted.IsCancellationRequested => (ReceiveOutcome.Canceled, ""),
            _ => (ReceiveOutcome.Malformed, "the call holds no message of gRPC"),
        };
        intake.Reject(signal, grpc: true, outcome, context.Response.StatusCode, problem);
    }

    // OTLP specification, "OTLP/gRPC": exporters try again after UNAVAILABLE, and not after the others here.
    private static StatusCode CodeOf(ForwardAnswer answer) => (answer.Outcome, answer.Status) switch
    {
        (ReceiveOutcome.Unreachable or ReceiveOutcome.TimedOut or ReceiveOutcome.Unavailable, _) => StatusCode.Unavailable,
        (ReceiveOutcome.Canceled, _) => StatusCode.Cancelled,
        (_, 401) => StatusCode.Unauthenticated,
        (_, 403) => StatusCode.PermissionDenied,
        (_, 404 or 405) => StatusCode.Unimplemented,
        _ => StatusCode.InvalidArgument,
    };
}

/// <summary>The three methods, without generated classes.</summary>
internal sealed class OtlpGrpcMethods : IServiceMethodProvider<OtlpGrpc>
{
    private static readonly Marshaller<byte[]> AsTheyAre = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<OtlpGrpc> context)
    {
        foreach (var signal in Enum.GetValues<OtlpSignal>())
        {
            context.AddUnaryMethod(
                new Method<byte[], byte[]>(MethodType.Unary, OtlpPaths.ServiceOf(signal), "Export", AsTheyAre, AsTheyAre),
                metadata: [],
                (service, request, call) => service.ExportAsync(signal, request, call));
        }
    }
}
