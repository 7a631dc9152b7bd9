using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Sidecar.Tensors.Tests.Contract;

namespace Sidecar.Tensors.Tests.Rows;

/// <summary>The same table sent in every encoding becomes the same tensors: names, datatypes, shapes and bytes.</summary>
public class DifferentialTests
{
    [Fact]
    public void One_table_is_the_same_tensors_however_it_is_sent()
    {
        var (expected, actual) = (new TensorMessage(), new TensorMessage());
        Gen.Int.Sample(seed =>
        {
            var table = new RandomTable(seed);
            Assert.Equal(DecodeError.None, new Sample(table.V2()).Decode(new OpenInferenceRest(), expected));
            foreach (var (name, decoder, sample) in Encodings(table))
            {
                var error = sample.Decode(decoder, actual);
                var text = $"{name}: {Encoding.UTF8.GetString(sample.Body)}";
                Assert.True(error == DecodeError.None, $"{error} {text}");
                Assert.Equal(string.Join('\n', Shown.Tensors(expected).Append(text)), string.Join('\n', Shown.Tensors(actual).Append(text)));
                for (var i = 0; i < expected.Count; i++)
                    Assert.True(expected.Data(i).SequenceEqual(actual.Data(i)), text);
            }
        }, iter: 3_000, threads: 1);
    }

    private static IEnumerable<(string Name, IProtocolDecoder Decoder, Sample Sample)> Encodings(RandomTable table)
    {
        var binary = table.V2Binary(out var jsonBytes);
        yield return ("V2 binary", new OpenInferenceRest(), new Sample(binary) { Format = BodyFormat.Binary, JsonBytes = jsonBytes });
        yield return ("V2 binary to Triton on SageMaker", new InvocationsRest(), new Sample(binary) { Format = BodyFormat.Binary, JsonBytes = jsonBytes });
        yield return ("V2 JSON to Triton on SageMaker", new InvocationsRest(), new Sample(table.V2()));
        yield return ("V1 rows", new V1Rest(), new Sample($$"""{"instances": {{table.Records()}}}"""));
        yield return ("V1 columns", new V1Rest(), new Sample($$"""{"inputs": {{table.Columns()}}}"""));
        yield return ("V1 rows, answered", new V1Rest(), new Sample($$"""{"predictions": {{table.Records()}}}""") { IsRequest = false });
        yield return ("V1 columns, answered", new V1Rest(), new Sample($$"""{"outputs": {{table.Columns()}}}""") { IsRequest = false });
        yield return ("V1 in a CloudEvent", new V1Rest(), new Sample($$$"""{"id": "1", "data": {"instances": {{{table.Records()}}}}}""") { Format = BodyFormat.CloudEvent });
        yield return ("dataframe_split", new InvocationsRest(), new Sample($$"""{"dataframe_split": {{table.Split()}}}"""));
        yield return ("dataframe_records", new InvocationsRest(), new Sample($$"""{"dataframe_records": {{table.Records()}}}"""));
        yield return ("MLflow inputs", new InvocationsRest(), new Sample($$"""{"inputs": {{table.Columns()}}}"""));
        yield return ("JSON lines", new InvocationsRest(), new Sample(table.Lines()) { Format = BodyFormat.JsonLines });
        yield return ("JSON of no protocol", new TorchServeRest(), new Sample(table.Columns()));
        yield return ("mapped", table.Mapping(), new Sample($$"""{"rows": {{table.Records()}}}"""));
        yield return ("Triton's generate", new TritonGenerateRest(), new Sample(table.Columns()));
        if (table.FitsCsv)
            yield return ("CSV", new InvocationsRest(), new Sample(table.Csv()) { Format = BodyFormat.CsvWithHeader });
    }

    /// <summary>Columns of whole numbers, fractions, texts and truth values; the encodings are made by hand and by System.Text.Json, not by what is tested.</summary>
    private sealed class RandomTable
    {
        private readonly List<(string Name, string Type, object[] Values)> _columns = [];
        private readonly int _rows;

