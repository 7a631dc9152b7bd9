namespace Sidecar.Statistics.Peers;

/// <summary>What another tool's rule says about a window.</summary>
/// <param name="Method">Its name for the method.</param>
/// <param name="Score">A distance or a p-value.</param>
/// <param name="Threshold">Its limit.</param>
/// <param name="Drift">Its verdict.</param>
public readonly record struct PeerScore(string Method, double Score, double Threshold, bool Drift);
