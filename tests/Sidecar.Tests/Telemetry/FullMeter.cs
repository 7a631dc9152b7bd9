using System.Diagnostics.Metrics;
using Sidecar.Telemetry;

namespace Sidecar.Tests.Telemetry;

/// <summary>A meter in which every instrument of the catalogue has one series with all its attributes.</summary>
internal static class FullMeter
{
    public static SidecarMeter Create()
    {
        var meter = new SidecarMeter("1.2.3");
        foreach (var definition in Catalogue.All)
        {
            var tags = Tags.Of(definition, [.. definition.Attributes.Select(attribute => $"some {attribute}")]);
            if (definition.Kind == InstrumentKind.Counter)
                meter.ObserveCounter(definition, () => [new Measurement<long>(42, tags)]);
            else if (definition.Kind == InstrumentKind.ObservableGauge)
                meter.ObserveGauge(definition, () => [new Measurement<double>(.5, tags)]);
        }

        return meter;
    }

    /// <summary>Records into the histograms, which takes an SDK that listens already.</summary>
    public static void Record(SidecarMeter meter)
    {
        meter.InferenceDuration.Record(.3, Tags.Of(Catalogue.InferenceDuration, [.. Catalogue.InferenceDuration.Attributes]));
        meter.UpstreamDuration.Record(.3, Tags.Of(Catalogue.UpstreamDuration, [.. Catalogue.UpstreamDuration.Attributes]));
        meter.TokenUsage.Record(30, Tags.Of(Catalogue.TokenUsage, [.. Catalogue.TokenUsage.Attributes]));
        meter.TimeToFirstToken.Record(.3, Tags.Of(Catalogue.TimeToFirstToken, [.. Catalogue.TimeToFirstToken.Attributes]));
        meter.TimePerOutputToken.Record(.3, Tags.Of(Catalogue.TimePerOutputToken, [.. Catalogue.TimePerOutputToken.Attributes]));
    }
}
