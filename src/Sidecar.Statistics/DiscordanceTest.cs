using MathNet.Numerics;

namespace Sidecar.Statistics;

/// <summary>
/// Is a candidate noisier than the primary itself? Each request is answered by the primary, by a second copy of it and by the candidate. Of the requests at which exactly one of the two others
/// differs from the primary, half should be the candidate's if it is no noisier: an exact null of ½, whatever the noise. Evidence against it accumulates as an e-process.
/// </summary>
/// <remarks>
/// E = 2·2^n·∫(½,1) p^k(1 − p)^(n−k) dp, a uniform mixture over shares above ½ of likelihood ratios against ½; by Ville (1939) P(E ever ≥ 1/α) ≤ α. With the share below ½ each ratio has mean below 1, so the
/// composite null "no noisier" is covered too.
/// </remarks>
public sealed class DiscordanceTest
{
    /// <summary>Requests at which only the candidate differed.</summary>
    public long Candidate { get; private set; }

    /// <summary>Requests at which only the primary's copy differed.</summary>
    public long Copy { get; private set; }

    /// <summary>Natural logarithm of E; 0 before the first discordant request.</summary>
    public double LogEvidence => LogEvidenceOf(Candidate, Copy);

    /// <summary>p-value of this moment that holds however the moment was chosen: min(1, 1/E).</summary>
    public double PValue => Math.Min(1, Math.Exp(-LogEvidence));

    /// <summary>Adds a request.</summary>
    /// <param name="candidateDiffers">The candidate's answer differs from the primary's.</param>
    /// <param name="copyDiffers">The copy's answer differs from the primary's.</param>
    public void Add(bool candidateDiffers, bool copyDiffers)
    {
        Candidate += candidateDiffers && !copyDiffers ? 1 : 0;
        Copy += copyDiffers && !candidateDiffers ? 1 : 0;
    }

    /// <summary>Adds the counts of another stream of requests: the evidence is that of both together.</summary>
    public void MergeFrom(DiscordanceTest other)
    {
        Candidate += other.Candidate;
        Copy += other.Copy;
    }

    /// <summary>True once E reaches 1/α.</summary>
    public bool Rejects(double alpha) => LogEvidence >= -Math.Log(alpha);

    /// <summary>ln E of counts.</summary>
    internal static double LogEvidenceOf(long candidate, long copy)
    {
        double k = candidate, rest = copy, n = k + rest;
        var upper = SpecialFunctions.BetaRegularized(rest + 1, k + 1, 0.5); // P(Beta(k + 1, rest + 1) > ½)
        if (upper <= 0)
            return double.NegativeInfinity; // far below ½
        return (n + 1) * Math.Log(2) + SpecialFunctions.BetaLn(k + 1, rest + 1) + Math.Log(upper);
    }
}
