using System.Diagnostics;
using Sidecar.Analysis;
using Sidecar.Capture;
using Sidecar.Emit;
using Sidecar.Model;
using Sidecar.Telemetry;
using Sidecar.Wire;

namespace Sidecar;

/// <summary>THE STORY: what happens to an inference, from socket to metric. Each step is a call into one room.</summary>
/// <remarks>
/// <code>
///   client ⇄ [1 accept, 2 relay] ⇄ model server          relay threads: never wait, never allocate
///                    │ bytes, after they were forwarded
///              [3 observe] → [4 head] → [5 capture]
///                    │ heads ring            │ body queue (bounded: full = counted, not waited for)
///  ──────────────────┼───────────────────────┼─────────  workers: may be slow, may fail, can't harm a request
///               success, latency     [6 decode] → [7 check] → [8 update] → [9 re-score]
///                    └───────────────────────┴────────────────┴──────────────┴→ [10 emit]
/// </code>
/// 1. Accept a connection, dial the upstream (Relay).
/// 2. Relay both directions with TCP's own back-pressure (Relay).
/// 3. Observe: the two byte streams become exchanges (Capture, with Sidecar.Wire).
/// 4. Head: every exchange is counted for success and latency, whatever else is shed.
/// 5. Capture: bodies under one budget go to the analysis; over it, the exchange goes on without them and says so.
/// 6. Decode the bodies into named tensors, a model and a version (Analysis, with Sidecar.Tensors).
/// 7. Check the record against the model's contract (Analysis).
/// 8. Update the windows of inputs and outputs (Analysis, with Sidecar.Statistics).
/// 9. Re-score a deterministic sample with the shadow models, on threads of their own (Shadow).
/// 10. Emit: events here; metrics are read from the rooms' counters when they are collected (Emit, Telemetry).
/// </remarks>
public sealed partial class DataPath : IExchangeIntake, IDisposable
{
    private readonly DataPathParts _parts;
    private readonly InferenceRecord _record;
    private readonly InferenceRecord _headRecord;
    private readonly BoundedQueue<Exchange> _heads;
    private readonly BoundedQueue<Exchange> _bodies;
    private readonly PollingWorker _headWorker;
    private readonly PollingWorker _analysisWorker;
    private readonly PollingWorker[] _shadowWorkers;
    private YieldPoint _yield;
    private long _entered;
    private long _left;
    private bool _headCounted;
    private bool _sheds;
    private bool _analysisFailureLogged;

    /// <summary>Starts the workers. Steps 1 to 3 begin when a relay is given <see cref="Taps"/>.</summary>
    public DataPath(DataPathParts parts, CaptureSettings settings, int relayThreads)
    {
        _parts = parts;
        _yield = new YieldPoint(parts.Time);
        _record = new InferenceRecord(parts.Analysis.Unknown);
        _headRecord = new InferenceRecord(parts.Analysis.Unknown);
        _heads = new BoundedQueue<Exchange>(settings.HeadRing * relayThreads);
        _bodies = new BoundedQueue<Exchange>(settings.BodyQueue);
        Taps = new CaptureSource(relayThreads, settings, parts.Bodies, this, parts.Time, failure => Log.ObserverFailed(parts.Log, failure));
        _headWorker = new PollingWorker("heads", WorkHeads, AnalysisFailed);
        _analysisWorker = new PollingWorker("analysis", WorkBodies, AnalysisFailed);
        _shadowWorkers = [.. parts.Shadows.Select(lane => new PollingWorker($"shadow-{lane.Name}", lane.Work, AnalysisFailed))];
    }

    /// <summary>Steps 1 to 3: what a relay's threads give their bytes to.</summary>
    public CaptureSource Taps { get; }

    /// <summary>Exchanges that are open, queued or in work: the term <c>pending</c> of the book.</summary>
    public long Pending => Taps.OpenExchanges + Interlocked.Read(ref _entered) - Interlocked.Read(ref _left);

    /// <summary>How full is what waits for the analysis, 0 … 1: its queue or its bytes, whichever is fuller.</summary>
    private double Backlog => Math.Max((double)_bodies.Count / _bodies.Capacity, _parts.Bodies.Usage);

    void IExchangeIntake.Began(int listener) => _parts.Book.Observed(listener);

    void IExchangeIntake.Lost(int listener, DropReason reason) => _parts.Book.Dropped(listener, reason);

    void IExchangeIntake.WentOpaque(int listener, OpaqueReason reason) => _parts.Book.Opaque(listener, reason);

