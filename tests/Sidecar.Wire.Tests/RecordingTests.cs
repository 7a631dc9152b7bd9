using System.Text;
using System.Text.Json;
using Sidecar.Testing;

namespace Sidecar.Wire.Tests;

/// <summary>Conversations between real clients and servers, compared with what those said themselves.</summary>
public class RecordingTests
{
    // Those that become opaque. (None has a 101: the servers in them answer an offered upgrade in HTTP/1.1.)
    private static readonly Dictionary<string, OpaqueReason> Opaque = new()
    {
        ["triton-raw_socket-head-with-body"] = OpaqueReason.UnsolicitedResponse,
        ["kserve-java-httpclient-h2c-upgrade-attempt"] = OpaqueReason.UnsolicitedResponse,
    };

    // The client closed before the last chunk.
    private static readonly string[] Aborted = ["llamacpp-openai_python-abort-mid-stream", "llamacpp-openai_python-chat-stream-usage"];

    [Fact]
    public void The_recordings_kept_here_are_told_as_they_were() =>
        Assert.Equal(16, Compare(Path.Combine(AppContext.BaseDirectory, "golden")));

    [Fact]
    public void All_recordings_are_told_as_they_were() =>
        Assert.True(Compare(Fixtures.RequireCorpus()) >= 184, "too few recordings");

    private static int Compare(string root)
    {
        var compared = 0;
        foreach (var recording in Recording.All(root))
        {
            if (recording.Expected.Length == 0)
                continue;
            var told = recording.Replay(int.MaxValue);
            Compare(recording, told);
            // Byte by byte, but for the few of megabytes, where only time would be lost.
            var portion = recording.Length < 1_000_000 ? 1 : 1_111;
            Assert.True(told.Log == recording.Replay(portion).Log, $"{recording.Name} is told differently in pieces of {portion}");
            compared++;
        }

        return compared;
    }

    private static void Compare(Recording recording, Recorder told)
    {
        var name = recording.Name.Split('/').First(part => part.Contains('-', StringComparison.Ordinal) && part is not ("v2-http" or "v2-grpc" or "tfserving-grpc" or "tfserving-rest" or "custom-json"));
        var opaque = recording.Name.EndsWith("conn1", StringComparison.Ordinal) ? OpaqueReason.None : Opaque.GetValueOrDefault(name);
        Assert.True(opaque == told.Opaque, $"{recording.Name}: {told.Opaque}");
        Assert.True(recording.Expected.Length == told.Exchanges.Count, $"{recording.Name}: {told.Exchanges.Count} exchanges");
        // Streams of one connection may start in another order than their calls.
        var key = recording.Protocol == WireProtocol.Http2;
        Assert.Equal(
            recording.Expected.Select(e => $"{recording.Name}: {Expected(e)}").OrderBy(line => key ? line : ""),
            told.Exchanges.Select(e => $"{recording.Name}: {Told(e)}").OrderBy(line => key ? line : ""));
        foreach (var (expected, seen) in recording.Expected.Zip(told.Exchanges).Where(_ => recording.Protocol == WireProtocol.Http1))
        {
            var end = Aborted.Contains(name) ? ExchangeEnd.ClientAborted : ExchangeEnd.Complete;
            Assert.True(seen.End == end, $"{recording.Name}: {seen.End}");
            if (expected.TryGetProperty("response", out var response) && response.TryGetProperty("json", out var json))
                CompareJson(recording.Name, json, seen.ResponseBody);
        }
    }

    // What the client saw; a status that it made itself is on no wire, and then the stream did not end by itself.
    private static string Expected(JsonElement exchange)
    {
        var line = $"{exchange.GetProperty("method").GetString()} {exchange.GetProperty("path").GetString()}";
        if (!exchange.TryGetProperty("grpc_status", out var grpc))
            return $"{line} {exchange.GetProperty("http_status").GetInt32()}";
        if (exchange.TryGetProperty("grpc_status_origin", out _))
            return $"{line} grpc reset";
        var messages = Messages(exchange, "request") + Messages(exchange, "response");
        return $"{line} grpc {grpc.GetInt32()}{messages}";
    }

    private static string Told(Recorder.Seen seen)
    {
        var line = $"{seen.Method} {seen.Target}";
        if (!seen.IsGrpc)
            return $"{line} {seen.Status}";
        if (seen.GrpcStatus < 0)
            return $"{line} grpc {(seen.End is ExchangeEnd.ClientReset or ExchangeEnd.UpstreamReset ? "reset" : seen.End)}";
        Assert.False(seen.RequestMessages.Malformed || seen.ResponseMessages.Malformed);
        return $"{line} grpc {seen.GrpcStatus}" + (seen.Target.EndsWith("ModelStreamInfer", StringComparison.Ordinal)
            ? $" request {seen.RequestMessages.Messages} response {seen.ResponseMessages.Messages}" : "");
    }

    private static string Messages(JsonElement exchange, string side) =>
        exchange.TryGetProperty(side, out var message) && message.TryGetProperty("messages", out var messages) ? $" {side} {messages.GetArrayLength()}" : "";

    private static void CompareJson(string name, JsonElement expected, string body)
    {
        // Compressed answers are not this library's to undo.
        if (!body.StartsWith('{') && !body.StartsWith('['))
            return;
        using var seen = JsonDocument.Parse(Encoding.Latin1.GetBytes(body));
        Assert.True(JsonElement.DeepEquals(expected, seen.RootElement), $"{name}: {body}");
    }
}
