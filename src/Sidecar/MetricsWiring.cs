using System.Diagnostics.Metrics;
using Sidecar.Accounting;
using Sidecar.Analysis;
using Sidecar.Capture;
using Sidecar.Configuration;
using Sidecar.Emit.Kafka;
using Sidecar.Emit.Otlp;
using Sidecar.Emit.Redaction;
using Sidecar.Model;
using Sidecar.Receive;
using Sidecar.Relay;
using Sidecar.Shadow;
using Sidecar.Telemetry;

namespace Sidecar;

/// <summary>Step 10 for metrics: each instrument of the catalogue reads a room's counters when it is collected.</summary>
internal static class MetricsWiring
{
    public static void Observe(
        SidecarMeter meter, SidecarOptions options, ExchangeBook exchanges, RetryBook retries, GenerationSli generations, EventBook events, IEventSink? sink, Redactor redactor, IReadOnlyList<ExportBook> exports,
        ModelAnalysis analysis, IReadOnlyList<ShadowLane> shadows, BodyPool bodies, DecodeGovernor governor, Func<RelayHost?> relay, Func<OtlpReceiver?> receiver)
    {
        meter.ObserveCounter(Catalogue.Exchanges, () => exchanges.Terms().Select(term =>
            Of(Catalogue.Exchanges, term.Count, term.Listener, term.Stage, Reason(term.Reason))));
        meter.ObserveCounter(Catalogue.InferenceRetries, () => retries.Totals().Select(retry =>
            Of(Catalogue.InferenceRetries, retry.Count, retry.Model.Name, retry.Model.Version, Labels<RetrySource>.Of((int)retry.Source))));
        meter.ObserveCounter(Catalogue.Generations, () => generations.Totals().Select(total => Of(
            Catalogue.Generations, total.Count, total.Model.Name, total.Model.Version, total.Operation, Labels<GenerationEnd>.Of((int)total.End))));
        meter.ObserveCounter(Catalogue.Events, () => events.Terms().Select(term =>
            Of(Catalogue.Events, term.Count, term.Type, term.Stage, Reason(term.Reason))));
        meter.ObserveCounter(Catalogue.Export, () => exports.SelectMany(export => export.Observe()));
        meter.ObserveCounter(Catalogue.ExportItems, () => exports.Where(export => export.Signal != OtlpSignal.Metrics).SelectMany(export => export.ObserveItems()));
        meter.ObserveGauge(Catalogue.LedgerImbalance, () =>
        [
            Of(Catalogue.LedgerImbalance, (double)exchanges.Imbalance(), "exchanges"),
            Of(Catalogue.LedgerImbalance, (double)events.Imbalance(() => sink?.Pending ?? 0), "events"),
        ]);
        if (sink is KafkaSink kafka)
        {
            meter.ObserveGauge(Catalogue.SpoolRecords, () => kafka.Waiting.Select(waits => Of(Catalogue.SpoolRecords, (double)waits.Records, waits.Topic)));
            meter.ObserveGauge(Catalogue.SpoolUsage, () => kafka.Waiting.Select(waits => Of(Catalogue.SpoolUsage, (double)waits.Bytes, waits.Topic)));
        }

        meter.ObserveCounter(Catalogue.Redactions, () =>
            from kind in Enum.GetValues<RedactionKind>()
            from action in Enum.GetValues<RedactionAction>()
            let count = redactor.Count(kind, action)
            where count > 0
            select Of(Catalogue.Redactions, count, Labels<RedactionKind>.Of((int)kind), Labels<RedactionAction>.Of((int)action)));
        meter.ObserveGauge(Catalogue.CaptureBufferUsage, () => [new Measurement<double>(bodies.Lent)]);
        meter.ObserveGauge(Catalogue.SamplingRatio, () =>
        [
            Of(Catalogue.SamplingRatio, governor.Rate, "decode", null),
            Of(Catalogue.SamplingRatio, sink is null ? 0 : options.Events.Rate, "events", null),
            .. options.Shadows.Select(shadow => Of(Catalogue.SamplingRatio, shadow.Rate, "shadow", shadow.Name)),
        ]);
        ObserveRelay(meter, relay);
        meter.ObserveCounter(Catalogue.ReceivedRequests, () => receiver()?.ObserveRequests() ?? []);
        meter.ObserveCounter(Catalogue.ReceivedItems, () => receiver()?.ObserveItems() ?? []);
        meter.ObserveGauge(Catalogue.ModelInfo, () => analysis.Models.Select(model =>
            Of(Catalogue.ModelInfo, 1.0, model.Identity.Name, model.Identity.Version, options.Model.Owner ?? "", options.Model.RunId ?? "")));
        ObserveModels(meter, options.Features, analysis);
        ObserveShadows(meter, shadows);
    }

