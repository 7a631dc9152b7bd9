using System.Globalization;
using Sidecar.Configuration.Schema;

namespace Sidecar.Configuration;

/// <summary>
/// What no key can say alone: contradictions between keys, and paths that lead nowhere. A rule is silent about keys that have an error
/// of their own, since their values are stand-ins.
/// </summary>
internal static class CrossFieldRules
{
    private const string HealthName = "health";

    public static void Check(SidecarOptions options, BindContext context)
    {
        var doors = Doors(options);
        CheckPorts(doors, context);
        CheckLoops(doors, context);
        CheckUnique(options.Listeners.Select(l => l.Name).ToArray(), "listeners", "name", [SidecarOptions.DefaultListenerName, HealthName], context);
        CheckUnique(options.Shadows.Select(s => s.Name).ToArray(), "shadows", "name", [], context);
        CheckUnique(options.Features.Critical, "features.critical", null, [], context);
        CheckFiles(options, context);
        TlsRules.Check(options, context);
        RouteRules.Check(options, context);
        EventRules.Check(options, context);
        ReceiverRules.Check(options, context);
        CheckLimits(options, context);
    }

    private static List<Door> Doors(SidecarOptions options)
    {
        List<Door> doors = [new("listen", options.Listen, "upstream", options.Upstream), new("health.listen", options.Health.Listen, null, null)];
        for (var i = 0; i < options.Listeners.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"listeners[{i}]");
            doors.Add(new($"{path}.listen", options.Listeners[i].Listen, $"{path}.upstream", options.Listeners[i].Upstream));
        }

