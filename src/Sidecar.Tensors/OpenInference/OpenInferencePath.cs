namespace Sidecar.Tensors;

/// <summary>The paths of the Open Inference Protocol V2 over REST.</summary>
public static class OpenInferencePath
{
    /// <summary>
    /// Splits the path of an inference request, <c>/v2/models/{model}[/versions/{version}]/infer</c>; a prefix before
    /// <c>/v2</c> is allowed, since gateways add one.
    /// </summary>
    /// <param name="path">The request target without its query.</param>
    /// <param name="model">The model's name, still percent-encoded.</param>
    /// <param name="version">The version, still percent-encoded; empty when the path names none.</param>
    /// <returns>True when the path is that of an inference request.</returns>
    public static bool TryModel(ReadOnlySpan<byte> path, out ReadOnlySpan<byte> model, out ReadOnlySpan<byte> version)
    {
        model = version = default;
        var start = path.IndexOf("/v2/models/"u8);
        if (start < 0 || !path.EndsWith("/infer"u8))
            return false;
        var rest = path[(start + "/v2/models/"u8.Length)..];
        if (rest.Length <= "/infer"u8.Length)
            return false;
        rest = rest[..^"/infer"u8.Length];
        var slash = rest.IndexOf((byte)'/');
        if (slash < 0)
        {
            model = rest;
            return true;
        }

        if (slash == 0 || !rest[slash..].StartsWith("/versions/"u8))
            return false;
        model = rest[..slash];
        version = rest[(slash + "/versions/"u8.Length)..];
        return version.Length > 0 && version.IndexOf((byte)'/') < 0;
    }
}
