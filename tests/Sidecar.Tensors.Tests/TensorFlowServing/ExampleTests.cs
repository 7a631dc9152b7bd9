using CsCheck;
using Google.Protobuf;
using Sidecar.Tensors.Tests.OpenInference;
using Sidecar.Tensors.Tests.Protobuf;
using Sidecar.Tensors.Tests.Protos;

namespace Sidecar.Tensors.Tests.TensorFlowServing;

/// <summary>Classify, Regress and MultiInference: tf.Examples become columns, and so do the results.</summary>
public class ExampleTests
{
    private readonly TensorFlowServingGrpc _decoder = new();
    private readonly TensorMessage _message = new();

    private static MessageHead Classify => new() { Path = "/tensorflow.serving.PredictionService/Classify"u8 };

    private static MessageHead Regress => new() { Path = "/tensorflow.serving.PredictionService/Regress"u8 };

    private static MessageHead Multi => new() { Path = "/tensorflow.serving.PredictionService/MultiInference"u8 };

    [Fact]
    public void Any_examples_written_in_any_way_decode_to_their_columns() => Gen.Int.Sample(seed =>
    {
        var random = new Random(seed);
        var input = RandomInput(random, out var rows, out var context);
        var expected = Columns(rows, context);
        var error = expected.Select(column => column.Error).FirstOrDefault(error => error != DecodeError.None);
        var spec = new ModelSpec { Name = "wide", Version = 3 };

        var request = new ExampleRequest { ModelSpec = spec, Input = input };
        Assert.Equal(error, _decoder.DecodeRequest(random.Next(2) == 0 ? Classify : Regress, OpenInferenceTests.Bytes(random, request, ExampleRequest.Parser), _message));
        Check();
        var multi = new MultiInferenceRequest
        {
            Tasks = { new InferenceTask { ModelSpec = spec, MethodName = "tensorflow/serving/classify" }, new InferenceTask { ModelSpec = new ModelSpec { Name = "wide" } } },
            Input = input,
        };
        Assert.Equal(error, _decoder.DecodeRequest(Multi, OpenInferenceTests.Bytes(random, multi, MultiInferenceRequest.Parser), _message));
        Check();

        void Check()
        {
            Assert.Equal(("wide", "3"), (Decoded.Text(_message.ModelName), Decoded.Text(_message.ModelVersion)));
            ExpectedTensor.AssertAll(expected, _message);
        }
    }, iter: 3_000, threads: 1);

    [Fact]
    public void Columns_have_one_dimension_for_one_value_and_two_for_more()
    {
        var request = new ExampleRequest
        {
            Input = new Input
            {
                ExampleList = new ExampleList
                {
                    Examples =
                    {
                        Example(("age", Numbers(31)), ("w", Floats(0.5f, 1.5f)), ("city", Texts("Köln"))),
                        Example(("age", Numbers(42)), ("w", Floats(2.5f, 3.5f)), ("city", Texts("Oslo"))),
                    },
                },
            },
        };
        Assert.Equal(DecodeError.None, _decoder.DecodeRequest(Classify, request.ToByteArray(), _message));
        Assert.Equal([31L, 42L], _message.Values<long>(_message.Find("age"u8)).ToArray());
        Assert.Equal([2L], Decoded.Shape(_message, _message.Find("age"u8)));
        Assert.Equal([0.5f, 1.5f, 2.5f, 3.5f], _message.Values<float>(_message.Find("w"u8)).ToArray());
        Assert.Equal([2L, 2L], Decoded.Shape(_message, _message.Find("w"u8)));
        Assert.Equal(["Köln", "Oslo"], Decoded.Texts(_message, _message.Find("city"u8)));
    }

    [Fact]
    public void A_feature_with_more_values_in_one_example_than_in_another_has_no_shape()
    {
        var request = new ExampleRequest
        {
            Input = new Input
            {
                ExampleList = new ExampleList { Examples = { Example(("w", Floats(1, 2)), ("x", Floats(1))), Example(("w", Floats(3)), ("x", Numbers(1)), ("y", new Feature())) } },
            },
        };
        Assert.Equal(DecodeError.ShapeMismatch, _decoder.DecodeRequest(Classify, request.ToByteArray(), _message));
        Assert.Equal((DecodeError.ShapeMismatch, 4L, 3), (_message[0].Error, _message[0].Elements, _message[0].SentElements));
        Assert.Equal(DecodeError.ValueMismatch, _message[1].Error); // a float here and an integer there
        Assert.Equal(DecodeError.MissingMember, _message[2].Error); // no kind
    }

