using System.Diagnostics;
using System.Text.Json;
using Sidecar.Benchmarks.Bodies;

namespace Sidecar.Benchmarks.ConstantRate;

/// <summary>
/// A load at a fixed rate that doesn't wait for answers: request <i>i</i> is due at <i>i</i>/rate, and its latency counts from then, also when
/// no connection was free and it was sent later. So a stall shows in every request that it delayed. (wrk has no rate; h2load measures from the
/// sending.) Prints one line of JSON.
/// </summary>
internal static class ConstantRateCommand
{
    // What isn't answered this long after the last request was due is a failure.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static int Run(Arguments arguments)
    {
        var target = arguments.EndPoint("target");
        var body = BodyKind.Parse(arguments.RequiredText("body"));
        var bodies = arguments.Text("bodies");
        var firstId = arguments.Count("run", 1) * V2Json.IdsPerRun;
        var connections = arguments.Count("connections", 1);
        var rate = arguments.Count("rate", 1000);
        var duration = arguments.Seconds("duration", TimeSpan.FromSeconds(8));
        arguments.RejectUnread();

        var texts = body.IsGrpc ? null : new RequestTexts(bodies is null ? V2Json.Requests(body.RequestValues) : File.ReadLines(bodies), firstId);
        using var clients = new RateClients(connections, log => texts is null
            ? new GrpcRateClient(target, body, log)
            : new HttpRateClient(target, body, texts, log));
        var schedule = new RateSchedule(Stopwatch.Frequency, rate, duration, Patience);

        // A thread of its own: its timers are set to fire on the microsecond, and nothing else runs on it.
        var thread = new Thread(() => clients.Run(schedule));
        thread.Start();
        thread.Join();
        Console.WriteLine(JsonSerializer.Serialize(clients.Log.Summary(schedule.Total, duration)));
        return ExitCodes.Ok;
    }
}
