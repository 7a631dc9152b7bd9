using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>Somebody else's server, in a process of its own, with a folder that it may use.</summary>
internal sealed class ForeignServer : IAsyncDisposable
{
    private readonly Process? _process;
    private readonly Func<Task>? _stop;

    private ForeignServer(IPEndPoint endPoint, TemporaryFolder folder, Process? process, Func<Task>? stop = null) =>
        (EndPoint, Folder, _process, _stop) = (endPoint, folder, process, stop);

    public IPEndPoint EndPoint { get; }

    /// <summary>Where it listens for gRPC, if it does so elsewhere.</summary>
    public IPEndPoint? Grpc { get; private init; }

    public TemporaryFolder Folder { get; }

    /// <summary>Its one process, to be killed or held.</summary>
    public Process Process => _process!;

    /// <summary>Python's own file server; skips the test where there is no python3.</summary>
    public static async Task<ForeignServer> PythonAsync()
    {
        Tool.Require("python3");
        var folder = new TemporaryFolder();
        FillFolder(folder);
        var process = Tool.Start("python3", ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.Path, "--protocol", "HTTP/1.1"]);
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine(); // a log line a request: nobody else empties the pipe
        using var patience = new CancellationTokenSource(RelayUnderTest.Patience);
        var line = await process.StandardOutput.ReadLineAsync(patience.Token)
            ?? throw new InvalidOperationException("python3 -m http.server said nothing and ended");
        var port = int.Parse(line.Split(" port ")[1].Split(' ')[0], CultureInfo.InvariantCulture);
        return new ForeignServer(new IPEndPoint(IPAddress.Loopback, port), folder, process);
    }

    /// <summary>nginx with files, WebDAV uploads and fixed answers; skips the test where it is not installed.</summary>
    /// <param name="http2">HTTP/2 with prior knowledge instead of HTTP/1.1.</param>
    /// <param name="settings">Further directives of the block <c>http</c>.</param>
    /// <param name="locations">Further locations of the server.</param>
    public static Task<ForeignServer> NginxAsync(bool http2 = false, string settings = "access_log off;", string locations = "") =>
        NginxAsync((folder, port) => NginxConfiguration(folder, http2 ? $"{port} http2" : $"{port}", settings, locations));

    /// <summary>nginx in one process, which is the server then, and so slow with its files that their answers are on their way for minutes.</summary>
    public static Task<ForeignServer> SlowNginxAsync(bool http2) => NginxAsync((folder, port) => $$"""
        daemon off;
        master_process off;
        pid {{folder}}/nginx.pid;
        events { worker_connections 256; }
        http {
          access_log off;
          client_body_temp_path {{folder}}/body;
          proxy_temp_path {{folder}}/proxy;
          fastcgi_temp_path {{folder}}/fastcgi;
          uwsgi_temp_path {{folder}}/uwsgi;
          scgi_temp_path {{folder}}/scgi;
          server {
            listen 127.0.0.1:{{port}}{{(http2 ? " http2" : "")}};
            root {{folder}};
            location / {
              limit_rate 20k;
              error_page 405 =200 $uri; # a POST is answered with the file too
            }
          }
        }
        """);

    /// <summary>nginx with a configuration made of its folder and port.</summary>
    public static async Task<ForeignServer> NginxAsync(Func<string, int, string> configure)
    {
        Tool.Require("nginx");
        var folder = new TemporaryFolder();
        FillFolder(folder);
        // There from the start, so that every upload replaces one and is answered alike.
        Directory.CreateDirectory(Path.Combine(folder.Path, "put"));
        folder.File("put/a", []);
        folder.File("put/b", []);
        return await OnAFreePortAsync(folder, port =>
        {
            var configuration = folder.File("nginx.conf", System.Text.Encoding.ASCII.GetBytes(configure(folder.Path, port)));
            return Tool.Start("nginx", ["-p", folder.Path, "-c", configuration, "-e", Path.Combine(folder.Path, "error.log")]);
        });
    }

    /// <summary>nghttpx, a proxy that takes HTTP/1.1, HTTP/2 and the upgrade from one to the other; skips the test where it is not installed.</summary>
    /// <param name="backend">Where it takes its answers from, in HTTP/1.1.</param>
    /// <param name="logFormat">Of the lines in <c>access.log</c>.</param>
    public static Task<ForeignServer> NghttpxAsync(IPEndPoint backend, string logFormat)
    {
        Tool.Require("nghttpx");
        var folder = new TemporaryFolder();
        return OnAFreePortAsync(folder, port => Tool.Start("nghttpx",
        [
            $"--frontend=127.0.0.1,{port};no-tls", $"--backend={backend.Address},{backend.Port}", "--workers=1", "--no-ocsp", "--conf=/dev/null",
            $"--errorlog-file={folder.Path}/error.log", $"--accesslog-file={folder.Path}/access.log", $"--accesslog-format={logFormat}",
        ]));
    }

    /// <summary>Triton with the models <c>adult</c>, <c>digits</c> and <c>california</c>, by the start script of a folder of tools.</summary>
    public static async Task<ForeignServer> TritonAsync(string tools)
    {
        var folder = new TemporaryFolder();
        var said = await Tool.RunAsync("sh", [Path.Combine(tools, "triton-start.sh"), folder.Path], TimeSpan.FromMinutes(3));
        return new ForeignServer(Address("http"), folder, process: null, () => Tool.RunAsync("sh", [Path.Combine(tools, "stop.sh"), folder.Path]))
        {
            Grpc = Address("grpc"),
        };

        IPEndPoint Address(string protocol)
        {
            var address = said.Split('\n').Single(line => line.StartsWith($"{protocol}=", StringComparison.Ordinal));
            return new IPEndPoint(IPAddress.Loopback, int.Parse(address[(address.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop is not null)
            await _stop();
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        Folder.Dispose();
    }

    // For programs that take no port 0: one that was free a moment ago, and another one should somebody have been quicker.
    private static async Task<ForeignServer> OnAFreePortAsync(TemporaryFolder folder, Func<int, Process> start)
    {
        for (var attempt = 1; ; attempt++)
        {
            int port;
            using (var free = new RawServer(listens: false))
                port = free.Port;
            var process = start(port);
            if (await ListensAsync(process, port))
                return new ForeignServer(new IPEndPoint(IPAddress.Loopback, port), folder, process);
            var errors = await process.StandardError.ReadToEndAsync();
            var name = process.StartInfo.FileName;
            process.Dispose();
            Assert.True(attempt < 3, $"{name} does not start: {errors}");
        }
    }

    private static void FillFolder(TemporaryFolder folder)
    {
        folder.File("small.txt", "a small file\n"u8);
        folder.File("large.bin", SeededBytes.Of(7, 3_000_017));
        folder.File("empty.txt", []);
        foreach (var file in Directory.EnumerateFiles(folder.Path))
            File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
    }

    private static async Task<bool> ListensAsync(Process process, int port)
    {
        var since = Stopwatch.StartNew();
        while (!process.HasExited && since.Elapsed < RelayUnderTest.Patience)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(20);
            }
        }

        return false;
    }

    private static string NginxConfiguration(string folder, string listen, string settings, string locations) => $$"""
        daemon off;
        user root; # has a meaning for root only, whose workers would else be nobody and could not read the folder
        worker_processes 1;
        pid {{folder}}/nginx.pid;
        events { worker_connections 256; }
        http {
          {{settings}}
          client_body_temp_path {{folder}}/body;
          proxy_temp_path {{folder}}/proxy;
          fastcgi_temp_path {{folder}}/fastcgi;
          uwsgi_temp_path {{folder}}/uwsgi;
          scgi_temp_path {{folder}}/scgi;
          client_max_body_size 0;
          server {
            listen 127.0.0.1:{{listen}};
            root {{folder}};
            location = /fixed { return 200 "a fixed answer\n"; }
            location = /nothing { return 204; }
            location = /moved { return 302 /fixed; }
            location = /gone { return 444; }
            location = /packed.txt { gzip on; gzip_min_length 1; gzip_types text/plain; gzip_http_version 1.0; try_files /small.txt =404; }
            location /put/ { dav_methods PUT DELETE; create_full_put_path on; }
            {{locations}}
          }
        }
        """;
}
