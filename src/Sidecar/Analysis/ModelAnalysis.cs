using System.Text;
using Sidecar.Configuration;
using Sidecar.Model;
using Sidecar.Model.Profiles;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>
/// Steps 6 to 8: decode, check, update, for one target. Steps are called by one worker; snapshots may be read by anyone.
/// </summary>
public sealed class ModelAnalysis : IAsyncDisposable
{
    private readonly ExchangeDecoder _decoder;
    private readonly ModelTable _models;
    private readonly MetadataFetcher? _metadata;
    private readonly UpstreamTarget[] _upstreams;
    private readonly Action<DriftReport> _windowClosed;
    private readonly Action<DriftAlarm> _alarmed;
    private readonly Action<ModelIdentity, ModelMetadata> _contractFound;

    /// <param name="upstreams">The model server behind each listener, in configuration order.</param>
    /// <param name="reference">The reference that a person gave; null: pods learn their own.</param>
    /// <param name="calibration">What accuracy is estimated by; null: it is not.</param>
    /// <param name="windowClosed">Told of each closed drift window, on the worker.</param>
    /// <param name="alarmed">Told of each alarm of the drift engine, on the worker.</param>
    /// <param name="contractFound">Told of each contract that was learned, on the thread pool.</param>
    /// <param name="names">A name that came over the wire as a label; null for one that holds what may not leave. Null: any name is a label.</param>
    public ModelAnalysis(
        SidecarOptions options, UpstreamTarget[] upstreams, TimeProvider time, ILoggerFactory logs,
        ReferenceProfile? reference, Calibration? calibration, Action<DriftReport> windowClosed, Action<DriftAlarm> alarmed, Action<ModelIdentity, ModelMetadata> contractFound,
        Func<ReadOnlySpan<byte>, string?>? names = null)
    {
        var drift = new DriftSettings(
            options.Drift.BurnIn, options.Drift.Delta, options.Drift.Replicas, options.Drift.Window.MinRows, options.Drift.Window.Every, reference, calibration);
        _models = new ModelTable(options.Model, options.Routes, identity => new ModelState(identity, drift, names), names);
        _decoder = new ExchangeDecoder(options.Capture.MaxBody, new ConfiguredRoutes(options.Routes).Decoders);
        _upstreams = upstreams;
        _windowClosed = windowClosed;
        _alarmed = alarmed;
        _contractFound = contractFound;
        if (options.Contract.FetchMetadata)
            _metadata = new MetadataFetcher(time, logs.CreateLogger<MetadataFetcher>());
    }

    /// <summary>The record's identity where nothing tells it.</summary>
    public ModelIdentity Unknown => _models.Unknown.Identity;

    /// <summary>Step 6. Bodies into named tensors, a model and a version: the first message each way, which most exchanges leave it at.</summary>
    public void Decode(Exchange exchange, InferenceRecord record)
    {
        // Only a body that doesn't describe itself needs to know the model beforehand.
        var metadata = exchange.RequestJsonBytes == 0 || exchange.Protocol == InferenceProtocol.TritonGenerate ? Find(exchange, default, default).Contract?.Metadata : null;
        _decoder.Open(exchange, record, metadata);
        _decoder.Next(exchange, record);
        Identify(exchange, record).CountSeen();
    }

    /// <summary>Step 6 again, for the next messages of a stream; false: there are none.</summary>
    public bool DecodeNext(Exchange exchange, InferenceRecord record)
    {
        if (!_decoder.Next(exchange, record))
            return false;
        // Marks and pieces may name no model; it goes on being the one that the exchange was with.
        if (!record.Request.ModelName.IsEmpty || !record.Response.ModelName.IsEmpty)
            Identify(exchange, record);
        return true;
    }

    /// <summary>The model of an exchange by its head alone.</summary>
    public ModelIdentity Identify(Exchange exchange)
    {
        var state = exchange.Route == RouteKind.Inference ? Find(exchange, default, default) : _models.Unknown;
        state.CountSeen();
        return state.Identity;
    }

