using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sidecar.Tensors;

namespace Sidecar.Benchmarks.Micro;

/// <summary>Rows of 16 numbers each, in the encodings that have no datatypes of their own, and what System.Text.Json makes of the same bytes.</summary>
internal static class RowCases
{
    private const int Columns = 16;
    private const int RowsOfOneMegabyte = 6_000;

    public static readonly HotPathCase[] All =
    [
        new("V1Rest.DecodeRequest_Lists_OneRow", () => Decode(new V1Rest(), Lists(1), BodyFormat.Json, tensors: 1)),
        new("V1Rest.DecodeRequest_Lists_1MB", () => Decode(new V1Rest(), Lists(RowsOfOneMegabyte), BodyFormat.Json, tensors: 1)) { Iterations = 200 },
        new("V1Rest.DecodeRequest_Objects_OneRow", () => Decode(new V1Rest(), Objects(1), BodyFormat.Json, Columns)),
        new("V1Rest.DecodeRequest_Objects_1MB", () => Decode(new V1Rest(), Objects(RowsOfOneMegabyte / 2), BodyFormat.Json, Columns)) { Iterations = 200 },
        new("InvocationsRest.DecodeRequest_Csv_OneRow", () => Decode(new InvocationsRest(), Csv(1), BodyFormat.CsvWithoutHeader, Columns)),
        new("InvocationsRest.DecodeRequest_Csv_1MB", () => Decode(new InvocationsRest(), Csv(RowsOfOneMegabyte), BodyFormat.CsvWithoutHeader, Columns)) { Iterations = 200 },
        new("JsonMapping.DecodeRequest_1MB", () => Decode(Mapping(), Objects(RowsOfOneMegabyte / 2), BodyFormat.Json, Columns)) { Iterations = 200 },
        new("System.Text.Json.Lists_1MB", () => Deserialize(Lists(RowsOfOneMegabyte), body => JsonSerializer.Deserialize(body, RowsContext.Default.ListRequest)!.Instances.Length)) { IsPeer = true },
        new("System.Text.Json.Objects_1MB", () => Deserialize(Objects(RowsOfOneMegabyte / 2), body => JsonSerializer.Deserialize(body, RowsContext.Default.ObjectRequest)!.Instances.Length)) { IsPeer = true },
    ];

    private static Action Decode(IProtocolDecoder decoder, byte[] body, BodyFormat format, int tensors)
    {
        var message = new TensorMessage();
        return () =>
        {
            if (decoder.DecodeRequest(new MessageHead { Format = format }, body, message) is not DecodeError.None and var error || message.Count != tensors)
                throw new InvalidOperationException($"the body was not decoded: {message.Count} tensors");
        };
    }

    private static Action Deserialize(byte[] body, Func<byte[], int> rows) => () =>
    {
        if (rows(body) == 0)
            throw new InvalidOperationException("the body was not read");
    };

    private static JsonMapping Mapping() => new(
        [.. Enumerable.Range(0, Columns).Select(i => new JsonFeature($"f{i}", JsonPath.TryParse($"/instances/*/c{i}", out var path, out _) ? path! : throw new InvalidOperationException()))], []);

    private static byte[] Lists(int rows) => Utf8($$"""{"instances": [{{string.Join(", ", Numbers(rows).Select(row => $"[{string.Join(", ", row)}]"))}}]}""");

    private static byte[] Objects(int rows) =>
        Utf8($$"""{"instances": [{{string.Join(", ", Numbers(rows).Select(row => $"{{{string.Join(", ", row.Select((value, i) => $"\"c{i}\": {value}"))}}}"))}}]}""");

    private static byte[] Csv(int rows) => Utf8(string.Concat(Numbers(rows).Select(row => string.Join(',', row) + "\n")));

    private static IEnumerable<string[]> Numbers(int rows)
    {
        var random = new Random(7);
        for (var row = 0; row < rows; row++)
            yield return [.. Enumerable.Range(0, Columns).Select(_ => ((random.NextDouble() * 6) - 3).ToString("F7", CultureInfo.InvariantCulture))];
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

internal sealed record ListRequest(double[][] Instances);

internal sealed record ObjectRow(
    double C0, double C1, double C2, double C3, double C4, double C5, double C6, double C7,
    double C8, double C9, double C10, double C11, double C12, double C13, double C14, double C15);

internal sealed record ObjectRequest(ObjectRow[] Instances);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ListRequest))]
[JsonSerializable(typeof(ObjectRequest))]
internal sealed partial class RowsContext : JsonSerializerContext;
