using System.Globalization;
using Sidecar.Wire;

namespace Sidecar.Model;

/// <summary>How an exchange went, as its metric says it: the label <c>error.type</c> of OpenTelemetry's conventions.</summary>
public static class ErrorTypes
{
    private static readonly string[] Statuses = [.. Enumerable.Range(400, 200).Select(code => code.ToString(CultureInfo.InvariantCulture))];

    // https://grpc.github.io/grpc/core/md_doc_statuscodes.html
    private static readonly string[] GrpcStatuses =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <summary>The name of a gRPC status, 0 to 16; that of UNKNOWN for any other.</summary>
    public static string OfGrpc(int status) => GrpcStatuses[(uint)status < (uint)GrpcStatuses.Length ? status : 2];

    /// <summary>
    /// The <c>error.type</c> of an exchange; null when it succeeded. An answer of gRPC without a status is UNKNOWN, as its clients read it; what a
    /// client gave up at its own deadline is DEADLINE_EXCEEDED, which is the server's failure, and not <c>client_aborted</c>, which is nobody's. A client that
    /// leaves at the mark of a stream's end has got everything.
    /// </summary>
    public static string? Of(Exchange exchange) => exchange switch
    {
        { DialFailure: DialFailure.Refused } => "connection_refused",
        { DialFailure: DialFailure.OutOfSockets } => "relay_limit",
        { DialFailure: DialFailure.Handshake } => "upstream_tls",
        { DeadlineExceeded: true } => GrpcStatuses[4],
        { End: ExchangeEnd.UpstreamReset } => "upstream_reset",
        { End: ExchangeEnd.UpstreamTimedOut } => "upstream_timeout",
        { End: ExchangeEnd.UpstreamAborted } => "upstream_aborted",
        { End: ExchangeEnd.Refused } => "stream_refused",
        { End: ExchangeEnd.ClientReset or ExchangeEnd.ClientAborted or ExchangeEnd.ClientTimedOut, Arrivals.IsDone: false } => "client_aborted",
        { End: ExchangeEnd.Shutdown } => "shutdown",
        { Status: >= 400 and < 600 } => Statuses[exchange.Status - 400],
        { GrpcStatus: > 0 } => OfGrpc(exchange.GrpcStatus),
        { IsGrpc: true, GrpcStatus: < 0, End: ExchangeEnd.Complete } => GrpcStatuses[2],
        _ => null,
    };
}
