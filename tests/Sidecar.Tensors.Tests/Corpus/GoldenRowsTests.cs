using System.Text;
using System.Text.Json;
using Sidecar.Testing;

namespace Sidecar.Tensors.Tests.Corpus;

/// <summary>Rows of real tables, sent to real models: requests and expected answers decode to the values that System.Text.Json reads from the same text.</summary>
public class GoldenRowsTests
{
    [Theory]
    [InlineData("carloan")]
    [InlineData("adult")]
    [InlineData("california")]
    [InlineData("digits")]
    public void Every_golden_row_decodes_to_what_System_Text_Json_reads(string model)
    {
        var rows = 0;
        var message = new TensorMessage();
        foreach (var line in File.ReadLines(Fixtures.Require("models", model, "golden.jsonl")))
        {
            using var row = JsonDocument.Parse(line);
            var request = row.RootElement.GetProperty("request");
            Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeRequest(Encoding.UTF8.GetBytes(request.GetRawText()), message));
            Assert.Equal(request.GetProperty("id").GetString(), Encoding.UTF8.GetString(message.Id));
            AssertTensors(request.GetProperty("inputs"), message);

            var expected = row.RootElement.GetProperty("expected");
            Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeResponse(Encoding.UTF8.GetBytes(expected.GetRawText()), message));
            AssertTensors(expected.GetProperty("outputs"), message);
            rows++;
        }

        Assert.Equal(200, rows);
    }

    private static void AssertTensors(JsonElement tensors, TensorMessage message)
    {
        Assert.Equal(tensors.GetArrayLength(), message.Count);
        for (var i = 0; i < message.Count; i++)
        {
            Assert.Equal(tensors[i].GetProperty("name").GetString(), Encoding.UTF8.GetString(message.Name(i)));
            Assert.Equal(tensors[i].GetProperty("datatype").GetString(), message[i].DataType.Name());
            Assert.Equal(tensors[i].GetProperty("shape").EnumerateArray().Select(length => length.GetInt64()), message[i].Shape.ToArray());
            var data = tensors[i].GetProperty("data").EnumerateArray().ToList();
            switch (message[i].DataType)
            {
                case DataType.Fp32:
                    Assert.Equal(data.Select(value => (float)value.GetDouble()), message.Values<float>(i).ToArray());
                    break;
                case DataType.Int64:
                    Assert.Equal(data.Select(value => value.GetInt64()), message.Values<long>(i).ToArray());
                    break;
                case DataType.Bool:
                    Assert.Equal(data.Select(value => value.GetBoolean() ? (byte)1 : (byte)0), message.Data(i).ToArray());
                    break;
                case DataType.Bytes:
                    Assert.Equal(data.Select(value => value.GetString()!), OpenInference.Decoded.Texts(message, i));
                    break;
                default:
                    Assert.Fail($"unforeseen datatype {message[i].DataType}");
                    break;
            }
        }
    }
}
