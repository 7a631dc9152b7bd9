using System.Runtime.InteropServices;
using Sidecar.Model;
using Sidecar.Statistics;
using Sidecar.Tensors;

namespace Sidecar.Shadow;

/// <summary>What the comparison of one exchange found.</summary>
/// <param name="MaximumDifference">Largest |shadow − primary| over the float outputs; NaN when there was none.</param>
internal readonly record struct Comparison(ShadowResult Result, double MaximumDifference);

/// <summary>Compares the answers of the primary and a shadow to one request, output by output, by name.</summary>
internal static class ShadowComparer
{
    // A flip in which one side hardly preferred its class (two classes within 5 points) is noise rather than news.
    private const float NearTie = 0.05f;

    // Regression: |Δ| ≤ 0.01 + 2 % of the primary's value counts as the same.
    private const double AbsoluteTolerance = 0.01;
    private const double RelativeTolerance = 0.02;

    public static Comparison Compare(IReadOnlyList<OwnedTensor> primary, IReadOnlyList<OwnedTensor> shadow)
    {
        var result = ShadowResult.Incomparable;
        var difference = double.NaN;
        foreach (var ours in primary)
        {
            var theirs = shadow.FirstOrDefault(tensor => tensor.Name == ours.Name);
            if (theirs is null || theirs.DataType != ours.DataType || !ours.Shape.AsSpan().SequenceEqual(theirs.Shape))
                continue;
            var (found, distance) = CompareTensor(ours, theirs);
            result = Worse(result, found);
            difference = double.IsNaN(difference) ? distance : Math.Max(difference, distance);
        }

        return new Comparison(result, difference);
    }

    private static (ShadowResult Result, double Difference) CompareTensor(OwnedTensor primary, OwnedTensor shadow)
    {
        if (!primary.DataType.IsFloat())
            return (ShadowResult.Agree, double.NaN); // labels follow from the scores; a near-tie must not count twice
        var ours = Floats(primary);
        var theirs = Floats(shadow);
        if (ours.Length != theirs.Length || ours.Length == 0)
            return (ShadowResult.Incomparable, double.NaN);
        var columns = primary.Shape.Length > 1 ? (int)primary.Shape[^1] : 1;
        var agreement = new PairedAgreement(NearTie);
        agreement.AddRows(ours, theirs, columns);
        var difference = agreement.Values == 0 ? double.NaN : agreement.MaximumDifference;
        if (agreement.NonFiniteMismatches > 0)
            return (ShadowResult.Disagree, difference);
        if (columns == 1)
            return (WithinTolerance(ours, theirs) ? ShadowResult.Agree : ShadowResult.Disagree, difference);
        if (agreement.Flips == 0)
            return (ShadowResult.Agree, difference);
        return (agreement.Flips > agreement.NearTieFlips ? ShadowResult.Disagree : ShadowResult.NearTie, difference);
    }

    private static ShadowResult Worse(ShadowResult one, ShadowResult other)
    {
        if (one == ShadowResult.Incomparable)
            return other;
        return other == ShadowResult.Incomparable || other < one ? one : other;
    }

    private static bool WithinTolerance(ReadOnlySpan<float> primary, ReadOnlySpan<float> shadow)
    {
        for (var i = 0; i < primary.Length; i++)
        {
            if (Math.Abs((double)shadow[i] - primary[i]) > AbsoluteTolerance + (RelativeTolerance * Math.Abs(primary[i])))
                return false;
        }

        return true;
    }

    private static float[] Floats(OwnedTensor tensor) => tensor.DataType switch
    {
        DataType.Fp32 => MemoryMarshal.Cast<byte, float>(tensor.Data).ToArray(),
        DataType.Fp64 => [.. MemoryMarshal.Cast<byte, double>(tensor.Data).ToArray().Select(static value => (float)value)],
        DataType.Fp16 => [.. MemoryMarshal.Cast<byte, Half>(tensor.Data).ToArray().Select(static value => (float)value)],
        _ => [],
    };
}
