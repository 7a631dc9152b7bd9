using System.Numerics;
using Sidecar.Analysis;

namespace Sidecar.Tests.Analysis;

public class NonFiniteTests
{
    [Fact]
    public void Values_that_are_no_numbers_are_found_at_every_place()
    {
        Check<float>(float.MaxValue, float.Epsilon);
        Check<double>(double.MaxValue, -double.Epsilon);
    }

    private static void Check<T>(T large, T small)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var length = 0; length < 80; length++)
        {
            var values = Enumerable.Range(0, length).Select(i => i % 2 == 0 ? large : small).ToArray();
            AssertCount(values, 0, 0);
            for (var at = 0; at < length; at++)
            {
                var kept = values[at];
                values[at] = T.NaN;
                AssertCount(values, 1, 0);
                values[at] = T.NegativeInfinity;
                AssertCount(values, 0, 1);
                values[0] = T.NaN;
                AssertCount(values, 1, at == 0 ? 0 : 1);
                (values[0], values[at]) = (large, kept);
            }
        }
    }

    private static void AssertCount<T>(T[] values, int nan, int infinite)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        NonFinite.Count<T>(values, out var foundNan, out var foundInfinite);
        Assert.Equal((nan, infinite), (foundNan, foundInfinite));
    }
}
