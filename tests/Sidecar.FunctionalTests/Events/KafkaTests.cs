using System.Globalization;
using System.Text.Json;
using Sidecar.Configuration;
using Sidecar.FunctionalTests.Harness;
using Sidecar.FunctionalTests.Matrix;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Events;

/// <summary>Events on a real broker, read by programs that aren't ours; brokers that go away, and a sidecar that is killed.</summary>
[Collection(nameof(KafkaTests))]
public sealed class KafkaTests
{
    private const string Exchanges = "sidecar.exchanges";

    [Fact]
    public async Task Events_arrive_and_other_peoples_clients_read_them()
    {
        await using var broker = await KafkaBroker.StartAsync();
        await broker.CreateAllAsync(partitions: 3);
        await using var server = new FakeModelServer();
        // kafkajs reads no other compression out of the box.
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, Kafka(broker.Bootstrap, client: ("compression.type", "gzip")));
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        for (var i = 0; i < 30; i++)
            Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(V2.Body(id: $"r-{i}")))).Body);

        // kcat: the headers as they are.
        var records = await broker.ReadAsync(Exchanges, 30);
        Assert.Equal(Enumerable.Range(1, 30).Select(Number), records.Select(record => record.Id).Order(StringComparer.Ordinal));
        Assert.Single(records.Select(record => record.Source).Distinct());
        Assert.All(records, record =>
        {
            Assert.Equal(("1.0", "io.sidecar.exchange.v1", "application/json"), (record.Headers["ce_specversion"], record.Headers["ce_type"], record.Headers["content-type"]));
            Assert.Equal((record.Key, record.Id), (record.Headers["ce_partitionkey"], record.Headers["ce_sequence"]));
            Assert.Equal((record.Key, "toy/1"), (record.Data.GetProperty("requestId").GetString(), record.Headers["ce_subject"]));
            Assert.Equal("public-aggregate", record.Headers["ce_dataclassification"]);
            Assert.False(record.Data.GetProperty("inputs")[0].TryGetProperty("data", out _));
        });
        Assert.True(records.Select(record => record.Partition).Distinct().Count() > 1, "keys spread over partitions");

        // kafkajs, and the CloudEvents SDK for JavaScript.
        var lines = (await Tool.RunAsync("node", [NodeFolder.Require("kafka-consumer.mjs"), broker.Bootstrap, Exchanges, "30"])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var events = lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("event")).ToDictionary(item => item.GetProperty("id").GetString()!);
        Assert.Equal(30, events.Count);
        Assert.All(records, record =>
        {
            var item = events[record.Id];
            Assert.Equal(record.Source, item.GetProperty("source").GetString());
            Assert.Equal(DateTimeOffset.Parse(record.Headers["ce_time"], CultureInfo.InvariantCulture).ToUnixTimeMilliseconds(), item.GetProperty("time").GetDateTimeOffset().ToUnixTimeMilliseconds());
            Assert.Equal(record.Data.GetProperty("requestId").GetString(), item.GetProperty("data").GetProperty("requestId").GetString());
        });
        await Series.BalancedAsync(sidecar);
    }

    [Fact]
    public async Task KServes_consumers_find_what_they_know()
    {
        await using var broker = await KafkaBroker.StartAsync();
        await broker.CreateAllAsync();
        await using var server = new FakeModelServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, options => Kafka(broker.Bootstrap)(options) with
        {
            Events = Kafka(broker.Bootstrap)(options).Events with
            {
                Capture = EventCapture.All,
                Kafka = new KafkaOptions { Brokers = broker.Bootstrap, Mode = KafkaMode.KServe, InferenceService = "fraud" },
            },
            Redaction = new RedactionOptions { Allow = ["input"] },
        });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await client.AskAsync(V2.Request(V2.Body(id: "r-1")));

        var records = await broker.ReadAsync(Exchanges, 2);
        Assert.Equal(["org.kubeflow.serving.inference.request", "org.kubeflow.serving.inference.response"], records.Select(record => record.Headers["ce_type"]));
        Assert.All(records, record => Assert.Equal(("r-1", "r-1", "fraud", "predictor"), (record.Id, record.Key, record.Headers["ce_inferenceservicename"], record.Headers["ce_component"])));
        Assert.Equal([1, 2, 3, 4], records[0].Data.GetProperty("inputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetInt32()));
        Assert.Equal(JsonValueKind.Null, records[1].Data.GetProperty("outputs")[0].GetProperty("data").ValueKind); // not allowed
    }

    [Fact]
    public async Task Brokers_that_go_away_cost_nothing_and_get_everything_once_and_in_order()
    {
        using var state = new TemporaryFolder();
        await using var broker = await KafkaBroker.StartAsync();
        await broker.CreateAllAsync();
        await using var server = new FakeModelServer();
        var logs = new LogLines();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, Kafka(broker.Bootstrap, state.Path), new SidecarHooks { Variable = _ => null, Logs = logs });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        var sent = 0;
        async Task Ask(int count)
        {
            for (var i = 0; i < count; i++)
                Assert.Equal(server.Answer, (await client.AskAsync(V2.Request(V2.Body(id: $"r-{sent++}")))).Body);
        }

        await Ask(50);
        await broker.ReadAsync(Exchanges, 50);
        await broker.KillAsync();
        await Ask(500);
        await RelayUnderTest.UntilAsync(() => logs.All.Any(line => line.Contains("events don't reach Kafka", StringComparison.Ordinal)), "the outage is said");
        Assert.Equal(System.Net.HttpStatusCode.OK, HttpStatusCode(sidecar, "readyz"));
        await Ask(500);
        await broker.StartAgainAsync();
        await Ask(50);

        await Series.UntilAsync(sidecar, 1100, "sidecar_events_total", ("type", "io.sidecar.exchange.v1"), ("stage", "persisted"));
        AssertOnceAndInOrder(await broker.ReadAsync(Exchanges, 1100), 1100);
        // Once for each time that they were away, and a broker that starts slowly may be away again; never for each event.
        await RelayUnderTest.UntilAsync(() => logs.All.Last(line => line.Contains(" reach Kafka", StringComparison.Ordinal)).Contains("events reach Kafka", StringComparison.Ordinal), "its end is said");
        Assert.InRange(logs.All.Count(line => line.Contains("events don't reach Kafka", StringComparison.Ordinal)), 1, 10);
        await Series.BalancedAsync(sidecar);
    }

    [Fact]
    public async Task A_sidecar_that_is_killed_leaves_its_events_to_the_next()
    {
        using var state = new TemporaryFolder();
        await using var broker = await KafkaBroker.StartAsync();
        await broker.CreateAllAsync();
        await broker.KillAsync();
        await using var server = new FakeModelServer();
        (string, string)[] settings =
        [
            ("SIDECAR__EVENTS__SINK", "kafka"), ("SIDECAR__EVENTS__RATE", "1"), ("SIDECAR__EVENTS__KAFKA__BROKERS", broker.Bootstrap), ("SIDECAR__STATE__DIRECTORY", state.Path),
        ];
        var upstream = new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, server.Port);
        await using (var first = await SidecarProcess.StartAsync(upstream, settings))
        {
            using var client = await WireClient.ConnectAsync(first.Traffic);
            for (var i = 0; i < 300; i++)
                await client.AskAsync(V2.Request(V2.Body(id: $"r-{i}")));
            await first.UntilAsync(series => series.Sum("sidecar_spool_records", ("topic", Exchanges)) == 300, "all are accepted");
            // Flushed five times a second: what `spool ls` finds is what a killed process leaves.
            await RelayUnderTest.UntilAsync(() => Spooled(state.Path) == 300, "all are with the operating system");
        } // SIGKILL

        await broker.StartAgainAsync();
        await using var second = await SidecarProcess.StartAsync(upstream, settings);
        AssertOnceAndInOrder(await broker.ReadAsync(Exchanges, 300), 300);
        var series = await second.UntilAsync(now => now.Sum("sidecar_events_total", ("type", "io.sidecar.exchange.v1"), ("stage", "persisted")) == 300, "the second run has them in its book");
        Assert.Equal(300, series.Sum("sidecar_events_total", ("type", "io.sidecar.exchange.v1"), ("stage", "accepted")));
        Assert.All(series.Of("sidecar_ledger_imbalance"), gauge => Assert.Equal(0, gauge.Value));
    }

    [Fact]
    public async Task A_topic_that_is_made_later_gets_what_waited()
    {
        await using var broker = await KafkaBroker.StartAsync();
        await using var server = new FakeModelServer();
        var logs = new LogLines();
        // Until it is believed that a topic is missing, and not just new, by default half a minute.
        await using var sidecar = await RelayUnderTest.StartAsync(
            server.Port, Kafka(broker.Bootstrap, client: ("topic.metadata.propagation.max.ms", "1000")), new SidecarHooks { Variable = _ => null, Logs = logs });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        for (var i = 0; i < 10; i++)
            await client.AskAsync(V2.Request(V2.Body(id: $"r-{i}")));
        await RelayUnderTest.UntilAsync(() => logs.All.Any(line => line.Contains(Exchanges, StringComparison.Ordinal)), "the missing topic is named");
        await broker.CreateAsync(Exchanges);
        AssertOnceAndInOrder(await broker.ReadAsync(Exchanges, 10), 10);
        await Series.BalancedAsync(sidecar);
    }

    [Fact]
    public async Task Credentials_come_from_files_and_may_be_mended_while_it_runs()
    {
        using var secrets = new TemporaryFolder();
        await using var broker = await KafkaBroker.StartAsync(secured: true);
        await broker.CreateAllAsync();
        await using var server = new FakeModelServer();
        var logs = new LogLines();
        var password = secrets.File("password", "wrong-secret"u8);
        await using var sidecar = await RelayUnderTest.StartAsync(
            server.Port,
            options => Kafka(broker.Bootstrap)(options) with
            {
                Events = Kafka(broker.Bootstrap)(options).Events with
                {
                    Kafka = new KafkaOptions
                    {
                        Brokers = broker.Bootstrap,
                        Tls = new KafkaTlsOptions { Enabled = true, Ca = Path.Combine(broker.Folder, "tls", "ca.pem") },
                        Sasl = new KafkaSaslOptions { Mechanism = SaslChoice.ScramSha512, Username = "sidecar", PasswordFile = password },
                    },
                },
            },
            new SidecarHooks { Variable = _ => null, Logs = logs });
        using var client = await WireClient.ConnectAsync(sidecar.Traffic);
        await client.AskAsync(V2.Request(V2.Body(id: "r-0")));
        await RelayUnderTest.UntilAsync(() => logs.All.Any(line => line.Contains("events don't reach Kafka", StringComparison.Ordinal)), "the refusal is said");
        await File.WriteAllTextAsync(password, "sidecar-secret\n", TestContext.Current.CancellationToken);
        AssertOnceAndInOrder(await broker.ReadAsync(Exchanges, 1), 1);
        Assert.DoesNotContain(logs.All, line => line.Contains("wrong-secret", StringComparison.Ordinal) || line.Contains("sidecar-secret", StringComparison.Ordinal));
        await Series.BalancedAsync(sidecar);
    }

    private static Func<SidecarOptions, SidecarOptions> Kafka(string brokers, string? state = null, (string Name, string Value)? client = null) => options => options with
    {
        Events = new EventOptions
        {
            Sink = EventSink.Kafka,
            Rate = 1,
            Kafka = new KafkaOptions { Brokers = brokers, Client = client is { } one ? new Dictionary<string, string> { [one.Name] = one.Value } : [] },
        },
        State = new StateOptions { Directory = state },
    };

    private static void AssertOnceAndInOrder(List<ReadRecord> records, int count)
    {
        // A consumer drops what it has seen; then every number is there, in order.
        var seen = new HashSet<(string, string)>();
        Assert.Equal(Enumerable.Range(1, count).Select(Number), records.Where(record => seen.Add((record.Source, record.Id))).Select(record => record.Id));
    }

    private static string Number(int number) => number.ToString("D16", CultureInfo.InvariantCulture);

    private static long Spooled(string state) => new Emit.Spool.SpoolReader(Path.Combine(state, "spool", Exchanges)).List().Sum(segment => segment.Undelivered);

    private static System.Net.HttpStatusCode HttpStatusCode(RelayUnderTest sidecar, string path)
    {
        using var client = new HttpClient();
        using var answer = client.Send(new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{sidecar.Health}/{path}")), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}

/// <summary>One broker at a time: they are not small.</summary>
[CollectionDefinition(nameof(KafkaTests), DisableParallelization = true)]
public sealed class OneBroker;