    [Fact]
    public void A_context_that_would_be_repeated_without_end_is_too_large()
    {
        var request = new ExampleRequest
        {
            Input = new Input
            {
                ExampleListWithContext = new ExampleListWithContext
                {
                    Context = Example(("blob", Texts(new string('x', 1 << 16)))),
                    Examples = { Enumerable.Range(0, 2000).Select(_ => new Example()) },
                },
            },
        };
        Assert.Equal(DecodeError.TooLarge, _decoder.DecodeRequest(Classify, request.ToByteArray(), _message));
        request.Input.ExampleListWithContext.Context.Features.Feature["blob"] = Texts("x");
        Assert.Equal(DecodeError.None, _decoder.DecodeRequest(Classify, request.ToByteArray(), _message));
        Assert.Equal([2000L], Decoded.Shape(_message, 0));
    }

    [Fact]
    public void Results_written_in_any_way_become_columns()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var (examples, classes) = (random.Next(4), random.Next(4));
            var classification = Classification(random, examples, classes, out var expected);
            var regression = Regression(random, examples, out var values);
            var spec = new ModelSpec { Name = "wide", Version = 7, SignatureName = "age" };

            Assert.Equal(DecodeError.None, _decoder.DecodeResponse(
                Classify, OpenInferenceTests.Bytes(random, new ClassificationResponse { ModelSpec = spec, Result = classification }, ClassificationResponse.Parser), _message));
            Check(expected);
            Assert.Equal(DecodeError.None, _decoder.DecodeResponse(
                Regress, OpenInferenceTests.Bytes(random, new RegressionResponse { ModelSpec = spec, Result = regression }, RegressionResponse.Parser), _message));
            Check([values]);

