using System.Text;
using Sidecar.Model;

namespace Sidecar.Tests.Model;

/// <summary>Samples must be the same in every process and every release: these values were computed by another program.</summary>
public sealed class StableHashTests
{
    [Theory]
    [InlineData("", 0xf52a15e9a9b5e89bUL, 0.9576734252420561)]
    [InlineData("a", 0x02c0bdbf481420f8UL, 0.010753497314070604)]
    [InlineData("request-1", 0x611a2dc6b4f2ee72UL, 0.37930570698967936)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", 0x7d148d0f48fa6989UL, 0.4885948335949962)]
    public void Of_Text_IsTheGoldenValue(string text, ulong hash, double share)
    {
        Assert.Equal(hash, StableHash.Of(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(share, StableHash.Share(hash));
    }

    [Theory]
    [InlineData(1, 0x5ca6bbcbb1e85355UL)]
    [InlineData(-1, 0x9795737c4a2dacd5UL)]
    public void Of_Number_IsThatOfItsLittleEndianBytes(long value, ulong hash) => Assert.Equal(hash, StableHash.Of(value));

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void Share_ConsecutiveIds_TakesThatShareOfThem(double rate)
    {
        const int Ids = 100_000;
        var taken = Enumerable.Range(0, Ids).Count(id => StableHash.Share(StableHash.Of(Encoding.UTF8.GetBytes($"request-{id}"))) < rate);

        // 5 standard errors of a binomial count; the ids are fixed, so this is so always or never.
        Assert.InRange(taken, (Ids * rate) - (5 * Math.Sqrt(Ids * rate * (1 - rate))), (Ids * rate) + (5 * Math.Sqrt(Ids * rate * (1 - rate))));
    }
}
