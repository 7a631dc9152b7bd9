using System.Net;
using System.Net.Sockets;
using System.Reflection;
using Sidecar.Accounting;
using Sidecar.Admin;
using Sidecar.Analysis;
using Sidecar.Capture;
using Sidecar.Configuration;
using Sidecar.Emit;
using Sidecar.Emit.Otlp;
using Sidecar.Model;
using Sidecar.Model.Profiles;
using Sidecar.Receive;
using Sidecar.Relay;
using Sidecar.Relay.Tls;
using Sidecar.Shadow;
using Sidecar.Telemetry;

namespace Sidecar;

/// <summary>The composition root: a running sidecar. What <c>run</c>, <c>demo</c> and the tests embed.</summary>
public sealed partial class SidecarApplication : IAsyncDisposable
{
    /// <summary>Category of the lines about single exchanges, which go to OTLP and not to the console.</summary>
    public const string ExchangeLogCategory = "sidecar.exchanges";

    // A relay thread that has not come round for this long is stuck: only a restart would help.
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FlushPatience = TimeSpan.FromSeconds(5);

    private readonly SidecarOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly ExchangeBook _book;
    private readonly ModelAnalysis _analysis;
    private readonly IReadOnlyList<ShadowLane> _shadows;
    private readonly IEventSink? _events;
    private readonly ValueCapture _values;
    private readonly SidecarMeter _meter;
    private readonly MetricsPipeline _metrics;
    private readonly TracesPipeline? _traces;
    private readonly LogsPipeline? _logs;
    private readonly ExchangeSpans? _spans;
    private readonly DataPath _path;
    private readonly RelayHost _relay;
    private AdminServer _admin = null!;
    private OtlpReceiver? _receiver;
    private volatile string? _notReady;
    private bool _stopped;

    /// <summary>Straight down: counters, rooms, data path, metrics, and the relay last.</summary>
    private SidecarApplication(SidecarOptions options, RelayRoute[] routes, SidecarHooks hooks)
    {
        _options = options;
        _time = hooks.Time;
        _log = hooks.Logs.CreateLogger("sidecar");
        var threads = options.Relay.EffectiveThreads(Environment.ProcessorCount);
        string[] listeners = [.. routes.Select(route => route.Name)];
        var version = typeof(SidecarApplication).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

        var resource = Resources.Detect(version, hooks.Variable, Environment.MachineName);
        void Complain(string problem) => Log.Warning(_log, problem);
        OtlpSettings? Otlp(OtlpSignal signal) => OtlpSettings.FromEnvironment(signal, hooks.Variable, Complain) is { } settings && OtlpExporters.AreUsable(settings, Complain) ? settings : null;
        _logs = Otlp(OtlpSignal.Logs) is { } logs ? LogsPipeline.Start(hooks.Logs, resource, logs) : null;
        _traces = Otlp(OtlpSignal.Traces) is { } traces ? TracesPipeline.Start(version, resource, traces) : null;

        var bodies = new BodyPool(options.Capture.Budget, options.Capture.MaxBody);
        var eventBook = new EventBook();
        _book = new ExchangeBook(listeners, () => _path?.Pending ?? 0);
        var retries = new RetryBook(_time);
        _meter = new SidecarMeter(version);
        var generations = new GenerationSli(_meter.TokenUsage, _meter.TimeToFirstToken, _meter.TimePerOutputToken, _time);
        _values = EventWiring.Values(options);
        _events = EventWiring.Sink(options, hooks, eventBook);
        if (options is { Events: { Sink: not EventSink.None, Capture: not EventCapture.None }, Redaction.Allow.Count: 0 })
            Log.Warning(_log, "events.capture is on, and no value will be in any event: redaction.allow names none");
        _analysis = new ModelAnalysis(options, [.. routes.Select((route, i) => new UpstreamTarget(route.Upstream, route.UpstreamTls is null ? null : () => _relay!.UpstreamTls(i)))], _time, hooks.Logs, ReadReference(options.Drift), ReadCalibration(options.Drift), OnWindowClosed, OnAlarm, OnContract, _values.Name);
        _spans = _traces is null ? null : new ExchangeSpans(_traces, options.Traces.Rate, listeners, _values, _time);
        _shadows = [.. options.Shadows.Select(shadow => new ShadowLane(shadow, OnDiscrepancy, _time, _log))];

        _path = new DataPath(
            new DataPathParts
            {
                Book = _book,
                Sli = new InferenceSli(_meter.InferenceDuration, _meter.UpstreamDuration, retries, listeners, _time),
                Generations = generations,
                Bodies = bodies,
                Analysis = _analysis,
                Shadows = _shadows,
                Events = _events,
                Spans = _spans,
                Values = _values,
                KServe = options.Events is { Sink: EventSink.Kafka, Kafka.Mode: KafkaMode.KServe } ? new KServeNames(options.Events.Kafka.InferenceService, EventWiring.Space(hooks)) : null,
                ExchangeLog = hooks.Logs.CreateLogger(ExchangeLogCategory),
                EventRate = options.Events.Rate,
                Listeners = listeners,
                Time = _time,
                Log = _log,
                BeforeAnalysis = hooks.BeforeAnalysis,
            },
            new CaptureSettings(options.Capture.MaxBody, options.Capture.DecodeRate) { Routes = new ConfiguredRoutes(options.Routes) },
            threads + RelayHost.TapPoolsForTls(routes));

        _metrics = MetricsPipeline.Start(_meter.Meter, resource, Otlp(OtlpSignal.Metrics), exemplars: _traces is not null);
        ExportBook?[] exports = [_metrics.Exports, _traces?.Exports, _logs?.Exports];
        MetricsWiring.Observe(_meter, options, _book, retries, generations, eventBook, _events, _values.Redactor, [.. exports.OfType<ExportBook>()], _analysis, _shadows, bodies, _path.Taps.Governor, () => _relay, () => _receiver);
        _relay = new RelayHost(routes, threads, RelayRoutes.SettingsOf(options.Relay), hooks.Taps?.Invoke(_path.Taps) ?? _path.Taps, _time, _log);
    }

