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
        Assert.Equal(9, Compare(Path.Combine(AppContext.BaseDirectory, "golden")));

    [Fact]
    public void All_recordings_are_told_as_they_were() =>
        Assert.True(Compare(Fixtures.Require("corpus")) >= 120, "too few HTTP/1.x connections among the recordings");

    private static int Compare(string root)
    {
        var compared = 0;
        foreach (var recording in Recording.All(root).Where(r => r.IsHttp1))
        {
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
        var name = recording.Name.Split('/').First(part => part.Contains('-', StringComparison.Ordinal) && part is not ("v2-http" or "custom-json"));
        var opaque = recording.Name.EndsWith("conn1", StringComparison.Ordinal) ? OpaqueReason.None : Opaque.GetValueOrDefault(name);
        Assert.True(opaque == told.Opaque, $"{recording.Name}: {told.Opaque}");
        Assert.True(recording.Expected.Length == told.Exchanges.Count, $"{recording.Name}: {told.Exchanges.Count} exchanges");
        foreach (var (expected, seen) in recording.Expected.Zip(told.Exchanges))
        {
            var status = expected.GetProperty("http_status").GetInt32();
            var line = $"{expected.GetProperty("method").GetString()} {expected.GetProperty("path").GetString()} {status}";
            Assert.Equal($"{recording.Name}: {line}", $"{recording.Name}: {seen.Method} {seen.Target} {seen.Status}");
            var end = Aborted.Contains(name) ? ExchangeEnd.ClientAborted : ExchangeEnd.Complete;
            Assert.True(seen.End == end, $"{recording.Name}: {seen.End}");
            if (expected.TryGetProperty("response", out var response) && response.TryGetProperty("json", out var json))
                CompareJson(recording.Name, json, seen.ResponseBody);
        }
    }

    private static void CompareJson(string name, JsonElement expected, string body)
    {
        // Compressed answers are not this library's to undo.
        if (!body.StartsWith('{') && !body.StartsWith('['))
            return;
        using var seen = JsonDocument.Parse(Encoding.Latin1.GetBytes(body));
        Assert.True(JsonElement.DeepEquals(expected, seen.RootElement), $"{name}: {body}");
    }
}