    private static void ObserveRelay(SidecarMeter meter, Func<RelayHost?> host)
    {
        IReadOnlyList<RelayCounters> Listeners() => host()?.Counters ?? [];
        meter.ObserveGauge(Catalogue.TlsCertificateNotAfter, () => (host()?.Certificates ?? []).Select(pair =>
            Of(Catalogue.TlsCertificateNotAfter, (double)pair.NotAfter.ToUnixTimeSeconds(), pair.Listener)));
        meter.ObserveGauge(Catalogue.Connections, () => Listeners().Select(listener =>
            Of(Catalogue.Connections, (double)listener.Open, listener.Listener, "open")));
        meter.ObserveCounter(Catalogue.ConnectionsEnded, () => Listeners().SelectMany(listener =>
            Enum.GetValues<ConnectionEnd>().Where(end => listener.EndedAs(end) > 0).Select(end =>
                Of(Catalogue.ConnectionsEnded, listener.EndedAs(end), listener.Listener, Labels<ConnectionEnd>.Of((int)end)))));
        meter.ObserveCounter(Catalogue.AcceptPauses, () => Listeners().Select(listener =>
            Of(Catalogue.AcceptPauses, listener.LimitReached, listener.Listener)));
        meter.ObserveCounter(Catalogue.RelayIo, () => Listeners().SelectMany(listener => (Measurement<long>[])
        [
            Of(Catalogue.RelayIo, listener.BytesFromClient, listener.Listener, "request"),
            Of(Catalogue.RelayIo, listener.BytesFromUpstream, listener.Listener, "response"),
        ]));
    }

    private static void ObserveModels(SidecarMeter meter, FeatureOptions features, ModelAnalysis analysis)
    {
        meter.ObserveCounter(Catalogue.ContractChecks, () => analysis.Models.SelectMany(model => Sides(model).SelectMany(side => Checks(model, side))));
        meter.ObserveCounter(Catalogue.ContractViolations, () => analysis.Models.SelectMany(model => Sides(model).SelectMany(side =>
            side.Contract.Violations().Select(violation => Of(
                Catalogue.ContractViolations, violation.Count, model.Identity.Name, model.Identity.Version, side.Label, violation.Kind, violation.Feature)))));
        meter.ObserveCounter(Catalogue.FeatureExtractions, () => analysis.Models.SelectMany(Extractions));
        meter.ObserveCounter(Catalogue.DriftWindows, () => analysis.Models.SelectMany(model => Sides(model).SelectMany(side =>
            Enum.GetValues<DriftResult>().Where(result => side.Windows.Results(result) > 0).Select(result => Of(
                Catalogue.DriftWindows, side.Windows.Results(result), model.Identity.Name, model.Identity.Version, side.Label, Labels<DriftResult>.Of((int)result))))));
        meter.ObserveGauge(Catalogue.DriftDistanceRatio, () => OfFeatures(analysis, features, (report, side, feature) =>
        [
            Of(Catalogue.DriftDistanceRatio, feature.LowerBound, report.Model.Name, report.Model.Version, side, feature.Feature, "lower"),
            Of(Catalogue.DriftDistanceRatio, feature.Distance, report.Model.Name, report.Model.Version, side, feature.Feature, "point"),
        ]));
        meter.ObserveGauge(Catalogue.DriftRows, () => OfFeatures(analysis, features, (report, side, feature) =>
            [Of(Catalogue.DriftRows, (double)feature.Rows, report.Model.Name, report.Model.Version, side, feature.Feature)]));
        meter.ObserveGauge(Catalogue.DriftDispersion, () => OfFeatures(analysis, features, (report, side, feature) =>
            double.IsFinite(feature.Dispersion) ? [Of(Catalogue.DriftDispersion, feature.Dispersion, report.Model.Name, report.Model.Version, side, feature.Feature)] : []));
        meter.ObserveGauge(Catalogue.EstimatedAccuracyRatio, () => analysis.Models.SelectMany(model => model.Outputs.Latest?.EstimatedAccuracy is { } estimate
            ? (Measurement<double>[])[Of(Catalogue.EstimatedAccuracyRatio, estimate.Ratio, model.Identity.Name, model.Identity.Version)]
            : []));
        meter.ObserveGauge(Catalogue.DriftAlarms, () => analysis.Models.SelectMany(model => Sides(model).SelectMany(side => side.Windows.Now is { } now
            ? (Measurement<double>[])
            [
                Of(Catalogue.DriftAlarms, (double)now.Tickets, model.Identity.Name, model.Identity.Version, side.Label, "ticket"),
                Of(Catalogue.DriftAlarms, (double)now.Pages, model.Identity.Name, model.Identity.Version, side.Label, "page"),
            ]
            : [])));
        meter.ObserveCounter(Catalogue.DriftMinutes, () => analysis.Models.SelectMany(model =>
            Enum.GetValues<DriftResult>().Where(result => model.Minutes(result) > 0).Select(result => Of(
                Catalogue.DriftMinutes, model.Minutes(result), model.Identity.Name, model.Identity.Version, Labels<DriftResult>.Of((int)result)))));
    }