    /// <summary>Where clients reach each upstream, with real ports, in configuration order.</summary>
    public IReadOnlyList<IPEndPoint> Traffic => _relay.Endpoints;

    /// <summary>Where <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> are served.</summary>
    public IPEndPoint Health => _admin.Endpoint;

    /// <summary>Where the application's telemetry is taken over HTTP, if anywhere.</summary>
    public IPEndPoint? ReceiverHttp => _receiver?.Http;

    /// <summary>Where it is taken over gRPC, if anywhere.</summary>
    public IPEndPoint? ReceiverGrpc => _receiver?.Grpc;

    /// <summary>The book of exchanges, now.</summary>
    public ExchangeTotals Exchanges => _book.Totals();

    /// <summary>What the relay counted, a listener each.</summary>
    public IReadOnlyList<RelayCounters> Relay => _relay.Counters;

    /// <summary>Starts everything; returns when traffic is relayed and <c>/readyz</c> says so.</summary>
    /// <exception cref="StartException">A port is taken, or an upstream's name can't be resolved.</exception>
    public static async Task<SidecarApplication> StartAsync(SidecarOptions options, SidecarHooks? hooks = null, CancellationToken cancellation = default)
    {
        hooks ??= new SidecarHooks();
        var routes = new List<RelayRoute>();
        foreach (var listener in options.AllListeners())
            routes.Add(await RelayRoutes.ResolveAsync(listener, cancellation).ConfigureAwait(false));

        SidecarApplication application;
        try
        {
            application = new SidecarApplication(options, [.. routes], hooks);
        }
        catch (TlsMaterialException failure)
        {
            throw new StartException(failure.Message, failure);
        }
        catch (SocketException failure)
        {
            throw new StartException($"can't listen on {string.Join(" or ", routes.Select(route => route.Listen))}: {failure.Message}", failure);
        }

        try
        {
            application._admin = await AdminServer.StartAsync(
                new AdminServerOptions
                {
                    Listen = options.Health.Listen.ToIPEndPoint(),
                    Metrics = application._metrics.Provider,
                    Exemplars = application._traces is not null,
                    Alive = application.Alive,
                    Ready = application.Ready,
                    Middleware = hooks.AdminMiddleware,
                },
                hooks.Logs,
                cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await application.StopAsync(TimeSpan.Zero, TimeSpan.Zero).ConfigureAwait(false);
            throw new StartException($"can't listen on health.listen {options.Health.Listen}: {failure.Message}", failure);
        }

        try
        {
            if (options.OtlpReceiver.IsOn)
                application._receiver = await OtlpReceiver.StartAsync(options.OtlpReceiver, hooks.Time, hooks.Logs, cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw new StartException($"can't listen on otlpReceiver.http {options.OtlpReceiver.Http} or otlpReceiver.grpc {options.OtlpReceiver.Grpc}: {failure.Message}", failure);
        }

        foreach (var (route, bound) in routes.Zip(application.Traffic))
        {
            Log.Started(application._log, route.Name, bound, route.Upstream);
            if (route.UpstreamTls is { Verify: false })
                Log.Warning(application._log, $"{route.Name}: the upstream's certificate is not checked (upstreamTls.verify: false)");
        }

        return application;
    }

    /// <summary>Serves until cancelled, then shuts down as configured.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellation.Register(() => over.TrySetResult()).ConfigureAwait(false))
            await over.Task.ConfigureAwait(false);
        await StopAsync(_options.Shutdown.KeepAccepting, _options.Shutdown.Deadline).ConfigureAwait(false);
    }

    /// <summary>Not ready; accepts for a while; relays until idle or the deadline; injects nothing; flushes; says what was cut.</summary>
    /// <param name="keepAccepting">While endpoints forget this pod.</param>
    /// <param name="deadline">From now; what is still open then is reset.</param>
    public async Task StopAsync(TimeSpan keepAccepting, TimeSpan deadline)
    {
        if (_stopped)
            return;
        _stopped = true;
        _notReady = "draining";
        Log.Draining(_log, keepAccepting, deadline);
        if (keepAccepting > TimeSpan.Zero)
            await Task.Delay(keepAccepting < deadline ? keepAccepting : deadline, _time, CancellationToken.None).ConfigureAwait(false);
        var cut = await _relay.DrainAsync(deadline > keepAccepting ? deadline - keepAccepting : TimeSpan.Zero).ConfigureAwait(false);
        _relay.Dispose();
        _path.Stop(FlushPatience);
        await _analysis.DisposeAsync().ConfigureAwait(false); // a contract that still came would be an event after the last
        var totals = _book.Totals();
        if (_events is not null)
        {
            _events.TryEmit(ExchangeEvents.OfClosing(_time.GetUtcNow(), totals.Observed, totals.Dropped, cut));
            await _events.StopAsync(FlushPatience).ConfigureAwait(false);
        }

        // After the traffic, as the application tells of its own end, and before the last numbers go.
        if (_receiver is not null)
            await _receiver.StopAsync(FlushPatience, _time).ConfigureAwait(false);
        // Side by side: a receiver that hangs is waited for once.
        await Task.WhenAll(Task.Run(() => _traces?.Shutdown(FlushPatience)), Task.Run(() => _metrics.Shutdown(FlushPatience))).ConfigureAwait(false);
        if (_admin is not null)
            await _admin.StopAsync(FlushPatience, _time).ConfigureAwait(false);
        Log.Stopped(_log, totals.Observed, totals.Dropped, cut);
        _logs?.Shutdown(FlushPatience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero, TimeSpan.Zero).ConfigureAwait(false);
        if (_admin is not null)
            await _admin.DisposeAsync().ConfigureAwait(false);
        if (_receiver is not null)
            await _receiver.DisposeAsync().ConfigureAwait(false);
        await _analysis.DisposeAsync().ConfigureAwait(false);
        if (_events is IAsyncDisposable events)
            await events.DisposeAsync().ConfigureAwait(false);
        _relay.Dispose();
        _path.Dispose();
        foreach (var shadow in _shadows)
            shadow.Dispose();
        _metrics.Dispose();
        _traces?.Dispose();
        _logs?.Dispose();
        _meter.Dispose();
    }

    private ProbeAnswer Alive() => _relay.OldestHeartbeat < StuckAfter || _stopped
        ? new(true, "alive")
        : new(false, $"a relay thread has been stuck for {_relay.OldestHeartbeat.TotalSeconds:0} s");

    private ProbeAnswer Ready() => _notReady is { } reason ? new(false, reason) : new(true, "ready");

    private void OnWindowClosed(DriftReport report)
    {
        if (report.Result is DriftResult.Ticket or DriftResult.Page)
        {
            var worst = report.Features.Where(feature => feature.Result == report.Result).MaxBy(feature => feature.LowerBound)!;
            Log.Drift(_log, report.Model, Labels<Side>.Of((int)report.Side), worst.Feature, worst.Cause, worst.Distance, worst.LowerBound);
        }

        _events?.TryEmit(ExchangeEvents.OfDrift(report));
    }

    private void OnAlarm(DriftAlarm alarm)
    {
        Log.Alarm(_log, alarm.Model, Labels<Side>.Of((int)alarm.Side), alarm.Feature, alarm.State, Labels<DriftResult>.Of((int)alarm.Result), alarm.Kind, alarm.Effect, alarm.Bound);
        _events?.TryEmit(ExchangeEvents.OfAlarm(alarm));
    }

    private void OnDiscrepancy(ShadowDiscrepancy found)
    {
        using var span = _spans?.Begin(found);
        _events?.TryEmit(ExchangeEvents.OfDiscrepancy(found, _values) with { TraceParent = span?.Id });
    }

    private static ReferenceProfile? ReadReference(DriftOptions options)
    {
        try
        {
            return options.Reference is { } file ? ProfileFile.Read(file) : null;
        }
        catch (ProfileException failure)
        {
            throw new StartException($"drift.reference: {failure.Message}", failure) { IsInput = true };
        }
    }

    private static Calibration? ReadCalibration(DriftOptions options)
    {
        try
        {
            return options.Calibration is { } file ? CalibrationFile.Read(file) : null;
        }
        catch (ProfileException failure)
        {
            throw new StartException($"drift.calibration: {failure.Message}", failure) { IsInput = true };
        }
    }

    private void OnContract(ModelIdentity model, Tensors.ModelMetadata metadata)
    {
        Log.Contract(_log, model, metadata.Inputs.Count, metadata.Outputs.Count);
        _events?.TryEmit(ExchangeEvents.OfContract(model, metadata, _time.GetUtcNow()));
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.Started, LogLevel.Information, "{Listener}: relaying {Listen} to {Upstream}")]
        public static partial void Started(ILogger logger, string listener, IPEndPoint listen, EndPoint upstream);

