namespace Sidecar.Demo.Schedule;

/// <summary>The candidate's file in a directory of its own, which disappears with this object.</summary>
internal sealed class ShadowFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sidecar-demo-");

    /// <summary>Begins with the good candidate.</summary>
    public ShadowFile() => File.WriteAllBytes(Path, DemoAssets.RetrainedModel());

    public string Path => System.IO.Path.Combine(_directory.FullName, "candidate.onnx");

    public Task ReplaceByGoodAsync(CancellationToken cancellation) => ReplaceAsync(DemoAssets.RetrainedModel(), cancellation);

    public Task ReplaceByBadAsync(CancellationToken cancellation) => ReplaceAsync(DemoAssets.SwappedModel(), cancellation);

    public void Dispose() => _directory.Delete(recursive: true);

    // Written beside it and renamed: whoever opens the file finds one model or the other, never half of one.
    private async Task ReplaceAsync(byte[] model, CancellationToken cancellation)
    {
        var next = Path + ".next";
        await File.WriteAllBytesAsync(next, model, cancellation);
        File.Move(next, Path, overwrite: true);
    }
}
