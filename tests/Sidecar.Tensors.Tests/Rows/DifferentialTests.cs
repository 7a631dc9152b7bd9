using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Google.Protobuf;
using Sidecar.Tensors.Tests.Contract;
using Sidecar.Tensors.Tests.Protos;

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
        yield return ("V2 gRPC, raw", new OpenInferenceGrpc(), Grpc(table.V2Grpc(raw: true)));
        yield return ("V2 gRPC, typed", new OpenInferenceGrpc(), Grpc(table.V2Grpc(raw: false)));
        yield return ("V2 gRPC, answered", new OpenInferenceGrpc(), Grpc(table.V2GrpcAnswer()) with { IsRequest = false });
        yield return ("Triton's stream", new OpenInferenceGrpc(), Grpc(new ModelStreamInferResponse { InferResponse = table.V2GrpcAnswer() }) with
        {
            IsRequest = false, Path = "/inference.GRPCInferenceService/ModelStreamInfer",
        });
        yield return ("MLServer's stream", new OpenInferenceGrpc(), Grpc(table.V2GrpcAnswer()) with { IsRequest = false, Path = "/inference.GRPCInferenceService/ModelStreamInfer" });
        if (table.FitsCsv)
            yield return ("CSV", new InvocationsRest(), new Sample(table.Csv()) { Format = BodyFormat.CsvWithHeader });
    }

    [Fact]
    public void One_table_is_the_same_tensors_over_TensorFlow_Servings_gRPC_in_the_order_of_names()
    {
        var (expected, actual) = (new TensorMessage(), new TensorMessage());
        Gen.Int.Sample(seed =>
        {
            var table = new RandomTable(seed);
            Assert.Equal(DecodeError.None, new Sample(table.V2()).Decode(new OpenInferenceRest(), expected));
            foreach (var content in (bool[])[false, true])
            {
                var sample = Grpc(table.Predict(content)) with { Path = "/tensorflow.serving.PredictionService/Predict" };
                Assert.Equal(DecodeError.None, sample.Decode(new TensorFlowServingGrpc(), actual));
                Assert.Equal(Shown.Tensors(expected).Order(StringComparer.Ordinal), Shown.Tensors(actual).Order(StringComparer.Ordinal));
            }
        }, iter: 3_000, threads: 1);
    }

    private static Sample Grpc(IMessage message) => new(message.ToByteArray()) { Format = BodyFormat.Grpc, Path = "/inference.GRPCInferenceService/ModelInfer" };

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

        public ModelInferRequest V2Grpc(bool raw)
        {
            var request = new ModelInferRequest { ModelName = "m" };
            foreach (var column in _columns)
            {
                request.Inputs.Add(Tensor(column, raw ? null : Contents(column)));
                if (raw)
                    request.RawInputContents.Add(ByteString.CopyFrom([.. column.Values.SelectMany(Bytes)]));
            }

            return request;
        }

        public ModelInferResponse V2GrpcAnswer() => new() { ModelName = "m", Outputs = { _columns.Select(column => Tensor(column, Contents(column))) } };

        public PredictRequest Predict(bool content)
        {
            var request = new PredictRequest { ModelSpec = new ModelSpec { Name = "m" } };
            foreach (var column in _columns)
            {
                var tensor = new TensorProto { Dtype = column.Type switch { "INT64" => 9, "FP64" => 2, "BOOL" => 10, _ => 7 }, TensorShape = new() { Dim = { new TensorShapeProto.Types.Dim { Size = _rows } } } };
                if (content && column.Type != "BYTES")
                {
                    tensor.TensorContent = ByteString.CopyFrom([.. column.Values.SelectMany(Bytes)]);
                }
                else
                {
                    var contents = Contents(column);
                    tensor.Int64Val.AddRange(contents.Int64Contents);
                    tensor.DoubleVal.AddRange(contents.Fp64Contents);
                    tensor.BoolVal.AddRange(contents.BoolContents);
                    tensor.StringVal.AddRange(contents.BytesContents);
                }

                request.Inputs.Add(column.Name, tensor);
            }

            return request;
        }

        private InferTensor Tensor((string Name, string Type, object[] Values) column, InferTensorContents? contents) =>
            new() { Name = column.Name, Datatype = column.Type, Shape = { _rows }, Contents = contents };

        private static InferTensorContents Contents((string Name, string Type, object[] Values) column)
        {
            var contents = new InferTensorContents();
            foreach (var value in column.Values)
            {
                switch (value)
                {
                    case bool flag:
                        contents.BoolContents.Add(flag);
                        break;
                    case long number:
                        contents.Int64Contents.Add(number);
                        break;
                    case string text:
                        contents.BytesContents.Add(ByteString.CopyFromUtf8(text));
                        break;
                    default:
                        contents.Fp64Contents.Add(Convert.ToDouble(value, CultureInfo.InvariantCulture));
                        break;
                }
            }

            return contents;
        }

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
