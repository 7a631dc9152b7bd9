using System.Buffers;
using Sidecar.Model;

namespace Sidecar.Receive;

/// <summary>OTLP over HTTP (OTLP specification, "OTLP/HTTP"): protobuf or JSON, compressed or not.</summary>
internal sealed class OtlpHttp(OtlpIntake intake)
{
    private const string Hint = "Not here. This receiver has POST /v1/traces, /v1/metrics and /v1/logs.\n";

    public async Task HandleAsync(HttpContext context)
    {
        if (OtlpPaths.Find(context.Request.Path) is not (var signal, false))
        {
            await AnswerAsync(context, StatusCodes.Status404NotFound, Hint).ConfigureAwait(false);
        }
        else if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            await AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, Hint).ConfigureAwait(false);
        }
        else
        {
            var json = IsJson(context.Request);
            await AnswerAsync(context, await TakeAsync(context, signal, json).ConfigureAwait(false), json).ConfigureAwait(false);
        }
    }

    private async Task<ForwardAnswer> TakeAsync(HttpContext context, OtlpSignal signal, bool json)
    {
        var request = context.Request;
        if (!json && !Is(request, OtlpIntake.Protobuf))
            return intake.Reject(signal, grpc: false, ReceiveOutcome.Unsupported, StatusCodes.Status415UnsupportedMediaType, $"the content type is '{Short(request.ContentType)}', not {OtlpIntake.Protobuf} or {OtlpIntake.Json}");
        var encoding = request.Headers.ContentEncoding.ToString();
        var coding = ContentCodings.Parse(System.Text.Encoding.Latin1.GetBytes(encoding));
        if (coding == ContentCoding.Unsupported)
            return intake.Reject(signal, grpc: false, ReceiveOutcome.Unsupported, StatusCodes.Status415UnsupportedMediaType, $"the content coding '{Short(encoding)}' is not known: gzip, deflate, br and zstd are");

        using var sent = new MemoryStream();
        try
        {
            if (!await ReadAsync(request.Body, sent, context.RequestAborted).ConfigureAwait(false))
                return TooLarge(signal);
        }
        catch (BadHttpRequestException failure) when (failure.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge(signal);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // Too slow, cut short, or framed wrongly: there is nobody to answer.
            return intake.Reject(signal, grpc: false, ReceiveOutcome.Canceled, StatusCodes.Status400BadRequest, "the body did not come");
        }

        var bytes = sent.GetBuffer().AsMemory(0, (int)sent.Length);
        using var decoder = new ContentDecoder(OtlpIntake.MaxBody);
        ReadOnlyMemory<byte> plain = bytes;
        if (coding != ContentCoding.Identity && bytes.Length > 0 && decoder.TryDecode(coding, bytes, out plain) is not DecodingResult.Decoded and var failed)
            return failed == DecodingResult.TooLarge
                ? TooLarge(signal)
                : intake.Reject(signal, grpc: false, ReceiveOutcome.Malformed, StatusCodes.Status400BadRequest, $"the body is not of the content coding {Short(encoding)}");
        return await intake.TakeAsync(
            signal, grpc: false, bytes, plain, json, request.ContentType!, encoding.Length > 0 ? encoding : null, request.Headers, context.RequestAborted).ConfigureAwait(false);
    }

    // Reads over what is too much: an answer while the exporter still writes might not reach it.
    private static async Task<bool> ReadAsync(Stream body, MemoryStream into, CancellationToken left)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        var fits = true;
        try
        {
            for (int read; (read = await body.ReadAsync(buffer, left).ConfigureAwait(false)) > 0;)
            {
                fits &= into.Length + read <= OtlpIntake.MaxBody;
                if (fits)
                    into.Write(buffer, 0, read);
            }

            return fits;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ForwardAnswer TooLarge(OtlpSignal signal) => intake.Reject(
        signal, grpc: false, ReceiveOutcome.TooLarge, StatusCodes.Status413PayloadTooLarge, $"the body is larger than {OtlpIntake.MaxBody >> 20} MiB; let the exporter send smaller batches");

    private static bool IsJson(HttpRequest request) => Is(request, OtlpIntake.Json);

    private static bool Is(HttpRequest request, string type) =>
        request.ContentType is { } given && given.StartsWith(type, StringComparison.OrdinalIgnoreCase) && (given.Length == type.Length || given[type.Length] is ';' or ' ');

    private static string Short(string? text) => text is { Length: > 64 } ? text[..64] + "…" : text ?? "";

    private static async Task AnswerAsync(HttpContext context, ForwardAnswer answer, bool json)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return;
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType ?? (json ? OtlpIntake.Json : OtlpIntake.Protobuf);
        if (answer.RetryAfter is { } after)
            context.Response.Headers.RetryAfter = after;
        var body = answer.ContentType is null && answer.Problem is { } problem ? OtlpStatus.Of(answer.Status, problem, json) : answer.Body;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
