using System.Net;
using Sidecar.Configuration;
using Sidecar.Configuration.Schema;

namespace Sidecar.Tests.Configuration;

public class SettingTests
{
    [Theory]
    [InlineData("0.0.0.0:9180", "0.0.0.0", 9180)]
    [InlineData("127.0.0.1:0", "127.0.0.1", 0)]
    [InlineData("[::1]:0", "::1", 0)]
    [InlineData("[0:0:0:0:0:0:0:1]:65535", "::1", 65535)]
    [InlineData("localhost:80", "127.0.0.1", 80)]
    public void EndPoint_TryParse_reads_addresses(string text, string address, int port)
    {
        Assert.True(EndPointSetting.TryParse(text, out var setting));
        Assert.Equal(new IPEndPoint(IPAddress.Parse(address), port), setting.ToIPEndPoint());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("9180")]
    [InlineData(":9180")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1: 1")]
    [InlineData("127.0.0.1:99999999999999999999")]
    [InlineData("::1:80")]
    [InlineData("[::1]")]
    [InlineData("[127.0.0.1]:80")]
    [InlineData("127.1:80")]
    [InlineData("010.0.0.1:80")]
    [InlineData("1:80")]
    [InlineData("model:80")]
    [InlineData("http://127.0.0.1:80")]
    public void EndPoint_TryParse_refuses_others(string? text) => Assert.False(EndPointSetting.TryParse(text, out _));

    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("HTTP://127.0.0.1:8080/", "http://127.0.0.1:8080")]
    [InlineData("127.0.0.1:8001", "http://127.0.0.1:8001")]
    [InlineData("http://model-a.ns.svc:80", "http://model-a.ns.svc:80")]
    [InlineData("https://model:443", "https://model:443")]
    [InlineData("HTTPS://[::1]:8443/", "https://[::1]:8443")]
    [InlineData("unix:/run/model.sock", "unix:/run/model.sock")]
    [InlineData("UNIX:///run/model.sock", "unix:/run/model.sock")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080")]
    public void Upstream_TryParse_reads_servers(string text, string canonical)
    {
        Assert.True(UpstreamSetting.TryParse(text, out var setting));
        Assert.Equal(canonical, setting.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("http://")]
    [InlineData("http://model")]
    [InlineData("http://model:0")]
    [InlineData("http://model:80/v2")]
    [InlineData("http://user:pass@model:80")]
    [InlineData("http://model:80?x=1")]
    [InlineData("grpc://model:80")]
    [InlineData("unix:")]
    [InlineData("unix:/")]
    [InlineData("unix:run/model.sock")]
    [InlineData("unix://host/model.sock")]
    [InlineData("unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678")]
    [InlineData("http://mo del:80")]
    [InlineData("http://256.0.0.1:80")]
    [InlineData("model:80/")]
    public void Upstream_TryParse_refuses_others(string? text) => Assert.False(UpstreamSetting.TryParse(text, out _));

    [Theory]
    [InlineData("0", 0L, nameof(ParseOutcome.Ok))]
    [InlineData("123", 123L, nameof(ParseOutcome.Ok))]
    [InlineData("64KiB", 65536L, nameof(ParseOutcome.Ok))]
    [InlineData("1GiB", 1L << 30, nameof(ParseOutcome.Ok))]
    [InlineData("2GiB", 0L, nameof(ParseOutcome.OutOfRange))]
    [InlineData("-1", 0L, nameof(ParseOutcome.OutOfRange))]
    [InlineData("999999999999999999GiB", 0L, nameof(ParseOutcome.OutOfRange))]
    [InlineData("9999999999999999999", 0L, nameof(ParseOutcome.Malformed))]
    [InlineData("64MB", 0L, nameof(ParseOutcome.Malformed))]
    [InlineData("64 MiB", 0L, nameof(ParseOutcome.Malformed))]
    [InlineData("1.5MiB", 0L, nameof(ParseOutcome.Malformed))]
    [InlineData("MiB", 0L, nameof(ParseOutcome.Malformed))]
    [InlineData("٣", 0L, nameof(ParseOutcome.Malformed))]
    public void Size_TryParse_knows_binary_units(string text, long bytes, string outcome)
    {
        Assert.Equal(outcome, Kinds.Size(0, 1L << 30).TryParse(text, out var value).ToString());
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("500ms", 500, nameof(ParseOutcome.Ok))]
    [InlineData("30s", 30_000, nameof(ParseOutcome.Ok))]
    [InlineData("5m", 300_000, nameof(ParseOutcome.Ok))]
    [InlineData("1h", 3_600_000, nameof(ParseOutcome.Ok))]
    [InlineData("2h", 0, nameof(ParseOutcome.OutOfRange))]
    [InlineData("0s", 0, nameof(ParseOutcome.OutOfRange))]
    [InlineData("999999999999999999h", 0, nameof(ParseOutcome.OutOfRange))]
    [InlineData("30", 0, nameof(ParseOutcome.Malformed))]
    [InlineData("1.5s", 0, nameof(ParseOutcome.Malformed))]
    [InlineData("1h30m", 0, nameof(ParseOutcome.Malformed))]
    [InlineData("5M", 0, nameof(ParseOutcome.Malformed))]
    [InlineData("s", 0, nameof(ParseOutcome.Malformed))]
    public void Duration_TryParse_needs_a_unit(string text, int milliseconds, string outcome)
    {
        Assert.Equal(outcome, Kinds.Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1)).TryParse(text, out var value).ToString());
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData("0", nameof(ParseOutcome.Ok))]
    [InlineData("1", nameof(ParseOutcome.Ok))]
    [InlineData("1e-3", nameof(ParseOutcome.Ok))]
    [InlineData("1.0001", nameof(ParseOutcome.OutOfRange))]
    [InlineData("-0.1", nameof(ParseOutcome.OutOfRange))]
    [InlineData("1e999", nameof(ParseOutcome.OutOfRange))]
    [InlineData("NaN", nameof(ParseOutcome.Malformed))]
    [InlineData("0,5", nameof(ParseOutcome.Malformed))]
    [InlineData("50%", nameof(ParseOutcome.Malformed))]
    public void Rate_TryParse_is_a_share(string text, string outcome) => Assert.Equal(outcome, Kinds.Rate.TryParse(text, out _).ToString());

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 3, 1)]
    [InlineData(0, 4, 1)]
    [InlineData(0, 8, 2)]
    [InlineData(3, 64, 3)]
    public void EffectiveThreads_is_a_quarter_of_the_cores(int threads, int cores, int expected) =>
        Assert.Equal(expected, new RelayOptions { Threads = threads }.EffectiveThreads(cores));

    [Fact]
    public void AllListeners_starts_with_the_first_pair()
    {
        var further = new ListenerOptions { Name = "grpc", Listen = new("127.0.0.1", 1), Upstream = new("m", 2) };
        var all = new SidecarOptions { Listeners = [further] }.AllListeners().ToArray();
        Assert.Equal([new ListenerOptions { Name = "default", Listen = new("0.0.0.0", 9180), Upstream = new("127.0.0.1", 8080) }, further], all);
    }
}
