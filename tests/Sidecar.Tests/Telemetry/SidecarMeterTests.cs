using System.Diagnostics.Metrics;
using Sidecar.Emit.Otlp;
using Sidecar.Telemetry;
using Sidecar.Testing;

namespace Sidecar.Tests.Telemetry;

public class SidecarMeterTests
{
    private static readonly KeyValuePair<string, object?>[] One = Tags.Of(Catalogue.LedgerImbalance, "one");
    private static readonly KeyValuePair<string, object?>[] Two = Tags.Of(Catalogue.LedgerImbalance, "two");

    [Fact]
    public void Callback_that_throws_is_counted_and_no_other_series_is_lost()
    {
        using var meter = new SidecarMeter("1.0");
        meter.ObserveGauge(Catalogue.LedgerImbalance, () => [new(7, One)]);
        meter.ObserveGauge(Catalogue.LedgerImbalance, Failing);
        meter.ObserveCounter(Catalogue.Exchanges, () => throw new InvalidOperationException("broken"));
        meter.ObserveCounter(Catalogue.Events, () => [new(3)]);

        Collected.From(meter); // failures are seen by the next collection at the latest
        var seen = Collected.From(meter);

        Assert.Equal([(Catalogue.LedgerImbalance.Name, "book=one", 7.0)], seen.Where(point => point.Name == Catalogue.LedgerImbalance.Name));
        Assert.Contains((Catalogue.Events.Name, "", 3.0), seen);
        Assert.DoesNotContain(seen, point => point.Name == Catalogue.Exchanges.Name);
        var failures = seen.Where(point => point.Name == Catalogue.CallbackFailures.Name).ToDictionary(point => point.Tags, point => point.Value);
        Assert.InRange(failures["instrument=sidecar.ledger.imbalance"], 1, 2);
        Assert.InRange(failures["instrument=sidecar.exchanges"], 1, 2);

        // It fails after its first point: half a truth is none.
        static IEnumerable<Measurement<double>> Failing()
        {
            yield return new(1, Two);
            throw new InvalidOperationException("broken");
        }
    }

    [Fact]
    public void Observe_NotANumber_IsLeftOut()
    {
        using var meter = new SidecarMeter("1.0");
        meter.ObserveGauge(Catalogue.LedgerImbalance, () => [new(double.NaN, One), new(double.PositiveInfinity, Two)]);
        Assert.Equal([(Catalogue.LedgerImbalance.Name, "book=two", double.PositiveInfinity)], Collected.From(meter));
    }

    [Fact]
    public void Observe_SecondSource_FeedsTheSameInstrument()
    {
        using var meter = new SidecarMeter("1.0");
        meter.ObserveGauge(Catalogue.LedgerImbalance, () => [new(1, One)]);
        meter.ObserveGauge(Catalogue.LedgerImbalance, () => [new(2, Two)]);
        Assert.Equal([(Catalogue.LedgerImbalance.Name, "book=one", 1.0), (Catalogue.LedgerImbalance.Name, "book=two", 2.0)], Collected.From(meter));
    }

    [Fact]
    public void Observe_OfAnotherKind_Throws()
    {
        using var meter = new SidecarMeter("1.0");
        Assert.Throws<ArgumentException>(() => meter.ObserveCounter(Catalogue.ModelInfo, () => []));
        Assert.Throws<ArgumentException>(() => meter.ObserveGauge(Catalogue.InferenceDuration, () => []));
    }

    [Fact]
    public void Record_WithCachedTags_DoesNotAllocate()
    {
        using var meter = new SidecarMeter("1.0");
        using var pipeline = MetricsPipeline.Start(meter.Meter, new Dictionary<string, object>(), otlp: null);
        var tags = Tags.Of(Catalogue.InferenceDuration, "m", "1", "main", "http", null);
        meter.InferenceDuration.Record(.01, tags);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
                meter.InferenceDuration.Record(.01, tags);
        }));
    }

    [Fact]
    public void Of_NullValue_LeavesItsAttributeOut() =>
        Assert.Equal(["model", "model_version", "listener", "protocol"], Tags.Of(Catalogue.InferenceDuration, "m", "1", "main", "http", null).Select(tag => tag.Key));

    [Fact]
    public void Of_WrongNumberOfValues_Throws() => Assert.Throws<ArgumentException>(() => Tags.Of(Catalogue.ModelInfo, "m"));
}