    /// <summary>Steps 4 and 5, on the relay's thread: where the exchange goes. Nothing here waits.</summary>
    void IExchangeIntake.Ended(Exchange exchange)
    {
        if (exchange is { Route: RouteKind.NotInference or RouteKind.Probe, DialFailure: DialFailure.None })
        {
            _parts.Book.Skipped(exchange.Listener, exchange.Route == RouteKind.Probe ? SkipReason.Probe : SkipReason.NotInference);
            Taps.Return(exchange);
            return;
        }

        // :: Step 5: hand the bodies over to the analysis, or say why not and go on as a head.
        Interlocked.Increment(ref _entered);
        Taps.Governor.Observe(Backlog, exchange.EndedAt);
        if (IsWorthAnalysing(exchange))
        {
            if (_bodies.TryEnqueue(exchange))
            {
                _analysisWorker.Signal(urgent: _bodies.Count > _bodies.Capacity / 2);
                return;
            }

            exchange.Fate = HeadFate.QueueFull;
        }

        // :: Step 4: the head, without bodies.
        exchange.RequestBody?.Return();
        exchange.ResponseBody?.Return();
        exchange.RequestBody = exchange.ResponseBody = null;
        if (_heads.TryEnqueue(exchange))
        {
            _headWorker.Signal(urgent: _heads.Count > _heads.Capacity / 2);
            return;
        }

        _parts.Book.Dropped(exchange.Listener, DropReason.HeadRingFull);
        Leave(exchange);
    }

    /// <summary>Ends the workers, and counts as dropped what they did not come to.</summary>
    public void Stop(TimeSpan patience)
    {
        var started = _parts.Time.GetTimestamp();
        while (Interlocked.Read(ref _entered) != Interlocked.Read(ref _left) && _parts.Time.GetElapsedTime(started) < patience)
        {
            _headWorker.Signal(urgent: true);
            _analysisWorker.Signal(urgent: true);
            Thread.Sleep(1);
        }

        _headWorker.Stop(patience);
        _analysisWorker.Stop(patience);
        foreach (var worker in _shadowWorkers)
            worker.Stop(patience);
        while (_bodies.TryDequeue(out var exchange) || _heads.TryDequeue(out exchange))
        {
            _parts.Book.Dropped(exchange.Listener, DropReason.Shutdown);
            Leave(exchange);
        }
    }

    public void Dispose()
    {
        _headWorker.Dispose();
        _analysisWorker.Dispose();
        foreach (var worker in _shadowWorkers)
            worker.Dispose();
    }

    private bool IsWorthAnalysing(Exchange exchange)
    {
        if (exchange.Opaque != OpaqueReason.None && exchange.End == ExchangeEnd.ConnectionOpaque)
            exchange.Fate = HeadFate.Opaque;
        else if (exchange.DialFailure != DialFailure.None)
            exchange.Fate = HeadFate.UpstreamRefused;
        else if (exchange.Route != RouteKind.Inference)
            exchange.Fate = HeadFate.UnknownRoute;
        else if (!exchange.Decode)
            exchange.Fate = exchange.Share < Taps.Governor.Configured ? HeadFate.Shed : HeadFate.Sampled;
        else if (exchange.RequestBodyState == BodyState.OverBudget || exchange.ResponseBodyState == BodyState.OverBudget)
            exchange.Fate = HeadFate.CaptureBudget;
        else
            return true;
        return false;
    }

    /// <summary>The workers' side of step 4: success and latency of exchanges whose bodies are not analysed.</summary>
    private bool WorkHeads()
    {
        var worked = false;
        while (_heads.TryDequeue(out var exchange))
        {
            worked = true;
            // How an exchange ended on a connection that was lost to us is not known, unless it had failed before.
            if (exchange.Fate != HeadFate.Opaque || ErrorTypes.Of(exchange) is not null)
            {
                _headRecord.Model = _parts.Analysis.Identify(exchange);
                using var span = _parts.Spans?.Begin(exchange, _headRecord, exchange.RequestId);
                _parts.Sli.Record(exchange, _headRecord.Model, exchange.RequestId);
                EmitExchange(exchange, _headRecord, span); // :: Step 10, for what goes on as a head alone.
            }

            _parts.Book.Settle(exchange);
            Leave(exchange);
        }

        TellOfShedding();
        return worked;
    }

    private bool WorkBodies()
    {
        var worked = false;
        while (_bodies.TryDequeue(out var exchange))
        {
            worked = true;
            // Requests go first, unless so much waits that it would be shed.
            if (Backlog < DecodeGovernor.High / 8)
                _yield.Pass();
            try
            {
                Analyse(exchange);
            }
            catch (Exception failure)
            {
                _parts.Book.Dropped(exchange.Listener, DropReason.AnalysisFailed);
                AnalysisFailed(failure);
            }
            finally
            {
                if (!_headCounted)
                    _parts.Sli.Record(exchange, _parts.Analysis.Identify(exchange), exchange.RequestId); // step 4 does not depend on what failed
                Leave(exchange);
            }
        }

        return worked;
    }