        [LoggerMessage(EventIds.StartWarning, LogLevel.Warning, "{Problem}")]
        public static partial void Warning(ILogger logger, string problem);

        [LoggerMessage(EventIds.Draining, LogLevel.Information, "draining: accepting for {KeepAccepting} more, cutting what is open after {Deadline}")]
        public static partial void Draining(ILogger logger, TimeSpan keepAccepting, TimeSpan deadline);

        [LoggerMessage(EventIds.Stopped, LogLevel.Information, "stopped: {Observed} exchanges observed, {Dropped} of them dropped by the analysis, {Cut} connections cut")]
        public static partial void Stopped(ILogger logger, long observed, long dropped, int cut);

        [LoggerMessage(EventIds.ContractLearned, LogLevel.Information, "contract of {Model}: {Inputs} inputs, {Outputs} outputs, from the server's metadata")]
        public static partial void Contract(ILogger logger, ModelIdentity model, int inputs, int outputs);

        [LoggerMessage(EventIds.DriftAlarm, LogLevel.Warning, "{Model}: drift of {Side} {Feature} {State}: {Severity}, {Kind}, effect {Effect:0.000}, at least {Bound:0.000}")]
        public static partial void Alarm(ILogger logger, ModelIdentity model, string side, string feature, string state, string severity, string kind, double effect, double bound);

