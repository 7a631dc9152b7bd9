using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sidecar.Tensors.Tests.Contract;
using Sidecar.Tensors.Tests.OpenInference;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests.Rows;

/// <summary>Allocation is asserted; speed is printed beside that of System.Text.Json on the same values in the same loop, and never asserted.</summary>
[Collection(nameof(Alone))]
public class SpeedTests(ITestOutputHelper output)
{
    private const int Columns = 16;

    [Theory]
    [InlineData("V1, lists, one row", 1)]
    [InlineData("V1, lists, 1 MB", 6_000)]
    public void V1_lists_allocate_nothing(string name, int rows) => Measure(
        name, new V1Rest(), new Sample($$"""{"instances": [{{string.Join(", ", Numbers(rows).Select(row => $"[{string.Join(", ", row)}]"))}}]}"""),
        body => JsonSerializer.Deserialize(body, RowsContext.Default.ListRequest));

    [Theory]
    [InlineData("V1, objects, one row", 1)]
    [InlineData("V1, objects, 1 MB", 3_000)]
    public void V1_objects_allocate_nothing(string name, int rows) => Measure(
        name, new V1Rest(), new Sample($$"""{"instances": [{{string.Join(", ", Numbers(rows).Select(row => $"{{{string.Join(", ", row.Select((value, i) => $"\"c{i}\": {value}"))}}}"))}}]}"""),
        body => JsonSerializer.Deserialize(body, RowsContext.Default.ObjectRequest));

    [Theory]
    [InlineData("dataframe_split, 1 MB", 6_000)]
    public void Dataframes_allocate_nothing(string name, int rows) => Measure(
        name, new InvocationsRest(), new Sample(
            $$$"""{"dataframe_split": {"columns": [{{{string.Join(", ", Enumerable.Range(0, Columns).Select(i => $"\"c{i}\""))}}}], "data": [{{{string.Join(", ", Numbers(rows).Select(row => $"[{string.Join(", ", row)}]"))}}}]}}"""),
        body => JsonSerializer.Deserialize(body, RowsContext.Default.SplitRequest));

    [Theory]
    [InlineData("CSV, one row", 1)]
    [InlineData("CSV, 1 MB", 6_000)]
    public void Csv_allocates_nothing(string name, int rows) => Measure(
        name, new InvocationsRest(),
        new Sample($"{string.Join(',', Enumerable.Range(0, Columns).Select(i => $"c{i}"))}\n{string.Join('\n', Numbers(rows).Select(row => string.Join(',', row)))}\n") { Format = BodyFormat.Csv },
        null);

    [Theory]
    [InlineData("JSON lines, 1 MB", 3_000)]
    public void JsonLines_allocate_nothing(string name, int rows) => Measure(
        name, new InvocationsRest(), new Sample(string.Join('\n', Numbers(rows).Select(row => $"{{{string.Join(", ", row.Select((value, i) => $"\"c{i}\": {value}"))}}}")))
        {
            Format = BodyFormat.JsonLines,
        },
        null);

    [Theory]
    [InlineData("mapped JSON, one row", 1)]
    [InlineData("mapped JSON, 1 MB", 3_000)]
    public void A_mapping_allocates_nothing(string name, int rows) => Measure(
        name, new JsonMapping(JsonMappingContract.Features([.. Enumerable.Range(0, Columns).Select(i => ($"f{i}", $"/instances/*/c{i}"))]), []),
        new Sample($$"""{"instances": [{{string.Join(", ", Numbers(rows).Select(row => $"{{{string.Join(", ", row.Select((value, i) => $"\"c{i}\": {value}"))}}}"))}}]}"""),
        body => JsonSerializer.Deserialize(body, RowsContext.Default.ObjectRequest));

    private void Measure(string name, IProtocolDecoder decoder, Sample sample, Action<byte[]>? theirs)
    {
        var message = new TensorMessage();
        for (var i = 0; i < 30; i++)
            Assert.Equal(DecodeError.None, sample.Decode(decoder, message));
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 10; i++)
                sample.Decode(decoder, message);
        }));

        var body = sample.Body;
        var rounds = Math.Max(20, 8_000_000 / body.Length);
        var ours = OpenInference.SpeedTests.Seconds(rounds, () => sample.Decode(decoder, message));
        var text = string.Create(CultureInfo.InvariantCulture, $"{name}: {body.Length} B, {body.Length / ours / 1e6:F0} MB/s, {ours * 1e6:F2} µs");
        if (theirs is not null)
        {
            var seconds = OpenInference.SpeedTests.Seconds(rounds / 4, () => theirs(body));
            text += string.Create(CultureInfo.InvariantCulture, $"; System.Text.Json {body.Length / seconds / 1e6:F0} MB/s, {seconds * 1e6:F2} µs");
        }

        output.WriteLine(text);
    }

    private static IEnumerable<string[]> Numbers(int rows)
    {
        var random = new Random(7);
        for (var row = 0; row < rows; row++)
            yield return [.. Enumerable.Range(0, Columns).Select(_ => ((random.NextDouble() * 6) - 3).ToString("F7", CultureInfo.InvariantCulture))];
    }
}

internal sealed record ListRequest(double[][] Instances);

internal sealed record Row(
    double C0, double C1, double C2, double C3, double C4, double C5, double C6, double C7,
    double C8, double C9, double C10, double C11, double C12, double C13, double C14, double C15);

internal sealed record ObjectRequest(Row[] Instances);

internal sealed record Split(string[] Columns, double[][] Data);

internal sealed record SplitRequest([property: JsonPropertyName("dataframe_split")] Split Dataframe);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ListRequest))]
[JsonSerializable(typeof(ObjectRequest))]
[JsonSerializable(typeof(SplitRequest))]
internal sealed partial class RowsContext : JsonSerializerContext;
