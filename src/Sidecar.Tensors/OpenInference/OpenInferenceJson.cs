namespace Sidecar.Tensors;

/// <summary>Open Inference Protocol V2 over REST, JSON bodies.</summary>
public static class OpenInferenceJson
{
    public static DecodeError DecodeRequest(ReadOnlySpan<byte> body, TensorMessage into)
    {
        into.Clear();
        return DecodeError.NotInference;
    }

    public static DecodeError DecodeResponse(ReadOnlySpan<byte> body, TensorMessage into)
    {
        into.Clear();
        return DecodeError.NotInference;
    }

    public static DecodeError DecodeMetadata(ReadOnlySpan<byte> body, out ModelMetadata? metadata)
    {
        metadata = null;
        return DecodeError.NotInference;
    }
}