    private void Analyse(Exchange exchange)
    {
        _headCounted = false;
        _parts.BeforeAnalysis?.Invoke(exchange);

        // :: Step 6: bodies into named tensors, a model and a version.
        _parts.Analysis.Decode(exchange, _record);

        // :: Step 7: the record against the model's contract.
        ModelAnalysis.Check(_record);

        // Step 4, now that the model is known. A span that is current when time is measured becomes the exemplar of its bucket.
        using var span = _parts.Spans?.Begin(exchange, _record, _record.RequestId(exchange));
        _parts.Sli.Record(exchange, _record.Model, _record.RequestId(exchange));
        _headCounted = true;

        while (true)
        {
            // :: Step 8: inputs and outputs into the windows.
            _parts.Analysis.Update(_record, exchange.StartedUnixNanos);

            // :: Step 9: copies of a deterministic sample to the shadows.
            OfferToShadows(exchange);

            // Most exchanges have one message each way, streams have more.
            if (!_parts.Analysis.DecodeNext(exchange, _record))
                break;
            ModelAnalysis.Check(_record);
        }

        _parts.Generations.Record(exchange, _record); // step 4 once more: tokens and speed are known at the end of a stream

        // :: Step 10: emit what is worth a span and an event; that a stream broke the contract is known only now.
        using var late = span is null && _record.RequestMessages + _record.ResponseMessages > 2 ? _parts.Spans?.Begin(exchange, _record, _record.RequestId(exchange)) : null;
        EmitExchange(exchange, _record, span ?? late);

        if (_record.Undecodable is { } reason)
            _parts.Book.Undecodable(exchange.Listener, reason);
        else
            _parts.Book.Decoded(exchange.Listener);
    }

    private void OfferToShadows(Exchange exchange)
    {
        for (var i = 0; i < _shadowWorkers.Length; i++)
        {
            if (_parts.Shadows[i].Offer(_record, exchange))
                _shadowWorkers[i].Signal();
        }
    }

    private void EmitExchange(Exchange exchange, InferenceRecord record, Activity? span)
    {
        if (ErrorTypes.Of(exchange) is { } error && span is not null)
            Log.Failed(_parts.ExchangeLog, record.Model, error, exchange.Status, _parts.Listeners[exchange.Listener]);
        if (_parts.Events is not { } sink || ExchangeEvents.WeightOf(exchange, record.Violations, _parts.EventRate) is not (> 0 and var weight))
            return;
        if (_parts.KServe is { } names)
        {
            foreach (var item in KServeEvents.Of(exchange, record, names.Service ?? record.Model.Name, names.Space, weight, _parts.Values))
                sink.TryEmit(item with { TraceParent = span?.Id });
        }
        else
        {
            sink.TryEmit(ExchangeEvents.OfExchange(exchange, record, _parts.Listeners[exchange.Listener], weight, _parts.Time, _parts.Values) with { TraceParent = span?.Id });
        }
    }

    /// <summary>Says when the decoded share is lowered and when it is whole again; the metrics tell the rest.</summary>
    private void TellOfShedding()
    {
        var governor = Taps.Governor;
        var shedding = governor.Rate < governor.Configured;
        if (shedding == _sheds)
            return;
        _sheds = shedding;
        if (shedding)
            Log.Shedding(_parts.Log, governor.Rate, governor.Configured);
        else
            Log.KeepsUp(_parts.Log, governor.Configured, governor.Lowest);
    }

    private void Leave(Exchange exchange)
    {
        Taps.Return(exchange);
        Interlocked.Increment(ref _left);
    }

    private void AnalysisFailed(Exception failure)
    {
        // Once: the counter tells how often, a log line an exchange would be a flood.
        if (!_analysisFailureLogged)
            Log.AnalysisFailed(_parts.Log, failure);
        _analysisFailureLogged = true;
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.ObserverFailed, LogLevel.Error, "an observer failed; its connection is relayed on, unwatched")]
        public static partial void ObserverFailed(ILogger logger, Exception failure);

        [LoggerMessage(EventIds.AnalysisFailed, LogLevel.Error, "the analysis of an exchange failed; such exchanges are counted as dropped{{reason=\"analysis_failed\"}}, and this is said once")]
        public static partial void AnalysisFailed(ILogger logger, Exception failure);

        [LoggerMessage(EventIds.ExchangeFailed, LogLevel.Information, "{Model}: an exchange failed: {ErrorType}, status {Status}, through {Listener}")]
        public static partial void Failed(ILogger logger, ModelIdentity model, string errorType, int status, string listener);

        [LoggerMessage(EventIds.Shedding, LogLevel.Warning, "the analysis is behind: {Rate:0.####} of the exchanges are decoded instead of {Configured:0.####}, the others count as skipped{{reason=\"shed\"}}; success and latency are not affected")]
        public static partial void Shedding(ILogger logger, double rate, double configured);

        [LoggerMessage(EventIds.KeepsUp, LogLevel.Information, "the analysis keeps up again: {Configured:0.####} of the exchanges are decoded, {Lowest:0.####} at the lowest")]
        public static partial void KeepsUp(ILogger logger, double configured, double lowest);
    }
}
