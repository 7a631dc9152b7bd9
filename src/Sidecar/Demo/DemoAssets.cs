using System.IO.Compression;

namespace Sidecar.Demo;

/// <summary>The models and rows that travel inside the program (see Assets/README.md), so that the demo needs no file and no network.</summary>
internal static class DemoAssets
{
    /// <summary>The model that is served.</summary>
    public static byte[] PrimaryModel() => Read("primary.onnx");

    /// <summary>A good candidate: the same model trained with another seed.</summary>
    public static byte[] RetrainedModel() => Read("retrained.onnx");

    /// <summary>A bad candidate: the retrained model with two inputs exchanged inside the graph.</summary>
    public static byte[] SwappedModel() => Read("swapped.onnx");

    /// <summary>Real rows: a header, then one line for each request.</summary>
    public static byte[] Rows() => Read("rows.csv");

    private static byte[] Read(string name)
    {
        using var packed = typeof(DemoAssets).Assembly.GetManifestResourceStream($"Sidecar.Demo.Assets.{name}.gz")
            ?? throw new InvalidOperationException($"the program was built without its asset {name}");
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }
}