    private ModelState Identify(Exchange exchange, InferenceRecord record)
    {
        // The answer knows best; a request's name alone may be anybody's invention, which the table guards against.
        var state = record.Response.ModelName.IsEmpty
            ? Find(exchange, record.Request.ModelName, record.Request.ModelVersion)
            : Find(exchange, record.Response.ModelName, record.Response.ModelVersion.IsEmpty ? record.Request.ModelVersion : record.Response.ModelVersion);
        record.Model = state.Identity;
        record.State = state;
        if (record.HasRequest && !state.ContractAsked && exchange.Protocol.NamesDeclaredTensors())
            AskForContract(exchange, state);
        return state;
    }

    /// <summary>Step 7. The record against the model's contract, where its tensors have the names that are in one.</summary>
    public static void Check(InferenceRecord record)
    {
        if (!record.Protocol.NamesDeclaredTensors())
            return;
        var state = (ModelState)record.State!;
        if (record.HasRequest)
            record.Violations += state.InputContract.Check(record.Request, mayOmit: false);
        if (record.HasOutputs)
            record.Violations += state.OutputContract.Check(record.Response, record.SelectsOutputs);
    }

    /// <summary>Step 8. Inputs and outputs into the windows of drift.</summary>
    /// <param name="unixNanos">Event time.</param>
    public void Update(InferenceRecord record, long unixNanos)
    {
        var state = (ModelState)record.State!;
        state.CountMinute(unixNanos); // by what lasted at its end, which these rows are not in
        if (record.HasRequest && state.Inputs.Add(record.Request, mayTeach: record.HasResponse) is { } extraction)
            state.CountExtraction(extraction);
        if (record.HasOutputs)
            state.Outputs.Add(record.Response, mayTeach: true);
        Close(state, state.Inputs, unixNanos);
        Close(state, state.Outputs, unixNanos);
    }

    /// <summary>The models that have seen traffic.</summary>
    internal IEnumerable<ModelState> Models => _models.Seen;

    /// <summary>Asks the model server nothing more; nothing is reported from here on. May be called twice.</summary>
    public async ValueTask DisposeAsync()
    {
        _decoder.Dispose();
        if (_metadata is not null)
            await _metadata.DisposeAsync().ConfigureAwait(false);
    }

    private void Close(ModelState state, FeatureWindows windows, long unixNanos)
    {
        foreach (var alarm in windows.EndRows(unixNanos, state.Identity) ?? [])
            _alarmed(alarm);
        if (windows.TryClose(unixNanos, state.Identity) is { } report)
            _windowClosed(report);
    }

    private ModelState Find(Exchange exchange, ReadOnlySpan<byte> name, ReadOnlySpan<byte> version)
    {
        var path = InferencePath.Parse(exchange.PathWithoutQuery);
        return _models.Resolve(name, version, path.Model, path.Version, answered: exchange.IsAnswered, exchange.ConfiguredRoute);
    }

    private void AskForContract(Exchange exchange, ModelState state)
    {
        var version = state.Identity.Source is IdentitySource.Response or IdentitySource.Path ? state.Identity.Version : null;
        var path = exchange.PathWithoutQuery;
        var service = exchange.Protocol.IsGrpc() ? Encoding.UTF8.GetString(path[..path.LastIndexOf((byte)'/')]) : "";
        state.ContractAsked = _metadata is null || !MetadataCall.Exists(exchange.Protocol) || _metadata.Ask(new MetadataWish(
            _upstreams[exchange.Listener], exchange.Protocol, service, state.Identity.Name, version, metadata => Adopt(state, metadata)));
    }

    private void Adopt(ModelState state, ModelMetadata metadata)
    {
        state.Adopt(new ModelContract(metadata));
        if (metadata.Versions.Count == 1 && metadata.Versions[0] is { Length: > 0 } only)
            _models.OnlyVersion(state.Identity.Name, only);
        _contractFound(state.Identity, metadata);
    }
}
