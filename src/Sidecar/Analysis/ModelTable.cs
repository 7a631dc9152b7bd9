using System.Text;
using Sidecar.Configuration;
using Sidecar.Model;

namespace Sidecar.Analysis;

/// <summary>
/// The models and versions seen, at most <see cref="MaxModels"/> of them: a further one becomes <c>_other</c>, so no client can
/// make state grow by inventing names. Read by any worker without a lock; adding one takes it.
/// </summary>
internal sealed class ModelTable
{
    /// <summary>A pod serves a few models; 32 pairs of name and version leave room for rollouts.</summary>
    public const int MaxModels = 32;

    // Longer names than this are nobody's; they are cut, which keeps labels bounded.
    private const int MaxNameBytes = 128;

    private readonly ModelOptions _fallback;
    private readonly OfRoute[] _routes;
    private readonly int _most;
    private readonly Func<ModelIdentity, ModelState> _create;
    private readonly Func<ReadOnlySpan<byte>, string?> _names;
    private readonly ModelState _unknown;
    private readonly ModelState _other;
    private readonly Lock _adding = new();
    private volatile ModelState[] _states;

    /// <param name="routes">Those that a model's name or version may come from, before <paramref name="fallback"/>.</param>
    public ModelTable(ModelOptions fallback, IReadOnlyList<InferenceRouteOptions> routes, Func<ModelIdentity, ModelState> create, Func<ReadOnlySpan<byte>, string?>? names = null)
    {
        _names = names ?? (static name => Encoding.UTF8.GetString(name));
        _fallback = fallback;
        _create = create;
        var version = fallback.Version ?? ModelIdentity.UnknownLabel;
        var source = fallback.Version is null ? IdentitySource.Unknown : IdentitySource.Configuration;
        _unknown = create(new ModelIdentity(fallback.Name ?? ModelIdentity.UnknownLabel, version, source));
        _unknown.AnswersForNoVersion = true;
        _other = create(new ModelIdentity(ModelIdentity.OtherLabel, ModelIdentity.OtherLabel, IdentitySource.Unknown));
        // Found by their names too: traffic that names the configured model, or one of our own labels, must not make a second state of the same labels.
        _states = [_unknown, _other];
        _routes = [.. routes.Select(ForRoute)];
        _most = _states.Length + MaxModels;
    }

    /// <summary>What is used where nothing names the model.</summary>
    public ModelState Unknown => _unknown;

    /// <summary>Every state that has seen traffic.</summary>
    public IEnumerable<ModelState> Seen => _states.Where(state => state.Seen > 0);

    /// <summary>The state of the model that an exchange was with: response first, then path, metadata, configuration.</summary>
    /// <param name="name">By the response; empty where it has none.</param>
    /// <param name="version">By the response; empty where it has none.</param>
    /// <param name="pathName">By the path, percent-encoded.</param>
    /// <param name="pathVersion">By the path, percent-encoded; empty where it has none.</param>
    /// <param name="route">The configured route; -1: none.</param>
    /// <param name="answered">The server answered with success. A name that it has never answered for may be a client's invention, and gets no state.</param>
    public ModelState Resolve(
        ReadOnlySpan<byte> name, ReadOnlySpan<byte> version, ReadOnlySpan<byte> pathName, ReadOnlySpan<byte> pathVersion, bool answered, int route = -1)
    {
        if (name.IsEmpty)
            name = Unescape(pathName);
        if (name.IsEmpty)
            return route >= 0 ? _routes[route].Nameless : _unknown;
        name = name[..Math.Min(name.Length, MaxNameBytes)];
        var source = IdentitySource.Response;
        if (version.IsEmpty)
        {
            version = Unescape(pathVersion);
            source = IdentitySource.Path;
        }

        if (version.IsEmpty && route >= 0 && _routes[route].Version is { } configured)
        {
            version = configured;
            source = IdentitySource.Configuration;
        }

        version = version[..Math.Min(version.Length, MaxNameBytes)];
        return Find(name, version) ?? (answered || IsServed(name) ? FindOrAdd(name, version, source) : _unknown);
    }

