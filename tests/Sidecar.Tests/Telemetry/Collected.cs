using System.Diagnostics.Metrics;
using Sidecar.Telemetry;

namespace Sidecar.Tests.Telemetry;

/// <summary>What the observable instruments of a meter say now, without an SDK in between.</summary>
internal static class Collected
{
    public static List<(string Name, string Tags, double Value)> From(SidecarMeter meter)
    {
        List<(string, string, double)> points = [];
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter, meter.Meter))
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => points.Add((instrument.Name, Text(tags), value)));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => points.Add((instrument.Name, Text(tags), value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return points;
    }

    private static string Text(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
}
