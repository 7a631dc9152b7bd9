using System.Globalization;
using System.Text;
using Sidecar.FunctionalTests.Harness;
using Sidecar.FunctionalTests.Transparency;
using Sidecar.Wire.Tests;

namespace Sidecar.FunctionalTests.Robustness;

/// <summary>Ten thousand connections that lie idle, each after one exchange.</summary>
[Collection(nameof(Alone))]
public sealed class ManyConnectionsTests(ITestOutputHelper output)
{
    private const int Wanted = 10_000;

    // What a gRPC client says first; its fields go into the table, and its next call just names them (RFC 7541 §6.2.1, §6.1).
    private static readonly byte[] FirstCall =
    [
        .. Encoding.ASCII.GetBytes(H2.Preface), .. H2.Settings(),
        .. H2.Frame(1, 5, 1,
        [
            0x83, 0x86, .. Field(4, "/inference.GRPCInferenceService/ServerReady"), .. Field(1, "model.default.svc.cluster.local:8001"), .. Field(31, "application/grpc"),
            .. Field(58, "grpc-python/1.80.0 grpc-c/54.0.0 (linux; chttp2)"), 0x40, 2, (byte)'t', (byte)'e', 8, .. "trailers"u8,
        ]),
    ];

    // The sidecar has two descriptors for each, and less than 200 of its own.
    private const int DescriptorsAside = 200;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ten_thousand_idle_connections_stay_within_their_memory_and_all_still_work(bool http2)
    {
        var count = Math.Min(Wanted, (HardDescriptorLimit() - DescriptorsAside) / 2);
        if (count < Wanted)
            output.WriteLine($"{count} instead of {Wanted}: no process here may have more than {HardDescriptorLimit()} descriptors");
        await using var server = await IdleNginxAsync(http2);
        await using var sidecar = await SidecarProcess.StartAsync(server.EndPoint);
        using (var warm = await RawConnection.ConnectAsync(sidecar.Traffic))
            await AskAsync(warm, http2, 0);
        await sidecar.BalancedAsync(1);
        var before = sidecar.Resident;
        var clients = new List<RawConnection>(count);
        try
        {
            for (var i = 0; i < count; i++)
            {
                clients.Add(await RawConnection.ConnectAsync(sidecar.Traffic));
                await AskAsync(clients[i], http2, 0);
            }

            var series = await sidecar.BalancedAsync(count + 1);
            Assert.Equal(count, series.Sum("sidecar_connections"));
            var grown = sidecar.Resident - before;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{count} connections: {sidecar.Resident / 1e6:F1} MB resident, {before / 1e6:F1} MB before, {grown / count} bytes each"));
            // A connection keeps its record and its observer; of HTTP/2 the two tables and the streams too. And what the collector has not yet given back.
            Assert.InRange(grown, 1, ((long)count * (http2 ? 8 : 3) * 1024) + (16 << 20));
            if (SidecarProcess.IsNative)
                Assert.InRange(sidecar.Resident, 1, 100_000_000);

            // One of a hundred once more, and a new one: all lay idle, and none was forgotten.
            for (var i = 0; i < count; i += 100)
                await AskAsync(clients[i], http2, 1);
            using (var late = await RawConnection.ConnectAsync(sidecar.Traffic))
                await AskAsync(late, http2, 0);
            await sidecar.BalancedAsync(count + 2 + ((count + 99) / 100));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await sidecar.UntilAsync(series => series.Sum("sidecar_connections") == 0, "all are closed");
    }

    private static async Task AskAsync(RawConnection client, bool http2, int index)
    {
        if (!http2)
        {
            await client.SendAsync("POST /score HTTP/1.1\r\nHost: model\r\nContent-Length: 0\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 204", (await client.ReceiveResponseAsync()).Head, StringComparison.Ordinal);
            return;
        }

        await client.SendAsync(index == 0 ? FirstCall : H2.Frame(1, 5, 3, [0x83, 0x86, 0xC2, 0xC1, 0xC0, 0xBF, 0xBE]));
        // nginx ends its answer of one HEADERS frame with the stream.
        while (true)
        {
            var head = await client.ReceiveAsync(9);
            var payload = await client.ReceiveAsync((head[0] << 16) | (head[1] << 8) | head[2]);
            if (head[3] != 1)
                continue;
            Assert.Equal((5, 0x89), (head[4] & 5, payload[0] == 0x20 ? payload[1] : payload[0])); // :status 204
            return;
        }
    }

    private static byte[] Field(int name, string value) => [(byte)(0x40 | name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static int HardDescriptorLimit() => int.Parse(
        File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4],
        CultureInfo.InvariantCulture);

    private static Task<ForeignServer> IdleNginxAsync(bool http2) => ForeignServer.NginxAsync((folder, port) => $$"""
        daemon off;
        master_process off;
        pid {{folder}}/nginx.pid;
        worker_rlimit_nofile 12000;
        events { worker_connections 11000; }
        http {
          access_log off;
          client_body_temp_path {{folder}}/body;
          proxy_temp_path {{folder}}/proxy;
          fastcgi_temp_path {{folder}}/fastcgi;
          uwsgi_temp_path {{folder}}/uwsgi;
          scgi_temp_path {{folder}}/scgi;
          keepalive_timeout 1d;
          http2_idle_timeout 1d;
          server {
            listen 127.0.0.1:{{port}}{{(http2 ? " http2" : "")}} backlog=4096;
            location / { return 204; }
          }
        }
        """);
}