        [LoggerMessage(EventIds.DriftFound, LogLevel.Warning, "{Model}: {Side} {Feature} has drifted ({Cause}): distance {Distance:0.000}, at least {LowerBound:0.000}")]
        public static partial void Drift(ILogger logger, ModelIdentity model, string side, string feature, string cause, double distance, double lowerBound);
    }
}

/// <summary>The sidecar could not start; the message says what a person can do about it.</summary>
public sealed class StartException(string message, Exception cause) : Exception(message, cause)
{
    /// <summary>It was a file that can't be used, and not something that is away.</summary>
    public bool IsInput { get; init; }
}

/// <summary>What an embedder may replace: clock, logs, environment, and, for tests, hooks into rooms that must not matter to the relay.</summary>
public sealed record SidecarHooks
{
    public TimeProvider Time { get; init; } = TimeProvider.System;
    public ILoggerFactory Logs { get; init; } = Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance;

    /// <summary>Reads an environment variable (OTEL_*, POD_*).</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Wraps every admin request.</summary>
    public Func<RequestDelegate, RequestDelegate>? AdminMiddleware { get; init; }

    /// <summary>Called before each analysis; may block or throw.</summary>
    public Action<Exchange>? BeforeAnalysis { get; init; }

    /// <summary>Wraps the taps of the relay.</summary>
    public Func<IConnectionTapSource, IConnectionTapSource>? Taps { get; init; }
}
