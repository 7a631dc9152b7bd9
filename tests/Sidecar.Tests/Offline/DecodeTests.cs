using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sidecar.Commands;
using Sidecar.Testing;
using Sidecar.Tests.Configuration;

namespace Sidecar.Tests.Offline;

/// <summary>The verb <c>decode</c>, compared with what the recorded clients and servers said themselves.</summary>
public sealed class DecodeTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _folder.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Recordings_kept_here_have_the_exchanges_that_their_clients_saw(bool ordered) =>
        Assert.Equal(16, await CompareAsync(Path.Combine(AppContext.BaseDirectory, "golden"), ordered));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_recordings_have_the_exchanges_that_their_clients_saw(bool ordered) =>
        Assert.True(await CompareAsync(Fixtures.RequireCorpus(), ordered) >= 184, "too few recordings");

    [Theory]
    [InlineData("", "", "no exchange in these files")] // nothing was sent
    [InlineData("GET / HT", "", "no exchange in these files")] // a head that never came whole
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001", "\u0016\u0003\u0003", "encrypted")]
    [InlineData("\u0000\u0001\u0002", "", "begin like neither")]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "is it the client's file")]
    public async Task Bytes_without_an_exchange_print_none_and_say_why(string client, string server, string why)
    {
        var (code, lines) = await DecodeAsync("--client", Write("c.bin", client), "--server", Write("s.bin", server));
        Assert.Equal((ExitCodes.Ok, 0), (code, lines.Count));
        Assert.Contains(why, _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exchange_that_the_recording_cuts_short_is_incomplete()
    {
        var (_, lines) = await DecodeAsync(
            "--client", Write("c.bin", "GET /a HTTP/1.1\r\nHost: m\r\nX-Request-Id: r-1\r\n\r\nGET /b HTTP/1.1\r\nHost: m\r\n\r\n"),
            "--server", Write("s.bin", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok"));
        Assert.Equal(["complete", "incomplete"], lines.Select(line => line.GetProperty("ended").GetString()));
        Assert.Equal(("r-1", "x_request_id"), (lines[0].GetProperty("request_id").GetString(), lines[0].GetProperty("request_id_origin").GetString()));
        Assert.Equal([true, false], lines.Select(line => line.GetProperty("response").GetProperty("whole").GetBoolean()));
    }

    [Fact]
    public async Task Segments_beside_the_files_say_who_left_first()
    {
        var client = Write("client.bin", "GET /a HTTP/1.1\r\nHost: m\r\n\r\n");
        var server = Write("server.bin", "HTTP/1.1 200 OK\r\n");
        Write("segments.json", """[["c", 28, 0.1], ["s", 17, 2.5], ["c", 0, 3], ["s", 0, 4]]""");
        var (_, lines) = await DecodeAsync("--client", client, "--server", server);
        Assert.Equal(("client_aborted", "by client"), (lines[0].GetProperty("ended").GetString(), lines[0].GetProperty("aborted").GetString()));
        Assert.Equal(JsonValueKind.Null, lines[0].GetProperty("http_status").ValueKind);

        Write("segments.json", """[["c", 5, 0.1]]""");
        (_, lines) = await DecodeAsync("--client", client, "--server", server);
        Assert.Equal("incomplete", lines[0].GetProperty("ended").GetString());
        Assert.Contains("5 bytes of the client and 0 of the server; the files hold 28 and 17", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[[\"x\", 1]]")]
    [InlineData("[[\"c\", -1]]")]
    [InlineData("[[\"c\"]]")]
    [InlineData("[[\"c\", \"1\"]]")]
    [InlineData("[")]
    [InlineData("[[\"c\", 99999999999]]")]
    public async Task Segments_that_are_none_are_refused(string segments)
    {
        var file = Write("c.bin", "");
        var (code, _) = await DecodeAsync("--client", file, "--server", file, "--segments", Write("order.json", segments));
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains("order.json", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none.bin", "none.bin")]
    [InlineData("", "xz -d")]
    public async Task Files_that_cannot_be_used_are_named(string name, string said)
    {
        var file = Path.Combine(_folder.Path, name.Length > 0 ? name : "c.bin.xz");
        if (name.Length == 0)
            await File.WriteAllBytesAsync(file, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00], TestContext.Current.CancellationToken);
        var (code, _) = await DecodeAsync("--client", file, "--server", file);
        Assert.Equal(ExitCodes.BadInput, code);
        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
    }

    private async Task<int> CompareAsync(string root, bool ordered)
    {
        var compared = 0;
        foreach (var expectedFile in Directory.EnumerateFiles(root, "expected.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(expectedFile, TestContext.Current.CancellationToken));
            var exchanges = document.RootElement.GetProperty("exchanges").EnumerateArray().ToList();
            for (var i = 0; i < document.RootElement.GetProperty("connections").GetInt32(); i++)
            {
                var folder = Path.Combine(Path.GetDirectoryName(expectedFile)!, i == 0 ? "" : $"conn{i}");
                var (client, server) = (Unpacked(folder, "client.bin"), Unpacked(folder, "server.bin"));
                if (client is null || server is null)
                    continue; // packed, and no xz here
                var segments = Path.Combine(folder, "segments.json");
                var (code, lines) = await DecodeAsync(ordered ? ["--client", client, "--server", server, "--segments", segments] : ["--client", client, "--server", server]);
                Assert.Equal(ExitCodes.Ok, code);
                var own = exchanges.Where(e => (e.TryGetProperty("connection", out var c) ? c.GetInt32() : 0) == i);
                // Streams of one connection may start in another order than their calls.
                Assert.Equal(
                    own.Select(Expected).Order(StringComparer.Ordinal).Prepend(folder),
                    lines.Select(Told).Order(StringComparer.Ordinal).Prepend(folder));
                Assert.Empty(Ids(own).Except(Ids(lines)));
                Assert.Empty(Bodies(own).Except(Bodies(lines)));
                Assert.Empty(Messages(own).Except(Messages(lines)).Select(line => $"{folder}: {line}"));
                if (ordered && own.Any(e => Text(e, "aborted") == "by client"))
                    Assert.Contains(lines, e => Text(e, "aborted") == "by client");
                compared++;
            }
        }

        return compared;
    }

    private static string Expected(JsonElement exchange)
    {
        // A status that the client made itself is on no wire.
        var grpc = exchange.TryGetProperty("grpc_status_origin", out _) ? "" : Text(exchange, "grpc_status");
        return Line(exchange, grpc);
    }

    private static string Told(JsonElement exchange) => Line(exchange, Text(exchange, "grpc_status"));

    private static string Line(JsonElement exchange, string grpc)
    {
        return $"{Text(exchange, "method")} {Text(exchange, "path")} {Text(exchange, "http_status")} grpc {grpc} {Count(exchange, "request")} {Count(exchange, "response")}";
    }

    // Where the two programs noted a digest of a whole body, it is without its coding.
    private static IEnumerable<string> Bodies(IEnumerable<JsonElement> exchanges) =>
        from exchange in exchanges
        from side in (string[])["request", "response"]
        where Text(exchange, "method") != "HEAD" && exchange.TryGetProperty(side, out _) && exchange.GetProperty(side).TryGetProperty("body", out _)
        let body = exchange.GetProperty(side).GetProperty("body")
        where body.ValueKind == JsonValueKind.Object
        select $"{side} {body.GetProperty("nbytes")} {body.GetProperty("sha256")}";

    // The protocol's own id, of V2 over HTTP.
    private static IEnumerable<string> Ids(IEnumerable<JsonElement> exchanges) => exchanges
        .Where(e => e.TryGetProperty("request", out var request) && request.TryGetProperty("id", out _) && Text(e, "path").StartsWith("/v2/", StringComparison.Ordinal) && Text(e, "path").EndsWith("/infer", StringComparison.Ordinal))
        .Select(e => Text(e.GetProperty("request"), "id"));

    // Protocols that describe their tensors. What only the program itself knew is left out: the version behind an error answer.
    private static readonly string[] Described = ["/infer", "/ModelInfer", "/ModelStreamInfer", "/generate", "/generate_stream"];

    /// <summary>What is said of each message's id, model and tensors, a line each.</summary>
    private static IEnumerable<string> Messages(IEnumerable<JsonElement> exchanges) =>
        from exchange in exchanges
        let path = Text(exchange, "path").Split('?')[0]
        where Described.Any(end => path.EndsWith(end, StringComparison.Ordinal))
        from side in (string[])["request", "response"]
        where exchange.TryGetProperty(side, out _)
        from line in exchange.GetProperty(side).TryGetProperty("messages", out var messages)
            ? messages.EnumerateArray().SelectMany((message, i) => Message(message).Select(line => $"{i} {line}"))
            // The error of a single call is what its client made of it.
            : Message(exchange.GetProperty(side)).Where(line => !line.StartsWith("error ", StringComparison.Ordinal))
        select $"{path} {side} {line}";

    private static IEnumerable<string> Message(JsonElement message)
    {
        if (message.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String)
            yield return $"id {id}";
        if (message.TryGetProperty("model", out var model) && model.TryGetProperty("name", out var name))
            yield return $"model {name}";
        if (message.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String)
            yield return $"error {error}";
        if (!message.TryGetProperty("tensors", out var tensors))
            yield break;
        foreach (var tensor in tensors.EnumerateArray())
            yield return $"{Text(tensor, "name")} {Text(tensor, "datatype")} [{string.Join(',', tensor.GetProperty("shape").EnumerateArray())}] {Text(tensor, "nbytes")} {Text(tensor, "sha256")}";
    }

    private static string Count(JsonElement exchange, string side)
    {
        if (!Text(exchange, "path").EndsWith("ModelStreamInfer", StringComparison.Ordinal) || !exchange.TryGetProperty(side, out var message))
            return "";
        return message.TryGetProperty("messages", out var messages)
            ? messages.GetArrayLength().ToString(CultureInfo.InvariantCulture)
            : Text(message, "message_count");
    }

    private static string Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? value.ToString() : "";

    // Without the segments beside them, so that the order is only known where it is given.
    private string? Unpacked(string folder, string name)
    {
        var copy = Path.Combine(_folder.Path, name);
        var file = Path.Combine(folder, name);
        if (File.Exists(file))
        {
            File.Copy(file, copy, overwrite: true);
            return copy;
        }

        try
        {
            using var xz = Process.Start(new ProcessStartInfo("xz", ["-dc", file + ".xz"]) { RedirectStandardOutput = true })!;
            using var bytes = File.Create(copy);
            xz.StandardOutput.BaseStream.CopyTo(bytes);
            xz.WaitForExit();
            return xz.ExitCode == 0 ? copy : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, text, System.Text.Encoding.Latin1);
        return path;
    }

    private async Task<(int Code, List<JsonElement> Lines)> DecodeAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        var line = SidecarCommandLine.Build((_, _) => Task.FromResult(7), (_, _) => Task.FromResult(7));
        var host = new CommandLineHost { Output = output, Error = _error, Environment = new Dictionary<string, string>() };
        var code = await line.InvokeAsync(["decode", .. arguments], host, TestContext.Current.CancellationToken);
        return (code, [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => JsonDocument.Parse(text).RootElement)]);
    }
}
