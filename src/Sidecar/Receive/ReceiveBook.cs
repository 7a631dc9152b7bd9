using System.Diagnostics.Metrics;
using Sidecar.Model;
using Sidecar.Telemetry;

namespace Sidecar.Receive;

/// <summary>What became of a request of the application's telemetry. Closed: metric labels.</summary>
internal enum ReceiveOutcome : byte
{
    /// <summary>The receiver behind took it.</summary>
    Forwarded,

    /// <summary>Not OTLP, or not of the signal of its path, or not of the coding that it names.</summary>
    Malformed,

    /// <summary>Over the bound of a body, compressed or not.</summary>
    TooLarge,

    /// <summary>A content type or coding that is not known here.</summary>
    Unsupported,

    /// <summary>The receiver behind can't be reached, or broke off.</summary>
    Unreachable,

    /// <summary>It did not answer in time.</summary>
    TimedOut,

    /// <summary>It does not want it now: 429, or any 5xx.</summary>
    Unavailable,

    /// <summary>It does not want it at all: any other answer.</summary>
    Refused,

    /// <summary>The application left before there was an answer.</summary>
    Canceled,
}

/// <summary>The book of received telemetry: requests by what became of them, and the items in those that were read.</summary>
internal sealed class ReceiveBook
{
    private static readonly string[] Protocols = ["http", "grpc"];
    private static readonly int Signals = Labels<OtlpSignal>.Count, Outcomes = Labels<ReceiveOutcome>.Count;

    private readonly long[] _requests = new long[Signals * Protocols.Length * Outcomes];
    private readonly long[] _items = new long[Signals * Outcomes];
    private readonly long[] _rejected = new long[Signals];

    /// <summary>Counts one request.</summary>
    /// <param name="items">In it, as far as that is known: 0 for one that could not be read.</param>
    /// <param name="rejected">Of them, those that the receiver behind did not take (partial success).</param>
    public void Count(OtlpSignal signal, bool grpc, ReceiveOutcome outcome, long items = 0, long rejected = 0)
    {
        Interlocked.Increment(ref _requests[Index(signal, grpc, outcome)]);
        rejected = Math.Clamp(rejected, 0, items);
        Interlocked.Add(ref _items[((int)signal * Outcomes) + (int)outcome], items - rejected);
        Interlocked.Add(ref _rejected[(int)signal], rejected);
    }

    public long Requests(OtlpSignal signal, bool grpc, ReceiveOutcome outcome) => Interlocked.Read(ref _requests[Index(signal, grpc, outcome)]);

    /// <summary>The source for <see cref="Catalogue.ReceivedRequests"/>: what has happened at least once.</summary>
    public IEnumerable<Measurement<long>> ObserveRequests() =>
        from signal in Enum.GetValues<OtlpSignal>()
        from grpc in (bool[])[false, true]
        from outcome in Enum.GetValues<ReceiveOutcome>()
        let count = Requests(signal, grpc, outcome)
        where count > 0
        select new Measurement<long>(count, Tags.Of(Catalogue.ReceivedRequests, signal.Label(), Protocols[grpc ? 1 : 0], Result(outcome), Reason(outcome)));

    /// <summary>The source for <see cref="Catalogue.ReceivedItems"/>, likewise.</summary>
    public IEnumerable<Measurement<long>> ObserveItems()
    {
        foreach (var signal in Enum.GetValues<OtlpSignal>())
        {
            foreach (var outcome in Enum.GetValues<ReceiveOutcome>())
            {
                if (Interlocked.Read(ref _items[((int)signal * Outcomes) + (int)outcome]) is > 0 and var count)
                    yield return new(count, Tags.Of(Catalogue.ReceivedItems, signal.Label(), Result(outcome), Reason(outcome)));
            }

            if (Interlocked.Read(ref _rejected[(int)signal]) is > 0 and var rejected)
                yield return new(rejected, Tags.Of(Catalogue.ReceivedItems, signal.Label(), "failed", "partial_success"));
        }
    }

    private static int Index(OtlpSignal signal, bool grpc, ReceiveOutcome outcome) => ((((int)signal * Protocols.Length) + (grpc ? 1 : 0)) * Outcomes) + (int)outcome;

    // Rejected by us, for what it is; or failed behind us.
    private static string Result(ReceiveOutcome outcome) => outcome switch
    {
        ReceiveOutcome.Forwarded => "forwarded",
        ReceiveOutcome.Malformed or ReceiveOutcome.TooLarge or ReceiveOutcome.Unsupported => "rejected",
        _ => "failed",
    };

    private static string? Reason(ReceiveOutcome outcome) => outcome == ReceiveOutcome.Forwarded ? null : Labels<ReceiveOutcome>.Of((int)outcome);
}