        var behind = options.OtlpReceiver.ForwardTo is { } to ? new UpstreamSetting(to.IdnHost, to.Port) : null;
        if (options.OtlpReceiver.Grpc is { } grpc)
            doors.Add(new("otlpReceiver.grpc", grpc, "otlpReceiver.forwardTo", behind));
        if (options.OtlpReceiver.Http is { } http)
            doors.Add(new("otlpReceiver.http", http, options.OtlpReceiver.Grpc is null ? "otlpReceiver.forwardTo" : null, behind));
        return doors;
    }

    private static void CheckPorts(List<Door> doors, BindContext context)
    {
        for (var i = 0; i < doors.Count; i++)
        {
            var clash = doors.Take(i).FirstOrDefault(other => Sound(context, other.Key, doors[i].Key) && Overlap(other.Listen, doors[i].Listen));
            if (clash is not null)
                Fail(context, doors[i].Key, doors[i].Listen.ToString(), $"takes the same port as {clash.Key} ({clash.Listen})", "allowed: another port", clash.Key);
        }
    }

    private static void CheckLoops(List<Door> doors, BindContext context)
    {
        foreach (var door in doors)
        {
            if (door is not { UpstreamKey: { } key, Upstream: { } upstream } || !context.IsSound(key))
                continue;
            var loop = doors.FirstOrDefault(own => context.IsSound(own.Key) && Reaches(upstream, own.Listen));
            if (loop is not null)
                Fail(context, key, upstream.ToString(), $"leads back into the sidecar, to {loop.Key} ({loop.Listen})", "allowed: the model server's own address", loop.Key);
        }
    }

    private static void CheckUnique(IReadOnlyList<string> names, string list, string? key, string[] taken, BindContext context)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in taken)
            seen[name] = "the sidecar's own";
        for (var i = 0; i < names.Count; i++)
        {
            var item = string.Create(CultureInfo.InvariantCulture, $"{list}[{i}]");
            var path = key is null ? item : $"{item}.{key}";
            if (context.IsSound(path) && context.IsSound(item) && !seen.TryAdd(names[i], path))
                Fail(context, path, names[i], $"is used already, by {seen[names[i]]}", "allowed: a name of its own");
        }
    }

    private static void CheckFiles(SidecarOptions options, BindContext context)
    {
        for (var i = 0; i < options.Shadows.Count; i++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"shadows[{i}].file");
            var file = options.Shadows[i].File;
            if (context.IsSound(path) && context.IsSound($"shadows[{i.ToString(CultureInfo.InvariantCulture)}]") && !File.Exists(file))
                Fail(context, path, file, Directory.Exists(file) ? "is a folder" : "does not exist", "allowed: the path of an ONNX file");
        }

        const string Reference = "drift.reference";
        if (options.Drift.Reference is { } profile && context.IsSound(Reference) && !File.Exists(profile))
            Fail(context, Reference, profile, Directory.Exists(profile) ? "is a folder" : "does not exist", "allowed: the path of a profile");

        const string Calibration = "drift.calibration";
        if (options.Drift.Calibration is { } calibration && context.IsSound(Calibration) && !File.Exists(calibration))
            Fail(context, Calibration, calibration, Directory.Exists(calibration) ? "is a folder" : "does not exist", "allowed: the path of a calibration");

        const string Jsonl = "events.jsonl.path";
        if (options.Events.Sink != EventSink.Jsonl || !Sound(context, "events.sink", Jsonl))
            return;
        var target = options.Events.Jsonl.Path;
        if (Directory.Exists(target))
            Fail(context, Jsonl, target, "is a folder", "allowed: the path of a file", "events.sink");
        else if (Path.GetDirectoryName(Path.GetFullPath(target)) is { } folder && !Directory.Exists(folder))
            Fail(context, Jsonl, target, "lies in a folder that does not exist", $"create {folder}, or choose another path", "events.sink");
    }

    private static void CheckLimits(SidecarOptions options, BindContext context)
    {
        if (Sound(context, "capture.maxBody", "capture.budget") && options.Capture.MaxBody > options.Capture.Budget)
        {
            Fail(context, "capture.maxBody", Bytes(options.Capture.MaxBody), "is larger than the memory for all bodies",
                $"allowed: at most capture.budget, {Bytes(options.Capture.Budget)}", "capture.budget");
        }

        if (Sound(context, "features.critical", "features.maxExported") && options.Features.Critical.Count > options.Features.MaxExported)
        {
            Fail(context, "features.maxExported", options.Features.MaxExported.ToString(CultureInfo.InvariantCulture), "leaves no room for the critical features",
                string.Create(CultureInfo.InvariantCulture, $"allowed: at least {options.Features.Critical.Count}, the length of features.critical"), "features.critical");
        }

        if (Sound(context, "shutdown.keepAccepting", "shutdown.deadline") && options.Shutdown.KeepAccepting > options.Shutdown.Deadline)
        {
            Fail(context, "shutdown.keepAccepting", Time(options.Shutdown.KeepAccepting), "ends after the deadline",
                $"allowed: at most shutdown.deadline, {Time(options.Shutdown.Deadline)}", "shutdown.deadline");
        }
    }

    // The mistake is in one of the keys; when the accused one is a default, it's in the other.
    internal static void Fail(BindContext context, string key, string value, string problem, string allowed, string? other = null)
    {
        var source = context.SourceOf(key);
        if (source.Kind == ConfigurationSourceKind.Default && other is not null)
        {
            source = context.SourceOf(other);
            problem = $"(the default) {problem}";
        }

        context.Fail(key, value, source, problem, allowed);
    }

    private static bool Sound(BindContext context, string a, string b) => context.IsSound(a) && context.IsSound(b);

    private static bool Overlap(EndPointSetting a, EndPointSetting b) =>
        a.Port != 0 && a.Port == b.Port && (a.IsAnyAddress || b.IsAnyAddress || a.ToIPEndPoint().Equals(b.ToIPEndPoint()));

    // Whether a name or an address other than loopback is this machine's can't be known here, so those are believed.
    private static bool Reaches(UpstreamSetting upstream, EndPointSetting listen)
    {
        if (upstream.SocketPath is not null || listen.Port == 0 || listen.Port != upstream.Port || !EndPointSetting.TryParse(upstream.HostAndPortText, out var target))
            return false;
        return Overlap(target, listen) && (target.IsAnyAddress || target.IsLoopback || !listen.IsAnyAddress);
    }

    private static string Bytes(long value) => Kinds.Size(0, long.MaxValue).Format(value);

    private static string Time(TimeSpan value) => Kinds.Duration(TimeSpan.Zero, TimeSpan.MaxValue).Format(value);

    /// <summary>A listener with the keys that it comes from; the health endpoint has no upstream.</summary>
    private sealed record Door(string Key, EndPointSetting Listen, string? UpstreamKey, UpstreamSetting? Upstream);
}