    /// <summary>What the exchanges of a route belong to that name no model.</summary>
    private OfRoute ForRoute(InferenceRouteOptions route)
    {
        var version = route.Version is null ? null : Encoding.UTF8.GetBytes(route.Version);
        if (route is { Model: null, Version: null })
            return new OfRoute(_unknown, null);
        var name = route.Model ?? _unknown.Identity.Name;
        var identity = route.Version is not null ? new ModelIdentity(name, route.Version, IdentitySource.Configuration) : _unknown.Identity with { Name = name };
        var state = _states.FirstOrDefault(known => known.Identity.Name == identity.Name && known.Identity.Version == identity.Version);
        if (state is null)
        {
            state = _create(identity);
            state.AnswersForNoVersion = true;
            _states = [.. _states, state];
        }

        return new OfRoute(state, version);
    }

    private ModelState FindOrAdd(ReadOnlySpan<byte> name, ReadOnlySpan<byte> version, IdentitySource source)
    {
        lock (_adding)
        {
            if (Find(name, version) is { } known)
                return known;
            // A name that holds what may not leave is nobody's: its traffic counts, without it.
            return _names(name) is { } label && _names(version) is { } number ? Add(label, number, source) : _other;
        }
    }

    private ModelState? Find(ReadOnlySpan<byte> name, ReadOnlySpan<byte> version)
    {
        foreach (var state in _states)
        {
            if (state.NameUtf8.AsSpan().SequenceEqual(name)
                && (version.IsEmpty ? state.AnswersForNoVersion : state.VersionUtf8.AsSpan().SequenceEqual(version)))
                return state;
        }

        return null;
    }

    private bool IsServed(ReadOnlySpan<byte> name)
    {
        foreach (var state in _states)
        {
            if (state.NameUtf8.AsSpan().SequenceEqual(name))
                return true;
        }

        return false;
    }

    private ModelState Add(string name, string version, IdentitySource source)
    {
        if (_states.Length == _most)
            return _other;
        if (version.Length == 0)
        {
            version = _fallback.Version ?? ModelIdentity.UnknownLabel;
            source = _fallback.Version is null ? IdentitySource.Unknown : IdentitySource.Configuration;
        }

        var state = _create(new ModelIdentity(name, version, source));
        state.AnswersForNoVersion = source is IdentitySource.Configuration or IdentitySource.Unknown;
        _states = [.. _states, state];
        return state;
    }

    /// <summary>The server lists one version of this model only, so an exchange that names none was with that one.</summary>
    public void OnlyVersion(string name, string version)
    {
        var key = Encoding.UTF8.GetBytes(version);
        using var adding = _adding.EnterScope();
        var states = _states.Where(state => state.Identity.Name == name).ToArray();
        var only = states.FirstOrDefault(state => state.VersionUtf8.AsSpan().SequenceEqual(key));
        only ??= Add(name, version, IdentitySource.Metadata);
        foreach (var state in states)
            state.AnswersForNoVersion = false;
        only.AnswersForNoVersion = true;
    }

    /// <param name="Nameless">The model of exchanges that name none.</param>
    /// <param name="Version">That of exchanges that name no version; null: none is configured.</param>
    private readonly record struct OfRoute(ModelState Nameless, byte[]? Version);

    /// <summary>Undoes percent-encoding; allocates for names that have any, which are rare.</summary>
    private static ReadOnlySpan<byte> Unescape(ReadOnlySpan<byte> text)
    {
        if (text.IndexOf((byte)'%') < 0)
            return text;
        var scratch = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var value = text[i];
            if (value == '%' && i + 2 < text.Length
                && System.Buffers.Text.Utf8Parser.TryParse(text.Slice(i + 1, 2), out byte unescaped, out var used, 'X') && used == 2)
            {
                value = unescaped;
                i += 2;
            }

            scratch[length++] = value;
        }

        return scratch.AsSpan(0, length);
    }
}
