namespace Sidecar.Simulations;

/// <summary>How much is simulated: small takes minutes, full an hour or two on two cores.</summary>
/// <param name="Runs">Runs of a delay.</param>
/// <param name="Rows">Rows of a count of false alarms.</param>
/// <param name="Weighted">Runs of importance sampling.</param>
/// <param name="Draws">References drawn.</param>
internal sealed record Size(int Runs, long Rows, int Weighted, int Draws)
{
    public static Size Small { get; } = new(200, 4_000_000, 300, 8);

    public static Size Full { get; } = new(2000, 100_000_000, 4000, 20);
}