            var multi = new MultiInferenceResponse { Results = { new InferenceResult { ModelSpec = spec, ClassificationResult = classification } } };
            Assert.Equal(DecodeError.None, _decoder.DecodeResponse(Multi, OpenInferenceTests.Bytes(random, multi, MultiInferenceResponse.Parser), _message));
            Check(expected);
            multi.Results.Add(new InferenceResult { ModelSpec = new ModelSpec { Name = "wide", Version = 7, SignatureName = "höhe" }, RegressionResult = regression });
            Assert.Equal(DecodeError.None, _decoder.DecodeResponse(Multi, OpenInferenceTests.Bytes(random, multi, MultiInferenceResponse.Parser), _message));
            Check([.. expected.Select(column => column with { Name = $"age/{column.Name}" }), values with { Name = "höhe/value" }]);
        }

        void Check(List<ExpectedTensor> expected)
        {
            Assert.Equal(("wide", "7"), (Decoded.Text(_message.ModelName), Decoded.Text(_message.ModelVersion)));
            ExpectedTensor.AssertAll(expected, _message);
        }
    }

    [Fact]
    public void A_result_with_more_classes_for_one_example_than_for_another_has_no_shape()
    {
        var response = new ClassificationResponse
        {
            Result = new ClassificationResult
            {
                Classifications =
                {
                    new Classifications { Classes = { new Class { Label = "a" }, new Class { Label = "b" } } },
                    new Classifications { Classes = { new Class { Label = "a" } } },
                },
            },
        };
        Assert.Equal(DecodeError.ShapeMismatch, _decoder.DecodeResponse(Classify, response.ToByteArray(), _message));
        Assert.Equal([DecodeError.ShapeMismatch, DecodeError.ShapeMismatch], new[] { _message[0].Error, _message[1].Error });
    }

    private static Feature Numbers(params long[] values) => new() { Int64List = new Int64List { Value = { values } } };

    private static Feature Floats(params float[] values) => new() { FloatList = new FloatList { Value = { values } } };

    private static Feature Texts(params string[] values) => new() { BytesList = new BytesList { Value = { values.Select(ByteString.CopyFromUtf8) } } };

    private static Example Example(params (string Name, Feature Feature)[] features)
    {
        var example = new Example { Features = new Features() };
        foreach (var (name, feature) in features)
            example.Features.Feature[name] = feature;
        return example;
    }

    /// <summary>Examples with columns of one kind and length mostly, at times ragged, of mixed kinds, absent, empty, or in the context.</summary>
    private static Input RandomInput(Random random, out List<Example> rows, out Example? context)
    {
        rows = [.. Enumerable.Range(0, random.Next(5)).Select(_ => Example())];
        context = random.Next(2) == 0 ? null : Example();
        foreach (var name in (string[])[.. new[] { "äge", "b", "c", "d", "e" }.Take(random.Next(6))])
        {
            var kind = random.Next(3);
            var values = random.Next(4);
            foreach (var row in rows)
            {
                if (random.Next(20) != 0)
                    row.Features.Feature[name] = RandomFeature(random, random.Next(20) == 0 ? random.Next(3) : kind, random.Next(20) == 0 ? random.Next(4) : values);
            }

            if (context is not null && random.Next(3) == 0)
            {
                context.Features.Feature[name] = RandomFeature(random, kind, values);
                rows.ForEach(row => row.Features.Feature.Remove(name));
            }
        }

        foreach (var row in rows.Where(_ => random.Next(2) == 0))
        {
            // A map is written in any order.
            var features = row.Features.Feature.ToArray();
            random.Shuffle(features);
            row.Features.Feature.Clear();
            foreach (var (name, feature) in features)
                row.Features.Feature[name] = feature;
        }

        return context is null
            ? new Input { ExampleList = new ExampleList { Examples = { rows } } }
            : new Input { ExampleListWithContext = new ExampleListWithContext { Examples = { rows }, Context = context } };
    }

    private static Feature RandomFeature(Random random, int kind, int values) => kind switch
    {
        0 => Numbers([.. Enumerable.Range(0, values).Select(_ => random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(63))]),
        1 => Floats([.. Enumerable.Range(0, values).Select(_ => random.NextSingle())]),
        _ => Texts([.. Enumerable.Range(0, values).Select(_ => new string('ü', random.Next(4)))]),
    };

    private static List<ExpectedTensor> Columns(List<Example> rows, Example? context)
    {
        if (rows.Count == 0)
            return [];
        var names = rows.Append(context ?? new Example()).Where(row => row.Features is not null).SelectMany(row => row.Features.Feature.Keys).Distinct();
        return [.. names.OrderBy(name => name, StringComparer.Ordinal).Select(name => Column(name, rows, context))];
    }

    private static ExpectedTensor Column(string name, List<Example> rows, Example? context)
    {
        var features = rows.Select(row => row.Features.Feature.TryGetValue(name, out var own) || (context?.Features.Feature.TryGetValue(name, out own) ?? false) ? own : null).ToList();
        var kinds = features.Where(feature => feature is not null).Select(feature => feature!.KindCase).Distinct().ToList();
        var type = kinds[0] switch { Feature.KindOneofCase.BytesList => DataType.Bytes, Feature.KindOneofCase.FloatList => DataType.Fp32, _ => DataType.Int64 };
        var values = features.Select(feature => feature?.KindCase != kinds[0] ? [] : Values(feature)).ToList();
        var most = values.Max(row => row.Count);
        long[] shape = most == 1 ? [rows.Count] : [rows.Count, most];
        var error = kinds.Count > 1 ? DecodeError.ValueMismatch : values.Any(row => row.Count != most) ? DecodeError.ShapeMismatch : DecodeError.None;
        return new ExpectedTensor(name, type, shape, error == DecodeError.None ? Elements.Join(type, values.SelectMany(row => row)) : null, error);
    }

    private static List<byte[]> Values(Feature feature) => feature.KindCase switch
    {
        Feature.KindOneofCase.BytesList => [.. feature.BytesList.Value.Select(value => value.ToByteArray())],
        Feature.KindOneofCase.FloatList => [.. feature.FloatList.Value.Select(BitConverter.GetBytes)],
        _ => [.. feature.Int64List.Value.Select(BitConverter.GetBytes)],
    };

    private static ClassificationResult Classification(Random random, int examples, int classes, out List<ExpectedTensor> expected)
    {
        var result = new ClassificationResult();
        for (var i = 0; i < examples; i++)
        {
            // Labels and scores are left out where a signature has none.
            result.Classifications.Add(new Classifications
            {
                Classes = { Enumerable.Range(0, classes).Select(_ => new Class { Label = random.Next(3) == 0 ? "" : $"l{random.Next(10)}", Score = random.Next(3) == 0 ? 0 : random.NextSingle() }) },
            });
        }

        var all = result.Classifications.SelectMany(item => item.Classes).ToList();
        long[] shape = [examples, examples == 0 ? 0 : classes];
        expected =
        [
            new ExpectedTensor("classes", DataType.Bytes, shape, Elements.Join(DataType.Bytes, all.Select(one => System.Text.Encoding.UTF8.GetBytes(one.Label)))),
            new ExpectedTensor("scores", DataType.Fp32, shape, Elements.Join(DataType.Fp32, all.Select(one => BitConverter.GetBytes(one.Score)))),
        ];
        return result;
    }

    private static RegressionResult Regression(Random random, int examples, out ExpectedTensor expected)
    {
        var values = Enumerable.Range(0, examples).Select(_ => random.Next(3) == 0 ? 0 : random.NextSingle()).ToList();
        expected = new ExpectedTensor("value", DataType.Fp32, [examples], Elements.Join(DataType.Fp32, values.Select(BitConverter.GetBytes)));
        return new RegressionResult { Regressions = { values.Select(value => new Regression { Value = value }) } };
    }
}
