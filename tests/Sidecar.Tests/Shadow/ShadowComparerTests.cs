using System.Runtime.InteropServices;
using Sidecar.Model;
using Sidecar.Shadow;
using Sidecar.Tensors;

namespace Sidecar.Tests.Shadow;

public sealed class ShadowComparerTests
{
    public static TheoryData<string, OwnedTensor[], OwnedTensor[], ShadowResult, double> Cases => new()
    {
        { "the same", [P(0.2f, 0.8f)], [P(0.2f, 0.8f)], ShadowResult.Agree, 0 },
        { "another margin, the same class", [P(0.2f, 0.8f)], [P(0.4f, 0.6f)], ShadowResult.Agree, 0.2 },
        { "another class, both sure", [P(0.2f, 0.8f)], [P(0.9f, 0.1f)], ShadowResult.Disagree, 0.7 },
        { "another class, the primary undecided", [P(0.49f, 0.51f)], [P(0.9f, 0.1f)], ShadowResult.NearTie, 0.41 },
        { "another class, the shadow undecided", [P(0.1f, 0.9f)], [P(0.51f, 0.49f)], ShadowResult.NearTie, 0.41 },
        { "one row of two disagrees", [P(0.2f, 0.8f, 0.2f, 0.8f)], [P(0.2f, 0.8f, 0.9f, 0.1f)], ShadowResult.Disagree, 0.7 },
        { "a near-tie and a disagreement", [P(0.49f, 0.51f, 0.2f, 0.8f)], [P(0.9f, 0.1f, 0.9f, 0.1f)], ShadowResult.Disagree, 0.7 },
        { "NaN where the primary has a number", [P(0.2f, 0.8f)], [P(float.NaN, 0.8f)], ShadowResult.Disagree, double.NaN },
        { "a number within the tolerance", [V(100)], [V(101.9f)], ShadowResult.Agree, 1.9 },
        { "a number outside the tolerance", [V(100)], [V(103)], ShadowResult.Disagree, 3 },
        { "another name", [P(0.2f, 0.8f)], [P(0.2f, 0.8f) with { Name = "q" }], ShadowResult.Incomparable, double.NaN },
        { "another shape", [P(0.2f, 0.8f)], [P(0.2f, 0.8f) with { Shape = [2, 1] }], ShadowResult.Incomparable, double.NaN },
        { "another type", [P(0.2f, 0.8f)], [P(0.2f, 0.8f) with { DataType = DataType.Fp64 }], ShadowResult.Incomparable, double.NaN },
        { "nothing", [], [P(0.2f, 0.8f)], ShadowResult.Incomparable, double.NaN },
        { "another label alone", [Label(1), P(0.2f, 0.8f)], [Label(0), P(0.3f, 0.7f)], ShadowResult.Agree, 0.1 },
        { "one output in common", [V(1), P(0.2f, 0.8f)], [P(0.9f, 0.1f)], ShadowResult.Disagree, 0.7 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compare_TwoAnswers_IsTheVerdict(string what, OwnedTensor[] primary, OwnedTensor[] shadow, ShadowResult result, double difference)
    {
        Assert.NotEmpty(what);
        var comparison = ShadowComparer.Compare(primary, shadow);
        Assert.Equal(result, comparison.Result);
        Assert.Equal(difference, comparison.MaximumDifference, 1e-5);
    }

    private static OwnedTensor P(params float[] values) => new("p", DataType.Fp32, [values.Length / 2, 2], MemoryMarshal.AsBytes<float>(values).ToArray());

    private static OwnedTensor V(float value) => new("v", DataType.Fp32, [1], MemoryMarshal.AsBytes<float>([value]).ToArray());

    private static OwnedTensor Label(long value) => new("label", DataType.Int64, [1], MemoryMarshal.AsBytes<long>([value]).ToArray());
}
