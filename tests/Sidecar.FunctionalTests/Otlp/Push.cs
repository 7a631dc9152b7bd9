using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Otlp;

/// <summary>What tests of telemetry that is pushed have in common.</summary>
internal static class Push
{
    public const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    public const string ParentId = "00f067aa0ba902b7";

    /// <summary>The variables that push everything to a receiver, soon.</summary>
    public static IReadOnlyDictionary<string, string> Variables(OtlpReceiver receiver, string protocol = "http/protobuf") => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = protocol == "grpc" ? receiver.Grpc : receiver.Http,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol,
        ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "50",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
    };

    /// <summary>A sidecar's surroundings in which there are these variables and no others; later ones win.</summary>
    public static SidecarHooks Hooks(IReadOnlyDictionary<string, string> variables, params (string Name, string Value)[] more)
    {
        var all = new Dictionary<string, string>(variables);
        foreach (var (name, value) in more)
            all[name] = value;
        return new SidecarHooks { Variable = all.GetValueOrDefault };
    }

    public static SidecarHooks With(this SidecarHooks hooks, ILoggerFactory logs) => hooks with { Logs = logs };

    /// <summary>A header line with a trace.</summary>
    public static string TraceParent(string flags, string trace = TraceId) => $"traceparent: 00-{trace}-{ParentId}-{flags}\r\n";

    /// <summary>A trace id of its own, by number.</summary>
    public static string Trace(int number) => $"{number + 1:x32}";

    /// <summary>Ends a sidecar in order: what it has to say is sent by then.</summary>
    public static Task StopAsync(RelayUnderTest sidecar) => sidecar.Application.StopAsync(TimeSpan.Zero, RelayUnderTest.Patience);

    /// <summary>Answers inferences whose request has a field <c>x-fail</c> with the status 500 after a while, and everything else well.</summary>
    public static Func<FakeExchange, Task<bool>> FailWhereAsked(TimeSpan after = default) => async exchange =>
    {
        if (!exchange.Head.Fields.ContainsKey("x-fail"))
            return false;
        await exchange.ReadBodyAsync();
        // A timer may be early by a tick of its clock.
        for (var since = Stopwatch.StartNew(); since.Elapsed < after;)
            await Task.Delay(1 + (int)(after - since.Elapsed).TotalMilliseconds);
        await exchange.AnswerAsync(500, """{"error":"no"}""");
        return true;
    };
}
