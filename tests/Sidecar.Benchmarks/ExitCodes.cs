namespace Sidecar.Benchmarks;

/// <summary>The same meanings as the product's exit codes.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 64;
    public const int Unavailable = 69;
    public const int Interrupted = 130;
}
