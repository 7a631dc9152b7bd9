using Sidecar.Emit;
using Sidecar.Model;

namespace Sidecar.Tests.Emit;

/// <summary>Events stand for all exchanges like them, whatever is thinned on the way.</summary>
public sealed class EventWeightTests
{
    [Theory]
    [InlineData(1.0, 0.01)]
    [InlineData(0.5, 0.1)]
    [InlineData(0.1, 0.5)] // fewer are decoded than were to be told of
    [InlineData(0.03, 0)]
    [InlineData(1.0, 1.0)]
    public void WeightOf_ManyExchanges_AddsUpToTheirNumber(double decodeRate, double eventRate)
    {
        const int Exchanges = 200_000;
        double ordinary = 0, failed = 0, violating = 0;
        for (var i = 0; i < Exchanges; i++)
        {
            var exchange = new Exchange { Status = 200, DecodeRate = decodeRate, Share = StableHash.Share(StableHash.Of((long)i)) };
            var decoded = exchange.Share < decodeRate;
            ordinary += ExchangeEvents.WeightOf(exchange, 0, eventRate);
            violating += ExchangeEvents.WeightOf(exchange, decoded ? 2 : 0, eventRate);
            exchange.Status = 503;
            failed += ExchangeEvents.WeightOf(exchange, 0, eventRate);
        }

        Assert.Equal(Exchanges, failed);
        AssertNear(eventRate == 0 ? 0 : Exchanges, ordinary, Math.Min(decodeRate, eventRate));
        // Those found in what was decoded stand for those that nobody looked into too.
        AssertNear(Exchanges, violating, decodeRate);

        // Five standard deviations of a sum of Bernoulli draws, each weighted by one over its probability.
        static void AssertNear(double expected, double actual, double rate) =>
            Assert.Equal(expected, actual, rate == 0 ? 0 : 1e-6 + (5 * Math.Sqrt(expected * (1 - rate) / rate)));
    }
}