    private static void ObserveShadows(SidecarMeter meter, IReadOnlyList<ShadowLane> shadows)
    {
        IEnumerable<(string Name, ModelIdentity Model, ShadowTally Tally)> Compared() =>
            shadows.SelectMany(lane => lane.Tallies.Select(pair => (lane.Name, pair.Key, pair.Value)));
        meter.ObserveCounter(Catalogue.ShadowComparisons, () => Compared().SelectMany(shadow =>
            Enum.GetValues<ShadowResult>().Where(result => shadow.Tally.Results(result) > 0).Select(result => Of(
                Catalogue.ShadowComparisons, shadow.Tally.Results(result), shadow.Model.Name, shadow.Model.Version, shadow.Name, Labels<ShadowResult>.Of((int)result)))));
        meter.ObserveGauge(Catalogue.ShadowAgreementRatio, () => Compared().Select(shadow =>
            Of(Catalogue.ShadowAgreementRatio, shadow.Tally.Recent().Agreement, shadow.Model.Name, shadow.Model.Version, shadow.Name)));
        meter.ObserveGauge(Catalogue.ShadowDifferenceMax, () => Compared().Select(shadow =>
            Of(Catalogue.ShadowDifferenceMax, shadow.Tally.Recent().MaximumDifference, shadow.Model.Name, shadow.Model.Version, shadow.Name)));
    }

    private static IEnumerable<Measurement<long>> Checks(ModelState model, ModelSide side)
    {
        var (passed, failed) = side.Contract.Checks;
        if (passed + failed == 0)
            yield break; // no contract: unknown, and so absent
        yield return Of(Catalogue.ContractChecks, passed, model.Identity.Name, model.Identity.Version, side.Label, "pass");
        yield return Of(Catalogue.ContractChecks, failed, model.Identity.Name, model.Identity.Version, side.Label, "fail");
    }

    private static IEnumerable<Measurement<long>> Extractions(ModelState model)
    {
        var (complete, partial, failed) = model.Extractions;
        yield return Of(Catalogue.FeatureExtractions, complete, model.Identity.Name, model.Identity.Version, "complete");
        yield return Of(Catalogue.FeatureExtractions, partial, model.Identity.Name, model.Identity.Version, "partial");
        yield return Of(Catalogue.FeatureExtractions, failed, model.Identity.Name, model.Identity.Version, "failed");
    }

    /// <summary>Of each side's last window: critical features always, then those that moved most, up to <c>features.maxExported</c>.</summary>
    private static IEnumerable<Measurement<double>> OfFeatures(
        ModelAnalysis analysis, FeatureOptions features, Func<DriftReport, string, FeatureDrift, IEnumerable<Measurement<double>>> measure) =>
        analysis.Models.SelectMany(Sides).SelectMany(side => side.Windows.Latest is { } report
            ? report.Features
                .OrderByDescending(feature => features.Critical.Contains(feature.Feature, StringComparer.Ordinal))
                .ThenByDescending(feature => double.IsNaN(feature.LowerBound) ? -1 : feature.LowerBound)
                .ThenByDescending(feature => double.IsNaN(feature.Distance) ? -1 : feature.Distance)
                .Take(features.MaxExported)
                .SelectMany(feature => measure(report, side.Label, feature))
            : []);

    private static IEnumerable<ModelSide> Sides(ModelState model) =>
        [new("input", model.InputContract, model.Inputs), new("output", model.OutputContract, model.Outputs)];

    private static Measurement<T> Of<T>(InstrumentDefinition definition, T value, params ReadOnlySpan<string?> labels)
        where T : struct => new(value, Tags.Of(definition, labels));

    private static string? Reason(string reason) => reason.Length == 0 ? null : reason;

    private sealed record ModelSide(string Label, ContractMonitor Contract, FeatureWindows Windows);
}
