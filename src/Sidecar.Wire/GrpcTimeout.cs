namespace Sidecar.Wire;

/// <summary>The value of <c>grpc-timeout</c>: at most eight digits and a unit (gRPC over HTTP/2, "Timeout").</summary>
public static class GrpcTimeout
{
    /// <summary>The timeout in nanoseconds; 0 where there is none, or it is not one.</summary>
    public static long Nanos(ReadOnlySpan<byte> value)
    {
        if (value.Length is < 2 or > 9)
            return 0;
        var count = Http1Framing.ParseLength(value[..^1]);
        long unit = value[^1] switch
        {
            (byte)'H' => 3_600_000_000_000,
            (byte)'M' => 60_000_000_000,
            (byte)'S' => 1_000_000_000,
            (byte)'m' => 1_000_000,
            (byte)'u' => 1_000,
            (byte)'n' => 1,
            _ => 0,
        };
        // 99,999,999 hours are more nanoseconds than a long holds: then there is as good as no deadline.
        return count <= 0 || unit == 0 || count > long.MaxValue / unit ? 0 : count * unit;
    }
}
