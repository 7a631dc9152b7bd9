using System.Net.Mime;
using System.Text.Json;
using CloudNative.CloudEvents.SystemTextJson;
using Microsoft.Extensions.Logging.Abstractions;
using Sidecar.Emit.Jsonl;
using Sidecar.Tests.Emit.Schemas;

namespace Sidecar.Tests.Emit;

/// <summary>What the file holds, read by the CloudEvents SDK for .NET.</summary>
public sealed class CloudEventsSdkTests
{
    [Fact]
    public async Task Every_line_of_the_file_is_a_CloudEvent_to_the_SDK()
    {
        using var folder = new TemporaryEvents();
        var events = SampleEvents.All.ToList();
        await using (var sink = new JsonlSink(
            new JsonlOptions { Path = folder.Path, MaxBytes = 1L << 30, Files = 1, Queue = events.Count, Source = "/sidecar/ns/pod/1" }, new EventLedger(), TimeProvider.System, NullLoggerFactory.Instance))
        {
            foreach (var item in events)
                Assert.True(sink.TryEmit(item));
        }

        var lines = await File.ReadAllLinesAsync(folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal(events.Count, lines.Length);
        var formatter = new JsonEventFormatter();
        for (var i = 0; i < lines.Length; i++)
        {
            var read = formatter.DecodeStructuredModeMessage(System.Text.Encoding.UTF8.GetBytes(lines[i]), new ContentType("application/cloudevents+json"), extensionAttributes: null);
            Assert.True(read.IsValid);
            Assert.Equal((events[i].Type, $"{i + 1:D16}", "/sidecar/ns/pod/1"), (read.Type, read.Id, read.Source!.OriginalString));
            Assert.Equal(events[i].Subject.Length > 0 ? events[i].Subject : null, read.Subject);
            Assert.Equal(events[i].Time.ToUnixTimeMilliseconds(), read.Time!.Value.ToUnixTimeMilliseconds());
            Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(events[i].Payload).RootElement, (JsonElement)read.Data!));
        }
    }

    private sealed class TemporaryEvents : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sidecar-sdk");

        public string Path => System.IO.Path.Combine(_folder.FullName, "events.jsonl");

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
