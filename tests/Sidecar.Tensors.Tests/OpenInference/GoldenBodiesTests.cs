using System.Runtime.CompilerServices;

namespace Sidecar.Tensors.Tests.OpenInference;

/// <summary>Bodies from the wire that live in the repository: see golden/README.md.</summary>
public class GoldenBodiesTests
{
    private readonly TensorMessage _message = new();

    [Fact]
    public void MLServer_echo_has_the_same_data_both_ways()
    {
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeRequest(Read("mlserver-echo-request.json"), _message));
        Assert.Equal("many", Decoded.Text(_message.Id));
        AssertEcho("");
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeResponse(Read("mlserver-echo-response.json"), _message));
        Assert.Equal("echo", Decoded.Text(_message.ModelName));
        Assert.False(_message.HasModelVersion);
        AssertEcho("out_");
    }

    [Fact]
    public void KServe_null_is_NaN_and_a_null_version_is_absent()
    {
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeResponse(Read("kserve-null-response.json"), _message));
        Assert.Equal([double.NaN, 1.5], _message.Values<double>(0).ToArray());
        Assert.Equal(1, _message[0].NullCount);
        Assert.False(_message.HasModelVersion);
    }

    [Fact]
    public void Triton_nested_data_is_flattened()
    {
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeRequest(Read("triton-nested-request.json"), _message));
        Assert.Equal([2L, 4L], Decoded.Shape(_message, 0));
        Assert.Equal([0f, 0.5f, 1f, 1.5f, 2f, 2.5f, 3f, 3.5f], _message.Values<float>(0).ToArray());
    }

    [Fact]
    public void Triton_texts_are_unescaped()
    {
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeRequest(Read("triton-bytes-request.json"), _message));
        Assert.Equal(["hello", "", "quote\"back\\slash"], Decoded.Texts(_message, 0));
    }

    [Fact]
    public void Triton_error_is_an_error_message()
    {
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeResponse(Read("triton-error-response.json"), _message));
        Assert.StartsWith("[request id: <id_unknown>] unexpected shape for input 'features'", Decoded.Text(_message.Error), StringComparison.Ordinal);
        Assert.Equal(0, _message.Count);
    }

    [Fact]
    public void Triton_metadata_gives_shapes_with_any_batch()
    {
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeMetadata(Read("triton-metadata.json"), out var metadata));
        Assert.Equal(["1", "3"], metadata!.Versions);
        Assert.Equal([-1L, 4L], Assert.Single(metadata.Inputs).Shape);
    }

    [Fact]
    public void Car_loan_row_has_a_tensor_for_each_column()
    {
        Assert.Equal(DecodeError.None, OpenInferenceJson.DecodeRequest(Read("carloan-request.json"), _message));
        Assert.Equal(7, _message.Count);
        Assert.Equal(109564f, _message.Values<float>(_message.Find("car_value"u8))[0]);
        Assert.Equal(["20K - 20K €"], Decoded.Texts(_message, _message.Find("salary_range"u8)));
        Assert.Equal([(byte)0], _message.Data(_message.Find("repaid_loan_on_prev_car"u8)).ToArray());
    }

    private void AssertEcho(string prefix)
    {
        Assert.Equal(["a", "b", "c", "d"], Enumerable.Range(0, _message.Count).Select(i => Decoded.Text(_message.Name(i))[prefix.Length..]));
        Assert.Equal([1.5, -2], _message.Values<double>(0).ToArray());
        Assert.Equal([1L, -2L, 3L], _message.Values<long>(1).ToArray());
        Assert.Equal([(byte)1, (byte)0], _message.Data(2).ToArray());
        Assert.Equal([(byte)0, (byte)255], _message.Data(3).ToArray());
    }

    private static byte[] Read(string name, [CallerFilePath] string here = "") =>
        File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(here)!, "..", "golden", name));
}
