using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Time.Testing;
using Sidecar.Configuration;
using Sidecar.FunctionalTests.Harness;
using Sidecar.Model;
using Sidecar.Telemetry;
using Sidecar.Tests.Emit;

namespace Sidecar.FunctionalTests.Tls;

/// <summary>TLS towards clients, towards the upstream, and both: the other program is always .NET's or OpenSSL's own.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("1.1", HttpProtocols.Http1, "HTTP/1.1")]
    [InlineData("2.0", HttpProtocols.Http2, "HTTP/2")] // over clear text to the upstream: with prior knowledge
    public async Task Clients_speak_TLS_to_a_server_in_clear_text(string version, HttpProtocols protocols, string spoken)
    {
        await using var server = await TlsServer.StartAsync(protocols: protocols);
        await using var sidecar = await StartAsync(server.Port);
        using var client = Client();

        for (var i = 0; i < 20; i++)
            Assert.Equal((spoken, V2.Answer()), await AskAsync(client, sidecar, version));

        Assert.Equal(20, (await sidecar.SettledAsync()).Decoded);
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(20, series.Sum("sidecar_inference_duration_seconds_count", ("model", "toy")));
        var notAfter = series.Sum("sidecar_tls_certificate_not_after_seconds", ("listener", "default"));
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds((long)notAfter) - DateTimeOffset.UtcNow, TimeSpan.FromDays(9), TimeSpan.FromDays(10));
    }

    [Theory]
    [InlineData("h2,http/1.1", "", HttpProtocols.Http1, "http/1.1")]
    [InlineData("http/1.1", "", HttpProtocols.Http1, "http/1.1")]
    [InlineData("h2", "", HttpProtocols.Http2, "h2")]
    [InlineData("", "", HttpProtocols.Http1, "")]
    [InlineData("h2,http/1.1", "h2", HttpProtocols.Http2, "h2")]
    [InlineData("http/1.1,h2", "h2,http/1.1", HttpProtocols.Http2, "h2")]
    [InlineData("http/1.1", "h2", HttpProtocols.Http2, "")] // nothing in common
    public async Task Application_protocol_is_chosen_for_an_upstream_in_clear_text(string offered, string configured, HttpProtocols protocols, string agreed)
    {
        await using var server = await TlsServer.StartAsync(protocols: protocols);
        await using var sidecar = await StartAsync(server.Port, tls => tls with { Alpn = Split(configured) });
        Assert.Equal(agreed, await NegotiateAsync(sidecar, offered));
    }

    [Theory]
    [InlineData("h2,http/1.1", HttpProtocols.Http1AndHttp2, "h2")]
    [InlineData("http/1.1", HttpProtocols.Http1AndHttp2, "http/1.1")]
    [InlineData("h2,http/1.1", HttpProtocols.Http1, "http/1.1")]
    [InlineData("", HttpProtocols.Http1AndHttp2, "")]
    public async Task Application_protocol_is_that_of_an_upstream_with_TLS(string offered, HttpProtocols protocols, string agreed)
    {
        using var certificate = _authority.IssueLoaded();
        await using var server = await TlsServer.StartAsync(certificate, protocols);
        await using var sidecar = await StartAsync(server.Port, upstreamTls: Trusting());
        Assert.Equal(agreed, await NegotiateAsync(sidecar, offered));
    }

    [Theory]
    [InlineData("1.1", "HTTP/1.1")]
    [InlineData("2.0", "HTTP/2")]
    public async Task Both_sides_speak_TLS_and_the_same_protocol(string version, string spoken)
    {
        using var certificate = _authority.IssueLoaded();
        await using var server = await TlsServer.StartAsync(certificate);
        await using var sidecar = await StartAsync(server.Port, upstreamTls: Trusting());
        using var client = Client();

        for (var i = 0; i < 10; i++)
            Assert.Equal((spoken, V2.Answer()), await AskAsync(client, sidecar, version));

        Assert.Equal(10, (await sidecar.SettledAsync()).Decoded);
        // The contract is in use, so the metadata came over TLS too.
        while ((await Series.ScrapeAsync(sidecar)).Sum("sidecar_contract_checks_total", ("result", "pass")) == 0)
            await AskAsync(client, sidecar, version);
    }

    [Theory]
    [InlineData("1.1", "HTTP/1.1")]
    [InlineData("2.0", "HTTP/2")]
    public async Task Clients_in_clear_text_reach_a_server_that_speaks_TLS(string version, string spoken)
    {
        using var certificate = _authority.IssueLoaded();
        await using var server = await TlsServer.StartAsync(certificate);
        await using var sidecar = await StartAsync(server.Port, tls => new TlsOptions(), Trusting());
        using var client = Client();

        for (var i = 0; i < 10; i++)
            Assert.Equal((spoken, V2.Answer()), await AskAsync(client, sidecar, version, scheme: "http"));

        Assert.Equal(10, (await sidecar.SettledAsync()).Decoded);
    }

    [Fact]
    public async Task Curl_and_large_bodies_pass_unchanged()
    {
        Tool.Require("curl");
        using var certificate = _authority.IssueLoaded();
        await using var server = await TlsServer.StartAsync(certificate);
        await using var sidecar = await StartAsync(server.Port, upstreamTls: Trusting());
        using var folder = new TemporaryFolder();
        var bytes = SeededBytes.Of(7, 20_000_000);
        var sent = folder.File("sent", bytes);
        foreach (var version in (string[])["--http1.1", "--http2"])
        {
            var got = Path.Combine(folder.Path, "got" + version);
            var told = await Tool.RunAsync("curl", ["-sS", "--fail", version, "--cacert", _authority.Authority, "-o", got, "-w", "%{http_version}", "--data-binary", $"@{sent}", $"https://127.0.0.1:{sidecar.Traffic.Port}/echo"]);
            Assert.Equal(version == "--http2" ? "2" : "1.1", told);
            Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(await File.ReadAllBytesAsync(got, TestContext.Current.CancellationToken)));
        }

        Assert.InRange(sidecar.Application.Relay[0].BytesFromClient, 40_000_000, 41_000_000);
    }

    [Theory]
    [InlineData(ClientCertificateMode.Required, null, false)]
    [InlineData(ClientCertificateMode.Required, "ours", true)]
    [InlineData(ClientCertificateMode.Required, "foreign", false)]
    [InlineData(ClientCertificateMode.Optional, null, true)]
    [InlineData(ClientCertificateMode.Optional, "ours", true)]
    [InlineData(ClientCertificateMode.Optional, "foreign", false)]
    [InlineData(ClientCertificateMode.None, "foreign", true)]
    public async Task Client_certificates_are_asked_for_and_checked(ClientCertificateMode mode, string? shown, bool served)
    {
        using var others = new TestAuthority("another authority");
        using var certificate = shown is null ? null : (shown == "ours" ? _authority : others).IssueLoaded("client");
        await using var server = await TlsServer.StartAsync(protocols: HttpProtocols.Http1);
        await using var sidecar = await StartAsync(server.Port, tls => tls with { ClientCertificates = mode, ClientCa = mode == ClientCertificateMode.None ? null : _authority.Authority });
        using var client = Client(certificate);

        if (served)
        {
            Assert.Equal(("HTTP/1.1", V2.Answer()), await AskAsync(client, sidecar, "1.1"));
            return;
        }

        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(client, sidecar, "1.1"));
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].EndedAs(ConnectionEnd.ClientHandshakeFailed) == 1, "it is counted");
        Assert.Equal(0, (await sidecar.SettledAsync()).Observed);
    }

    [Theory]
    [InlineData("trusted", true)]
    [InlineData("unknown authority", false)]
    [InlineData("another name", false)]
    [InlineData("another name, and that one expected", true)]
    [InlineData("unknown authority, unchecked", true)]
    [InlineData("clear text", false)]
    [InlineData("wants a certificate", false)]
    [InlineData("wants a certificate and gets one", true)]
    public async Task Upstreams_certificate_is_checked_and_ours_is_shown(string which, bool served)
    {
        using var others = new TestAuthority("another authority");
        using var certificate = (which.StartsWith("unknown", StringComparison.Ordinal) ? others : _authority).IssueLoaded(which.StartsWith("another", StringComparison.Ordinal) ? "model.test" : "localhost");
        var wants = which.StartsWith("wants", StringComparison.Ordinal);
        await using var server = await TlsServer.StartAsync(which == "clear text" ? null : certificate, HttpProtocols.Http1, wants);
        var (file, key) = _authority.Issue("sidecar");
        await using var sidecar = await StartAsync(server.Port, upstreamTls: which switch
        {
            "another name" => Trusting() with { ServerName = "other.test" },
            "another name, and that one expected" => Trusting() with { ServerName = "model.test" },
            "unknown authority, unchecked" => Trusting() with { Verify = false },
            "wants a certificate and gets one" => Trusting() with { Certificate = file, Key = key },
            _ => Trusting(),
        });
        using var client = Client();

        if (served)
        {
            Assert.Equal(("HTTP/1.1", V2.Answer()), await AskAsync(client, sidecar, "1.1"));
            return;
        }

        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(client, sidecar, "1.1"));
        if (wants)
            return; // TLS 1.3 tells after the handshake: to the client the connection just ends
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0] is { Accepted: 1, Open: 0 }, "the connection ends");
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "upstream_tls")));
        Assert.Equal(1, series.Sum("sidecar_connections_ended_total", ("reason", "upstream_handshake_failed")));
    }

    [Fact]
    public async Task Refused_upstream_is_a_reset_and_a_failure()
    {
        using var dead = new RawServer(listens: false);
        await using var sidecar = await StartAsync(dead.Port);
        using var client = Client();
        await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(client, sidecar, "1.1"));
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0] is { Accepted: 1, Open: 0 }, "the connection ends");
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count", ("error_type", "connection_refused")));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: m\r\n\r\n")]
    [InlineData("\u0016\u0003\u0001\u0000\u0004\u0001\u0000\u0000\u0000")] // a hello that ends before it says anything
    [InlineData("\u0016\u0003\u0001\u00ff\u00ff\u0001")] // and one that never ends
    public async Task Client_that_speaks_no_TLS_is_sent_away_and_counted(string bytes)
    {
        var time = new FakeTimeProvider();
        await using var server = await TlsServer.StartAsync(protocols: HttpProtocols.Http1);
        await using var sidecar = await StartAsync(server.Port, time: time);
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic);
        await client.SendAsync(bytes);
        var end = client.ReceiveToAnyEndAsync();
        while (!end.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1)); // nobody waits longer than the patience for a handshake
            await Task.Yield();
        }

        await end;
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].EndedAs(ConnectionEnd.ClientHandshakeFailed) == 1, "it is counted");
        Assert.Equal(0, (await sidecar.SettledAsync()).Observed);
        using var next = Client();
        Assert.Equal(("HTTP/1.1", V2.Answer()), await AskAsync(next, sidecar, "1.1"));
    }

    [Fact]
    public async Task TLS_through_a_listener_in_clear_text_passes_and_is_opaque()
    {
        using var certificate = _authority.IssueLoaded();
        await using var server = await TlsServer.StartAsync(certificate);
        await using var sidecar = await StartAsync(server.Port, tls => new TlsOptions(), encrypted: false);
        using (var client = Client())
            Assert.Equal(("HTTP/2", V2.Answer()), await AskAsync(client, sidecar, "2.0"));
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0] is { Accepted: 1, Open: 0 }, "the connection ends");
        var series = await Series.BalancedAsync(sidecar);
        Assert.Equal(1, series.Sum("sidecar_exchanges_total", ("stage", "opaque"), ("reason", "tls")));
    }

    [Fact]
    public async Task Changed_certificate_is_used_from_then_on_and_a_broken_one_is_not()
    {
        var time = new FakeTimeProvider();
        var log = new LogLines();
        var (certificate, key) = _authority.Issue();
        await using var server = await TlsServer.StartAsync(protocols: HttpProtocols.Http1);
        await using var sidecar = await StartAsync(server.Port, tls => tls with { Certificate = certificate, Key = key }, time: time, log: log);
        using var before = await SeenAsync(sidecar);

        await File.WriteAllTextAsync(certificate, "no certificate at all", TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(10));
        using var still = await SeenAsync(sidecar);
        Assert.Equal(before.SerialNumber, still.SerialNumber);
        Assert.Contains(EventIds.TlsUnusable, log.Ids);

        var (next, nextKey) = _authority.IssuePem("localhost", days: 20);
        await File.WriteAllTextAsync(key, nextKey, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(certificate, next, TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(10));
        using var after = await SeenAsync(sidecar);
        Assert.NotEqual(before.SerialNumber, after.SerialNumber);
        Assert.Contains(EventIds.TlsReloaded, log.Ids);
        Assert.Equal(new DateTimeOffset(after.NotAfter).ToUnixTimeSeconds(), (await Series.ScrapeAsync(sidecar)).Sum("sidecar_tls_certificate_not_after_seconds"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Each_side_sees_how_the_other_ends(bool reset, bool clientEnds)
    {
        using var upstream = new RawServer();
        await using var sidecar = await StartAsync(upstream.Port, configure: RelayUnderTest.WithoutMetadata);
        using var raw = await RawConnection.ConnectAsync(sidecar.Traffic);
        await using var client = new SslStream(new NetworkStream(raw.Socket, ownsSocket: false), false, Trust);
        var handshake = client.AuthenticateAsClientAsync("localhost");
        await handshake;
        using var server = await upstream.AcceptAsync();
        await client.WriteAsync(Encoding.ASCII.GetBytes("POST /v2/models/m/infer HTTP/1.1\r\nHost: m\r\nContent-Length: 2\r\n\r\n"), TestContext.Current.CancellationToken);
        await server.ReceiveThroughAsync("\r\n\r\n");

        if (clientEnds && reset)
            raw.Reset();
        else if (clientEnds)
            await client.ShutdownAsync();
        else if (reset)
            server.Reset();
        else
            server.Dispose();

        if (clientEnds)
        {
            Assert.Equal((0, reset), await server.ReceiveToAnyEndAsync() is var (bytes, wasReset) ? (bytes.Length, wasReset) : default);
            if (!reset)
            {
                // Half closed: the answer still comes.
                await server.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
                var answer = new byte[40];
                Assert.Equal(40, await client.ReadAtLeastAsync(answer, 40, cancellationToken: TestContext.Current.CancellationToken));
                server.Dispose();
            }
        }
        else if (reset)
        {
            await Assert.ThrowsAsync<IOException>(async () => Assert.Equal(-1, await client.ReadAsync(new byte[1], TestContext.Current.CancellationToken)));
        }
        else
        {
            Assert.Equal(0, await client.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        }

        raw.Dispose();
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0] is { Accepted: 1, Open: 0 }, "the connection ends");
        var series = await Series.BalancedAsync(sidecar);
        var expected = (clientEnds, reset) switch
        {
            (true, true) => "client_aborted",
            (true, false) => "", // the whole answer came
            (false, true) => "upstream_reset",
            (false, false) => "upstream_aborted",
        };
        Assert.Equal(1, series.Sum("sidecar_inference_duration_seconds_count"));
        Assert.Equal(1, series.Of("sidecar_inference_duration_seconds_count").Count(sample => (sample.Label("error_type") ?? "") == expected));
    }

    /// <summary>The goodbye to the server is said while its records are decrypted on another thread, which OpenSSL does not survive unguarded.</summary>
    [Fact]
    public async Task Clients_that_stop_sending_while_a_server_with_TLS_still_answers_get_all_of_it()
    {
        const int Connections = 200, Piece = 1024, Pieces = 200;
        var cancellation = TestContext.Current.CancellationToken;
        using var certificate = _authority.IssueLoaded();
        using var upstream = new RawServer();
        await using var sidecar = await StartAsync(upstream.Port, _ => new(), Trusting(), configure: RelayUnderTest.WithoutMetadata);
        var serving = Task.Run(
            async () =>
            {
                var all = new List<Task>();
                for (var i = 0; i < Connections; i++)
                    all.Add(AnswerAsync(await upstream.AcceptAsync()));
                await Task.WhenAll(all);
            },
            cancellation);

        await Parallel.ForAsync(0, Connections, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation }, async (_, _) =>
        {
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(sidecar.Traffic, cancellation);
            await client.SendAsync("GET /stream HTTP/1.0\r\n\r\n"u8.ToArray(), cancellation);
            var buffer = new byte[64 * 1024];
            var read = await client.ReceiveAsync(buffer, cancellation);
            client.Shutdown(SocketShutdown.Send);
            for (int count; (count = await client.ReceiveAsync(buffer, cancellation)) > 0;)
                read += count;
            Assert.Equal(Piece * Pieces, read);
        });
        await serving;

        async Task AnswerAsync(RawConnection connection)
        {
            using var closing = connection;
            await using var tls = new SslStream(new NetworkStream(connection.Socket, ownsSocket: false));
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellation);
            Assert.NotEqual(0, await tls.ReadAsync(new byte[100], cancellation));
            for (var i = 0; i < Pieces; i++)
                await tls.WriteAsync(new byte[Piece], cancellation);
            Assert.Equal(0, await tls.ReadAsync(new byte[100], cancellation)); // closed with something unread, it would be reset
        }
    }

    [Fact]
    public async Task Idle_connection_is_closed_with_TLSs_own_goodbye_and_a_busy_one_is_left_alone()
    {
        var time = new FakeTimeProvider();
        using var upstream = new RawServer();
        await using var sidecar = await StartAsync(upstream.Port, time: time, configure: options => RelayUnderTest.WithoutMetadata(options) with { Relay = options.Relay with { IdleTimeout = TimeSpan.FromSeconds(30) } });
        await using var idle = await ConnectAsync(sidecar);
        using var idleServer = await upstream.AcceptAsync();
        await using var busy = await ConnectAsync(sidecar);
        using var busyServer = await upstream.AcceptAsync();
        await busy.WriteAsync("GET / HTTP/1.1\r\nHost: m\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await busyServer.ReceiveThroughAsync("\r\n\r\n");
        await RelayUnderTest.UntilAsync(() => sidecar.Exchanges.Pending == 1, "the request is observed");

        // It is idle once both sides are set up, which the client sees first.
        var end = idle.ReadAsync(new byte[1], TestContext.Current.CancellationToken).AsTask();
        await RelayUnderTest.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(31));
                return end.IsCompleted;
            },
            "the idle one is closed");
        Assert.Equal(0, await end);
        Assert.False((await idleServer.ReceiveToAnyEndAsync()).Reset);
        await busyServer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        Assert.NotEqual(0, await busy.ReadAsync(new byte[100], TestContext.Current.CancellationToken));
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].EndedAs(ConnectionEnd.IdleTimeout) == 1, "it is counted");
    }

    [Fact]
    public async Task Shutdown_lets_a_busy_connection_finish_and_resets_one_that_does_not()
    {
        var time = new FakeTimeProvider();
        using var upstream = new RawServer();
        var sidecar = await StartAsync(upstream.Port, time: time, configure: RelayUnderTest.WithoutMetadata);
        await using var finishes = await ConnectAsync(sidecar);
        using var finishesServer = await upstream.AcceptAsync();
        await using var hangs = await ConnectAsync(sidecar);
        using var hangsServer = await upstream.AcceptAsync();
        foreach (var (client, server) in new[] { (finishes, finishesServer), (hangs, hangsServer) })
        {
            await client.WriteAsync("GET / HTTP/1.1\r\nHost: m\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            await server.ReceiveThroughAsync("\r\n\r\n");
        }

        await RelayUnderTest.UntilAsync(() => sidecar.Exchanges.Pending == 2, "the requests are observed");
        var stop = sidecar.Application.StopAsync(TimeSpan.Zero, TimeSpan.FromSeconds(10));
        await finishesServer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        Assert.NotEqual(0, await finishes.ReadAsync(new byte[100], TestContext.Current.CancellationToken));
        while (!stop.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await stop;
        Assert.True((await hangsServer.ReceiveToAnyEndAsync()).Reset);
        Assert.Equal(0, sidecar.Application.Relay[0].Open);
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(sidecar));
        await sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Connections_over_the_limit_wait_for_a_place()
    {
        await using var server = await TlsServer.StartAsync(protocols: HttpProtocols.Http1);
        await using var sidecar = await StartAsync(server.Port, configure: options => options with { Relay = options.Relay with { MaxConnections = 2 } });
        await using var first = await ConnectAsync(sidecar);
        var second = await ConnectAsync(sidecar);
        using var client = Client();
        var third = AskAsync(client, sidecar, "1.1");
        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].LimitReached > 0, "the limit is said");
        Assert.False(third.IsCompleted);
        await second.DisposeAsync();
        Assert.Equal(("HTTP/1.1", V2.Answer()), await third);
    }

    private UpstreamTlsOptions Trusting() => new() { Ca = _authority.Authority };

    /// <summary>A sidecar whose clients speak TLS, unless <paramref name="tls"/> says otherwise.</summary>
    private async Task<RelayUnderTest> StartAsync(
        int upstreamPort, Func<TlsOptions, TlsOptions>? tls = null, UpstreamTlsOptions? upstreamTls = null, bool? encrypted = null,
        Func<SidecarOptions, SidecarOptions>? configure = null, TimeProvider? time = null, LogLines? log = null)
    {
        var (certificate, key) = _authority.Issue();
        var options = new TlsOptions { Certificate = certificate, Key = key };
        return await RelayUnderTest.StartAsync(
            upstreamPort,
            start => (configure ?? (same => same))(start with
            {
                Upstream = start.Upstream with { IsTls = encrypted ?? upstreamTls is not null },
                Tls = tls?.Invoke(options) ?? options,
                UpstreamTls = upstreamTls ?? new(),
            }),
            new SidecarHooks { Variable = _ => null, Time = time ?? TimeProvider.System, Logs = (Microsoft.Extensions.Logging.ILoggerFactory?)log ?? Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance });
    }

    private HttpClient Client(X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = Trust;
        if (certificate is not null)
            handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        return new HttpClient(handler) { Timeout = RelayUnderTest.Patience };
    }

    // Trusts the test's own authority, and nobody else.
    private bool Trust(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        using var check = new X509Chain();
        check.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        check.ChainPolicy.CustomTrustStore.Add(_authority.Root);
        check.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return check.Build((X509Certificate2)certificate!);
    }

    private static async Task<(string Spoken, string Answer)> AskAsync(HttpClient client, RelayUnderTest sidecar, string version, string scheme = "https")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{scheme}://{sidecar.Traffic}{V2.Path}")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(V2.Body(), Encoding.UTF8, "application/json"),
        };
        using var answer = await client.SendAsync(request);
        return (answer.Headers.GetValues("X-Protocol").Single(), await answer.Content.ReadAsStringAsync());
    }

    private async Task<SslStream> ConnectAsync(RelayUnderTest sidecar, string offered = "")
    {
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(sidecar.Traffic, patience.Token);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), false, Trust);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = offered.Length == 0 ? null : [.. Split(offered).Select(name => new SslApplicationProtocol(name))],
        }, patience.Token);
        return stream;
    }

    private async Task<string> NegotiateAsync(RelayUnderTest sidecar, string offered)
    {
        await using var stream = await ConnectAsync(sidecar, offered);
        return stream.NegotiatedApplicationProtocol.ToString();
    }

    private async Task<X509Certificate2> SeenAsync(RelayUnderTest sidecar)
    {
        await using var stream = await ConnectAsync(sidecar);
        return X509CertificateLoader.LoadCertificate(stream.RemoteCertificate!.GetRawCertData());
    }

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
