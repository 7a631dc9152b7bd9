namespace Sidecar.Configuration;

/// <summary>Where the application's own telemetry is received and sent on.</summary>
public sealed record OtlpReceiverOptions
{
    /// <summary>Address that takes OTLP over gRPC, best on loopback, such as 127.0.0.1:4317; null means none.</summary>
    public EndPointSetting? Grpc { get; init; }

    /// <summary>Address that takes OTLP over HTTP, in protobuf or JSON, best on loopback, such as 127.0.0.1:4318; null means none.</summary>
    public EndPointSetting? Http { get; init; }

    /// <summary>Base address of the receiver that it is sent on to, over HTTP, such as http://collector:4318; needed with either.</summary>
    public Uri? ForwardTo { get; init; }

    /// <summary>Whether there is anything to receive on.</summary>
    public bool IsOn => Grpc is not null || Http is not null;
}
