using System.Buffers;
using System.Text;
using System.Text.Json;
using Sidecar.Emit.Redaction;
using Sidecar.Tensors;
using Sidecar.Tests.Analysis;

namespace Sidecar.Tests.Emit.Redaction;

/// <summary>Values of tensors.</summary>
public sealed class RedactValuesTests
{
    [Theory]
    [InlineData("FP32", "1.5,null,-2", "[1.5,null,-2]")]
    [InlineData("FP64", "0.1,1e300", "[0.1,1E+300]")]
    [InlineData("FP16", "0.5,2,3", "[0.5,2,3]")]
    [InlineData("INT8", "-128,127", "[-128,127]")]
    [InlineData("UINT8", "255", "[255]")]
    [InlineData("INT16", "-5", "[-5]")]
    [InlineData("UINT16", "65535", "[65535]")]
    [InlineData("INT32", "-7", "[-7]")]
    [InlineData("UINT32", "4294967295", "[4294967295]")]
    [InlineData("INT64", "-9223372036854775808", "[-9223372036854775808]")]
    [InlineData("UINT64", "18446744073709551615", "[18446744073709551615]")]
    [InlineData("BOOL", "true,false", "[true,false]")]
    [InlineData("BYTES", "\"a\",\"ü\"", "[\"a\",\"\\u00FC\"]")]
    [InlineData("BYTES", "\"mail bob@example.com\",\"x\"", "[\"mail ***\",\"x\"]")]
    [InlineData("INT64", "4111111111111111,4111111111111112", "[null,4111111111111112]")]
    [InlineData("UINT64", "4111111111111111", "[null]")]
    [InlineData("FP64", "4111111111111111", "[null]")]
    [InlineData("INT64", "1700000000000,1700000000000000003", "[1700000000000,1700000000000000003]")]
    public void AllowedValues_AreWritten(string type, string data, string expected) =>
        Assert.Equal(expected, Write(Redacted.AllowAll(), "f", type, data, 100).Json);

    [Fact]
    public void ValueThatIsNotAllowed_IsNull()
    {
        var redactor = With([]);
        var (json, written) = Write(redactor, "f", "FP32", "1,2", 100);
        Assert.Equal("null", json);
        Assert.Equal(new WrittenValues(false, RedactionResult.Dropped), written);
        Assert.Equal(1, redactor.Count(RedactionKind.NotAllowed, RedactionAction.Drop));
    }

    [Theory]
    [InlineData("age", "age", true)]
    [InlineData("age", "ages", false)]
    [InlineData("age", "Age", false)]
    [InlineData("user_*", "user_id", true)]
    [InlineData("user_*", "user_", true)]
    [InlineData("user_*", "use", false)]
    [InlineData("*", "anything", true)]
    [InlineData("a*b", "axb", false)] // only at the end
    public void FeatureNames_MayEndInAnything(string allow, string feature, bool leaves) =>
        Assert.Equal(leaves ? "[1]" : "null", Write(With([allow]), feature, "INT32", "1", 100).Json);

    [Theory]
    [InlineData(RedactionAction.Drop, "BYTES", "\"x\"", "null")]
    [InlineData(RedactionAction.Mask, "BYTES", "\"x\",\"y\"", "[\"***\",\"***\"]")]
    [InlineData(RedactionAction.Mask, "FP32", "1,2", "[null,null]")]
    [InlineData(RedactionAction.Mask, "BOOL", "true", "[\"***\"]")]
    public void Rule_BeatsAnAllow(RedactionAction action, string type, string data, string expected)
    {
        var redactor = With(["*"], ("f*", action));
        Assert.Equal(expected, Write(redactor, "feature", type, data, 100).Json);
        Assert.True(redactor.Count(RedactionKind.Feature, action) > 0);
    }

    [Fact]
    public void Hmac_KeepsEqualValuesEqual()
    {
        var redactor = With(["*"], ("id", RedactionAction.Hmac));
        var texts = JsonSerializer.Deserialize<string[]>(Write(redactor, "id", "BYTES", "\"4711\",\"4712\",\"4711\"", 100).Json)!;
        Assert.Equal(texts[0], texts[2]);
        Assert.NotEqual(texts[0], texts[1]);
        Assert.Equal($"[\"{texts[0]}\"]", Write(redactor, "id", "INT64", "4711", 100).Json);
    }

    [Fact]
    public void StrongestRuleWins() => Assert.Equal(
        "[null]", Write(With(["*"], ("f", RedactionAction.Hmac), ("*", RedactionAction.Mask)), "f", "INT32", "1", 100).Json);

    [Theory]
    [InlineData(0, "[]", true)]
    [InlineData(2, "[1,2]", true)]
    [InlineData(3, "[1,2,3]", false)]
    [InlineData(4, "[1,2,3]", false)]
    public void Elements_AreBounded(int max, string expected, bool truncated)
    {
        Assert.Equal((expected, new WrittenValues(truncated, RedactionResult.Unchanged)), Write(Redacted.AllowAll(), "f", "INT32", "1,2,3", max));
        var texts = Write(Redacted.AllowAll(), "f", "BYTES", "\"1\",\"2\",\"3\"", max);
        Assert.Equal(truncated, texts.Written.Truncated);
        Assert.Equal(Math.Min(max, 3), JsonSerializer.Deserialize<string[]>(texts.Json)!.Length);
    }

    [Fact]
    public void BytesThatAreNoText_AreReplaced()
    {
        var message = new TensorMessage();
        // Base64 stays text in V2 JSON, so bytes come as the binary extension sends them.
        byte[] head = [.. """{"inputs":[{"name":"f","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":6}}]}"""u8];
        new OpenInferenceRest().DecodeRequest(
            new MessageHead { JsonBytes = head.Length }, (byte[])[.. head, 2, 0, 0, 0, 0xFF, (byte)'a'], message);
        Assert.Equal("[\"\\uFFFDa\"]", Write(Redacted.AllowAll(), "f", message, 10).Json);
    }

    [Fact]
    public void TensorWithoutData_IsNull() =>
        Assert.Equal("null", Write(Redacted.AllowAll(), "f", Messages.Of(Messages.Tensor("f", "INT32", "2", "1,2,3")), 10).Json);

    private static Redactor With(string[] allow, params (string Feature, RedactionAction Action)[] rules) => new(new RedactionPolicy(
        rules.Select(rule => RedactionRule.Of(RedactionTarget.OfFeature(rule.Feature), rule.Action)), allow.Select(RedactionTarget.OfFeature), Redacted.Key));

    private static (string Json, WrittenValues Written) Write(Redactor redactor, string feature, string type, string data, int max)
    {
        var elements = type == "BYTES" ? data.Count(c => c == ',') + 1 : data.Split(',').Length;
        return Write(redactor, feature, Messages.Of(Messages.Tensor("t", type, $"{elements}", data)), max);
    }

    private static (string Json, WrittenValues Written) Write(Redactor redactor, string feature, TensorMessage message, int max)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        var written = redactor.WriteValues(json, Encoding.UTF8.GetBytes(feature), message, 0, max);
        json.Flush();
        return (Encoding.UTF8.GetString(buffer.WrittenSpan), written);
    }
}
