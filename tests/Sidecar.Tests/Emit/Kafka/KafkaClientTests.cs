using Confluent.Kafka;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Emit.Kafka;

namespace Sidecar.Tests.Emit.Kafka;

public sealed class KafkaClientTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _logs = new();
    private readonly string _secret = Path.GetTempFileName();

    public void Dispose() => File.Delete(_secret);

    [Fact]
    public void Configuration_loses_nothing_by_itself_and_partitions_as_Java_does()
    {
        var configuration = KafkaClient.Configuration(Settings());
        Assert.Equal("127.0.0.1:1", configuration.BootstrapServers);
        Assert.Equal((true, 0, Partitioner.Murmur2Random, CompressionType.Lz4), (configuration.EnableIdempotence, configuration.MessageTimeoutMs, configuration.Partitioner, configuration.CompressionType));
        Assert.Equal(SecurityProtocol.Plaintext, configuration.SecurityProtocol);
        Assert.Null(configuration.SaslMechanism);
        Assert.Null(configuration.SaslPassword);
        Assert.True(configuration.MessageMaxBytes > Settings().MaxEvent);
        Assert.InRange(configuration.QueueBufferingMaxKbytes!.Value, 1, 64 << 10); // outside of the collector's limit
        Assert.True(configuration.QueueBufferingMaxMessages >= 3 * TopicLane.MostInFlight);
        Assert.Null(configuration.EnableDeliveryReports); // on by default, and needed to count
    }

    [Theory]
    [InlineData(false, null, SecurityProtocol.Plaintext, null)]
    [InlineData(true, null, SecurityProtocol.Ssl, null)]
    [InlineData(false, "PLAIN", SecurityProtocol.SaslPlaintext, SaslMechanism.Plain)]
    [InlineData(true, "SCRAM-SHA-256", SecurityProtocol.SaslSsl, SaslMechanism.ScramSha256)]
    [InlineData(true, "SCRAM-SHA-512", SecurityProtocol.SaslSsl, SaslMechanism.ScramSha512)]
    public void Security_is_what_is_configured(bool tls, string? mechanism, SecurityProtocol protocol, SaslMechanism? sasl)
    {
        File.WriteAllText(_secret, "pass word \r\n");
        var configuration = KafkaClient.Configuration(Settings() with
        {
            Security = new() { Tls = tls, Mechanism = mechanism, Username = "me", PasswordFile = _secret, Ca = "/ca", Certificate = "/cert", Key = "/key" },
        });
        Assert.Equal((protocol, sasl), (configuration.SecurityProtocol, configuration.SaslMechanism));
        Assert.Equal(mechanism is null ? (null, null) : ("me", "pass word "), (configuration.SaslUsername, configuration.SaslPassword));
        Assert.Equal(("/ca", "/cert", "/key"), (configuration.SslCaLocation, configuration.SslCertificateLocation, configuration.SslKeyLocation));
    }

    [Fact]
    public void Settings_of_the_client_s_own_win()
    {
        var configuration = KafkaClient.Configuration(Settings() with { Client = new Dictionary<string, string> { ["compression.type"] = "zstd", ["linger.ms"] = "7", ["client.rack"] = "r" } });
        Assert.Equal((CompressionType.Zstd, 7d, "r"), (configuration.CompressionType, configuration.LingerMs, configuration.Get("client.rack")));
    }

    [Fact]
    public void Password_that_can_t_be_read_is_said_once_and_read_again_later()
    {
        File.Delete(_secret);
        using var client = Client(Settings() with { Security = new() { Mechanism = "PLAIN", Username = "me", PasswordFile = _secret } });
        for (var i = 0; i < 3; i++)
            Assert.Null(client.Producer);
        Assert.Equal([1730], _logs.Ids);
        Assert.Contains("events.kafka.sasl.passwordFile", client.Trouble, StringComparison.Ordinal);
        File.WriteAllText(_secret, "hunter2");
        Assert.Null(client.Producer); // not in each turn
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.NotNull(client.Producer);
        Assert.DoesNotContain(_logs.All, text => text.Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no.such.setting", "no.such.setting")]
    [InlineData("linger.ms", "queue.buffering.max.ms")]
    public void Setting_that_the_client_does_not_take_is_said_without_its_value(string name, string said)
    {
        using var client = Client(Settings() with { Client = new Dictionary<string, string> { [name] = "hunter2" } });
        Assert.Null(client.Producer);
        Assert.Contains(said, client.Trouble, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", client.Trouble, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorCode.Local_Authentication)]
    [InlineData(ErrorCode.SaslAuthenticationFailed)]
    [InlineData(ErrorCode.Local_Ssl)]
    public void Refused_identity_makes_another_producer_every_ten_seconds_until_it_is_accepted(ErrorCode code)
    {
        using var client = Client(Mock());
        var first = client.Producer;
        client.Hear(new Error(code, "no"));
        Assert.False(client.IsSpent);
        _time.Advance(TimeSpan.FromSeconds(10.1));
        Assert.True(client.IsSpent);
        client.Renew();
        Assert.False(client.IsSpent);
        Assert.NotSame(first, client.Producer);
        _time.Advance(TimeSpan.FromSeconds(10.1));
        Assert.False(client.IsSpent); // nothing was refused since
        client.Hear(new Error(code, "no"));
        Assert.True(client.IsSpent);
        client.Recovered("t"); // by another broker
        Assert.False(client.IsSpent);
        Assert.Equal([1730, 1731], _logs.Ids);
    }

    [Fact]
    public void Producer_that_can_t_go_on_is_replaced_whatever_it_delivers()
    {
        using var client = Client(Mock());
        Assert.NotNull(client.Producer);
        client.Hear(new Error(ErrorCode.Local_Fatal, "fenced", isFatal: true));
        client.Recovered("t");
        _time.Advance(TimeSpan.FromSeconds(10.1));
        Assert.True(client.IsSpent);
    }

    [Fact]
    public void Brokers_that_are_down_are_said_once_and_keep_the_producer()
    {
        using var client = Client(Mock());
        var first = client.Producer;
        foreach (var code in (ErrorCode[])[ErrorCode.Local_Transport, ErrorCode.Local_Resolve, ErrorCode.Local_AllBrokersDown, ErrorCode.Local_Transport])
            client.Hear(new Error(code, $"{code}"));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(client.IsSpent);
        Assert.Same(first, client.Producer);
        Assert.False(client.MayHaveSent);
        Assert.Single(_logs.Ids, 1730);
        Assert.NotNull(client.Trouble);
        client.Recovered("t");
        Assert.Null(client.Trouble);
        Assert.True(client.MayHaveSent);
        Assert.Equal(1731, _logs.Ids.Last());
    }

    [Fact]
    public void Bad_credentials_are_said_though_the_brokers_were_away_before()
    {
        using var client = Client(Settings());
        client.Hear(new Error(ErrorCode.Local_AllBrokersDown, "away"));
        client.Hear(new Error(ErrorCode.Local_Authentication, "wrong password"));
        Assert.Equal([1730, 1730], _logs.Ids);
        client.Recovered("t");
        Assert.Equal([1730, 1730, 1731], _logs.Ids);
    }

    [Fact]
    public void Topic_s_trouble_ends_with_a_delivery_to_that_topic_only()
    {
        using var client = Client(Settings());
        for (var i = 0; i < 5; i++)
        {
            client.Complain("missing", "unknown topic");
            client.Recovered("other");
        }

        Assert.Equal([1730], _logs.Ids);
        Assert.Equal("unknown topic", client.Trouble);
        client.Recovered("missing");
        Assert.Equal([1730, 1731], _logs.Ids);
        Assert.Null(client.Trouble);
    }

    private static KafkaSettings Settings() => new() { Brokers = "127.0.0.1:1", Source = "/s" };

    /// <summary>Nothing goes wrong but what the test says: a producer of the others' finds no broker, and says so when it likes.</summary>
    private static KafkaSettings Mock() => Settings() with { Client = new Dictionary<string, string> { ["test.mock.num.brokers"] = "1" } };

    private KafkaClient Client(KafkaSettings settings) => new(settings, _time, _logs);
}
