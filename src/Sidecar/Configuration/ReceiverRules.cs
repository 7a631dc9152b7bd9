using Sidecar.Configuration.Schema;

namespace Sidecar.Configuration;

/// <summary>What no key of the receiver of OTLP can say alone.</summary>
internal static class ReceiverRules
{
    private const string ForwardTo = "otlpReceiver.forwardTo";

    public static void Check(SidecarOptions options, BindContext context)
    {
        var receiver = options.OtlpReceiver;
        if (!context.IsSound(ForwardTo))
            return;
        if (receiver is { IsOn: true, ForwardTo: null })
            CrossFieldRules.Fail(context, ForwardTo, "null", "is needed, or what is received would be lost", "allowed: http://host:port of a receiver of OTLP over HTTP", receiver.Http is null ? "otlpReceiver.grpc" : "otlpReceiver.http");
        if (receiver is { IsOn: false, ForwardTo: { } unused } && context.IsSound("otlpReceiver.grpc") && context.IsSound("otlpReceiver.http"))
            CrossFieldRules.Fail(context, ForwardTo, unused.OriginalString, "has nothing to send on", "set otlpReceiver.grpc or otlpReceiver.http too");
    }
}
