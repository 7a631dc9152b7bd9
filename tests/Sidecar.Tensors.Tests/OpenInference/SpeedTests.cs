using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests.OpenInference;

/// <summary>Kept apart from the other tests, which would share the machine with the measurement.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public static class Alone;

/// <summary>Allocation is asserted; speed is printed beside that of System.Text.Json on the same body in the same loop, and never asserted.</summary>
[Collection(nameof(Alone))]
public class SpeedTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("32 features, one row", 32, 6)]
    [InlineData("1 MB, 8 digits", 95_000, 8)]
    [InlineData("1 MB, 17 digits", 50_000, 17)]
    public void DecodeRequest_SteadyState_AllocatesNothing(string name, int values, int digits)
    {
        var body = Body(values, digits);
        var message = new TensorMessage();
        for (var i = 0; i < 30; i++)
            Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeRequest(body, message));

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 10; i++)
                OpenInferenceJson.DecodeRequest(body, message);
        }));

        var rounds = Math.Max(20, 8_000_000 / body.Length);
        var ours = Seconds(rounds, () => OpenInferenceJson.DecodeRequest(body, message));
        var theirs = Seconds(rounds / 4, () => JsonSerializer.Deserialize(body, RequestContext.Default.Request));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}: {body.Length} B, {body.Length / ours / 1e6:F0} MB/s, {ours * 1e6:F2} µs; System.Text.Json {body.Length / theirs / 1e6:F0} MB/s, {theirs * 1e6:F2} µs"));
    }

    private static byte[] Body(int values, int digits)
    {
        var random = new Random(7);
        var text = new StringBuilder("""{"id":"r-1","inputs":[{"name":"input","shape":[1,""");
        text.Append(values).Append("""],"datatype":"FP32","data":[""");
        var format = "F" + (digits - 1).ToString(CultureInfo.InvariantCulture);
        for (var i = 0; i < values; i++)
            text.Append(i == 0 ? "" : ",").Append(((random.NextDouble() * 6) - 3).ToString(format, CultureInfo.InvariantCulture));
        return Encoding.UTF8.GetBytes(text.Append("]}]}").ToString());
    }

    /// <summary>CPU seconds of the process a call, the best of five runs: others share the machine.</summary>
    internal static double Seconds(int rounds, Action call)
    {
        var best = double.MaxValue;
        for (var run = 0; run < 5; run++)
        {
            var before = Environment.CpuUsage.TotalTime;
            for (var i = 0; i < rounds; i++)
                call();
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - before).TotalSeconds / rounds);
        }

        return best;
    }
}

internal sealed record RequestInput(string Name, long[] Shape, string Datatype, float[] Data);

internal sealed record Request(string Id, RequestInput[] Inputs);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Request))]
internal sealed partial class RequestContext : JsonSerializerContext;