        public RandomTable(int seed)
        {
            var random = new Random(seed);
            _rows = random.Next(1, 6);
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                var type = random.Next(4) switch { 0 => "INT64", 1 => "FP64", 2 => "BYTES", _ => "BOOL" };
                _columns.Add(($"c{i} {RandomJson.Words[random.Next(RandomJson.Words.Length)]}", type, [.. Enumerable.Range(0, _rows).Select(_ => Value(random, type))]));
            }
        }

        /// <summary>CSV has no truth values, and texts that look like numbers are none.</summary>
        public bool FitsCsv => _columns.TrueForAll(column => column.Type != "BOOL")
            && _columns.TrueForAll(column => column.Type != "BYTES" || column.Values.Cast<string>().All(text => text.Trim(' ').Length > 0));

        public string V2() => Request(column => $"\"data\":[{string.Join(',', column.Values.Select(Json))}]");

        public byte[] V2Binary(out int jsonBytes)
        {
            var data = _columns.Select(column => column.Values.SelectMany(Bytes).ToArray()).ToArray();
            var json = Encoding.UTF8.GetBytes(Request(column => $"\"parameters\":{{\"binary_data_size\":{data[_columns.IndexOf(column)].Length}}}"));
            jsonBytes = json.Length;
            return [.. json, .. data.SelectMany(bytes => bytes)];
        }

        public string Records() => $"[{string.Join(',', Rows())}]";

        public string Lines() => string.Join('\n', Rows());

        public string Columns() => $"{{{string.Join(',', _columns.Select(column => $"{Text(column.Name)}:[{string.Join(',', column.Values.Select(Json))}]"))}}}";

        public string Split() =>
            $"{{\"columns\":[{string.Join(',', _columns.Select(column => Text(column.Name)))}],\"data\":[{string.Join(',', Enumerable.Range(0, _rows).Select(row => $"[{string.Join(',', _columns.Select(column => Json(column.Values[row])))}]"))}]}}";

        public string Csv() => string.Join('\n', Enumerable.Range(0, _rows).Select(row => string.Join(',', _columns.Select(column => Quote(column.Values[row] as string ?? Json(column.Values[row])))))
            .Prepend(string.Join(',', _columns.Select(column => Quote(column.Name)))));

        public JsonMapping Mapping() => new(JsonMappingContract.Features([.. _columns.Select(column =>
            (column.Name, $"/rows/*/{column.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}"))]), []);

        private IEnumerable<string> Rows() =>
            Enumerable.Range(0, _rows).Select(row => $"{{{string.Join(',', _columns.Select(column => $"{Text(column.Name)}:{Json(column.Values[row])}"))}}}");

        private string Request(Func<(string Name, string Type, object[] Values), string> data) =>
            $"{{\"inputs\":[{string.Join(',', _columns.Select(column => $"{{\"name\":{Text(column.Name)},\"shape\":[{_rows}],\"datatype\":\"{column.Type}\",{data(column)}}}"))}]}}";

        private static object Value(Random random, string type) => type switch
        {
            "INT64" => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(63),
            "FP64" => random.Next(4) == 0 ? random.Next(100) : (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-12, 12)),
            "BOOL" => random.Next(2) == 0,
            _ => RandomJson.Words[random.Next(RandomJson.Words.Length)],
        };

        private static string Json(object value) => value switch
        {
            bool flag => flag ? "true" : "false",
            long number => number.ToString(CultureInfo.InvariantCulture),
            int number => $"{number}.0",
            double number => Fraction(number.ToString("R", CultureInfo.InvariantCulture)),
            _ => Text((string)value),
        };

        private static string Fraction(string text) => text.AsSpan().IndexOfAny('.', 'E') < 0 ? text + ".0" : text;

        private static string Text(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

        private static string Quote(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

        private static byte[] Bytes(object value) => value switch
        {
            bool flag => [flag ? (byte)1 : (byte)0],
            long number => BitConverter.GetBytes(number),
            int number => BitConverter.GetBytes((double)number),
            double number => BitConverter.GetBytes(number),
            _ => [.. BitConverter.GetBytes(Encoding.UTF8.GetByteCount((string)value)), .. Encoding.UTF8.GetBytes((string)value)],
        };
    }
}
