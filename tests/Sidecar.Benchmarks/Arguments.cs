using System.Globalization;
using System.Net;

namespace Sidecar.Benchmarks;

/// <summary>Thrown for a command line that can't be run; the program prints the message and exits 64.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The options of one verb: <c>--name value</c> pairs and bare <c>--flags</c>. What no one asked for is an error.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string?> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unread;

    public Arguments(ReadOnlySpan<string> arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal))
                throw new UsageException($"'{arguments[i]}' is not an option");
            var hasValue = i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            if (!_values.TryAdd(arguments[i][2..], hasValue ? arguments[i + 1] : null))
                throw new UsageException($"{arguments[i]} is given twice");
            i += hasValue ? 1 : 0;
        }

        _unread = [.. _values.Keys];
    }

    public string? Text(string name)
    {
        _unread.Remove(name);
        return !_values.TryGetValue(name, out var value) ? null
            : value ?? throw new UsageException($"--{name} needs a value");
    }

    public string RequiredText(string name) => Text(name) ?? throw new UsageException($"--{name} is required");

    /// <summary>Words parted by commas, or null when the option isn't given.</summary>
    public string[]? Texts(string name) => Text(name)?.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>An address and a port, or several parted by commas.</summary>
    public IPEndPoint[] EndPoints(string name) =>
    [
        .. RequiredText(name).Split(',').Select(text => IPEndPoint.TryParse(text, out var endPoint)
            ? endPoint
            : throw new UsageException($"--{name} must be an address and a port, like 127.0.0.1:9180")),
    ];

    public IPEndPoint EndPoint(string name) =>
        EndPoints(name) is [var single] ? single : throw new UsageException($"--{name} is one address and port");

    public bool Flag(string name)
    {
        _unread.Remove(name);
        return _values.TryGetValue(name, out var value)
            && (value is null ? true : throw new UsageException($"--{name} takes no value, got '{value}'"));
    }

    public int Count(string name, int fallback) => Text(name) is { } text ? PositiveNumber(name, text) : fallback;

    public int[] Counts(string name, int[] fallback) =>
        Text(name) is { } text ? [.. text.Split(',').Select(part => PositiveNumber(name, part))] : fallback;

    /// <summary>Whole seconds, written <c>8s</c> or <c>8</c>.</summary>
    public TimeSpan Seconds(string name, TimeSpan fallback) =>
        Text(name) is { } text ? TimeSpan.FromSeconds(PositiveNumber(name, text.EndsWith('s') ? text[..^1] : text)) : fallback;

    /// <summary>Call when every option was read: complains about the ones nobody knows.</summary>
    public void RejectUnread()
    {
        if (_unread.Count > 0)
            throw new UsageException($"unknown option {string.Join(", ", _unread.Order(StringComparer.Ordinal).Select(name => "--" + name))}");
    }

    public static int PositiveNumber(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new UsageException($"--{name}: '{text}' is not a positive whole number");
}
