using System.Text;
using Sidecar.Configuration;
using Sidecar.Emit;
using Sidecar.Emit.Kafka;
using Sidecar.Emit.Redaction;
using Sidecar.Model;
using Sidecar.Tests.OpenAi;

namespace Sidecar.Tests.Emit.Kafka;

public sealed class KServeEventsTests
{
    private const string Request = """{"id":"r-1","inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,2]}]}""";
    private const string Answer = """{"model_name":"m","model_version":"1","id":"r-1","outputs":[{"name":"y","datatype":"INT64","shape":[1],"data":[7]}]}""";

    [Fact]
    public async Task Exchange_is_two_events_of_the_request_s_id_with_KServe_s_extensions()
    {
        var events = await OfAsync(Answer, 200, ValueCapture.Nothing);
        Assert.Equal(["org.kubeflow.serving.inference.request", "org.kubeflow.serving.inference.response"], events.Select(item => item.Type));
        Assert.All(events, item => Assert.Equal(("r-1", "r-1", "m/1"), (item.Id, item.Key, item.Subject)));
        Assert.All(events, item => Assert.Equal(EventStream.Exchanges, EventTypes.StreamOf(item.Type)));
        Assert.All(events, item => Assert.Equal(
            [new("inferenceservicename", "isvc"), new("namespace", "space"), new("component", "predictor"), new("endpoint", "")], item.Extensions!));

        var headers = EventEnvelope.TryRead(EventEnvelopeTests.Written(events[1]))!.Headers.ToDictionary(header => header.Key, header => Encoding.UTF8.GetString(header.GetValueBytes()));
        Assert.Equal(("r-1", "isvc", "space", "predictor", ""), (headers["ce_id"], headers["ce_inferenceservicename"], headers["ce_namespace"], headers["ce_component"], headers["ce_endpoint"]));
        Assert.DoesNotContain("ce_dataschema", headers.Keys);
        Assert.Equal("0000000000000042", headers["ce_sequence"]);
    }

    [Fact]
    public async Task Data_is_what_was_decoded_and_has_values_only_where_they_are_captured()
    {
        var without = await OfAsync(Answer, 200, ValueCapture.Nothing);
        Assert.StartsWith("""{"id":"r-1","model_name":"m","model_version":"1","inputs":[""", Data(without[0]), StringComparison.Ordinal);
        Assert.StartsWith("""{"id":"r-1","model_name":"m","model_version":"1","outputs":[""", Data(without[1]), StringComparison.Ordinal);
        Assert.DoesNotContain("\"data\":[7]", Data(without[1]), StringComparison.Ordinal);
        var captured = await OfAsync(Answer, 200, new ValueCapture(new Redactor(new RedactionPolicy([], [RedactionTarget.OfFeature("*")])), CaptureMode.All, 10));
        Assert.Contains("7", Data(captured[1]).Split("\"outputs\"")[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failed_answer_has_an_event_without_outputs()
    {
        var events = await OfAsync("""{"error":"no"}""", 500, ValueCapture.Nothing);
        Assert.Equal(2, events.Count);
        Assert.DoesNotContain("outputs", Data(events[1]), StringComparison.Ordinal);
    }

    private static string Data(SidecarEvent item) => Encoding.UTF8.GetString(item.Payload.Span);

    private static async Task<IReadOnlyList<SidecarEvent>> OfAsync(string answer, int status, ValueCapture values)
    {
        await using var traffic = new Traffic(new SidecarOptions { Contract = new() { FetchMetadata = false } });
        traffic.Request(Request, "/v2/models/m/versions/1/infer");
        var exchange = traffic.Answer(answer, status);
        traffic.Analyse(exchange);
        return KServeEvents.Of(exchange, traffic.Record, "isvc", "space", 1, values);
    }
}
