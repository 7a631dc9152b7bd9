using System.Text.Json;
using Sidecar.Commands;
using Sidecar.Testing;
using Sidecar.Tests.Telemetry;

namespace Sidecar.Tests.OpenAi;

/// <summary>The verb <c>decode</c> on recordings of OpenAI-compatible servers, compared with what the client's library saw.</summary>
public sealed class OpenAiDecodeTests
{
    [Fact]
    public async Task Recordings_kept_here_are_what_their_clients_saw() =>
        Assert.Equal(8, await CompareAsync(Path.Combine(Repository.Root, "tests", "Sidecar.Tests", "Offline", "openai")));

    [Fact]
    public async Task All_recordings_are_what_their_clients_saw() =>
        Assert.True(await CompareAsync(Fixtures.Require("corpus", "openai")) >= 15, "too few recordings");

    [Fact]
    public async Task Aborted_stream_has_what_was_on_the_wire_and_does_not_guess_what_was_read()
    {
        var line = Assert.Single(await DecodeAsync(Path.Combine(Repository.Root, "tests", "Sidecar.Tests", "Offline", "openai", "llamacpp-openai_python-abort-mid-stream")));
        Assert.Equal("by client", line.GetProperty("aborted").GetString());
        var response = line.GetProperty("response");
        Assert.Equal(51, response.GetProperty("sse_count").GetInt32());
        Assert.False(response.TryGetProperty("sse_chunks_seen_by_client", out _));
        Assert.False(response.TryGetProperty("tensors", out _));
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null), (response.GetProperty("usage").ValueKind, response.GetProperty("finish_reason").ValueKind));
    }

    private static async Task<int> CompareAsync(string root)
    {
        var compared = 0;
        foreach (var folder in Directory.EnumerateDirectories(root).Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(folder, "expected.json"), TestContext.Current.CancellationToken));
            var exchanges = document.RootElement.GetProperty("exchanges").EnumerateArray().ToList();
            var lines = await DecodeAsync(folder);
            Assert.Equal(exchanges.Count, lines.Count);
            foreach (var (expected, line) in exchanges.Zip(lines))
                Compare(Path.GetFileName(folder), expected, line);
            compared++;
        }

        return compared;
    }

    private static void Compare(string where, JsonElement expected, JsonElement line)
    {
        if (expected.TryGetProperty("request", out var request))
            Assert.Equal(request.GetProperty("model").GetProperty("name").GetString(), line.GetProperty("request").GetProperty("model").GetProperty("name").GetString());
        var answer = expected.GetProperty("response");
        var told = line.GetProperty("response");
        if (answer.TryGetProperty("read_by_client", out var read))
        {
            // It left after three of them; the others were under way.
            Assert.True(told.GetProperty("sse_count").GetInt32() >= read.GetProperty("sse_chunks_seen_by_client").GetInt32(), where);
            answer = read;
        }
        else
        {
            foreach (var count in (string[])["sse_count", "sse_chunks_seen_by_client"])
                Assert.True(Text(answer, "sse_chunks_seen_by_client") == Text(told, count), $"{where}: {count} is {Text(told, count)}");
        }

        foreach (var member in (string[])["id", "model", "finish_reason"])
            Assert.True(!answer.TryGetProperty(member, out _) || Text(answer, member) == Text(told, member), $"{where}: {member} is {Text(told, member)}");
        if (answer.TryGetProperty("usage", out var usage))
            Assert.Equal(Usage(usage), Usage(told.GetProperty("usage")));
        if (answer.TryGetProperty("choices", out var choices))
            Assert.Equal((choices.GetArrayLength(), Text(choices[0], "finish_reason")), (told.GetProperty("choice_count").GetInt32(), Text(told, "finish_reason")));
        if (answer.TryGetProperty("error", out var error))
            Assert.Equal((Text(error, "message"), Text(error, "type"), Text(error, "code")), (Text(told, "error"), Text(told, "error_type"), Text(told, "error_code")));
        AssertNoText(where, expected, line);
    }

    /// <summary>Counts that are not null; what is in details is part of them.</summary>
    private static string Usage(JsonElement usage) => usage.ValueKind == JsonValueKind.Null ? "null"
        : string.Join(' ', usage.EnumerateObject().Where(count => count.Value.ValueKind == JsonValueKind.Number).Select(count => $"{count.Name}={count.Value}").Order(StringComparer.Ordinal));

    /// <summary>Neither the prompt nor the completion; an error's own words are printed.</summary>
    private static void AssertNoText(string where, JsonElement expected, JsonElement line)
    {
        if (expected.GetProperty("response").TryGetProperty("error", out _))
            return;
        var printed = line.GetRawText();
        foreach (var text in Texts(expected).Where(text => text.Length > 3))
            Assert.False(printed.Contains(text, StringComparison.Ordinal), $"{where}: prints {text}");
    }

    private static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member =>
            member.Name is "content" or "text" or "prompt" or "input" or "tool_arguments" or "arguments" && member.Value.ValueKind == JsonValueKind.String
                ? [member.Value.GetString()!]
                : Texts(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        _ => [],
    };

    private static string Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) ? value.ToString() : "";

    private static async Task<List<JsonElement>> DecodeAsync(string folder)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var line = SidecarCommandLine.Build((_, _) => Task.FromResult(7), (_, _) => Task.FromResult(7));
        var host = new CommandLineHost { Output = output, Error = error, Environment = new Dictionary<string, string>() };
        var code = await line.InvokeAsync(["decode", "--client", Path.Combine(folder, "client.bin"), "--server", Path.Combine(folder, "server.bin")], host, TestContext.Current.CancellationToken);
        Assert.Equal((ExitCodes.Ok, ""), (code, error.ToString()));
        return [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => JsonDocument.Parse(text).RootElement)];
    }
}
