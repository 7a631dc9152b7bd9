namespace Sidecar.Telemetry;

/// <summary>
/// The names that Prometheus gives to instruments received over OTLP, with its default strategy <c>UnderscoreEscapingWithSuffixes</c>:
/// split into tokens, add the unit's word unless a token says it, add <c>total</c> or <c>ratio</c>, join with underscores.
/// Rules, dashboards and pages derive series names from the catalogue by this, and tests hold it against a real scrape and a real Prometheus.
/// </summary>
public static class PrometheusName
{
    /// <summary>The metric family of an instrument, as <c>sidecar_inference_duration_seconds</c>.</summary>
    public static string Metric(InstrumentDefinition definition) => Metric(definition.Name, definition.Unit, definition.Kind);

    /// <summary>The metric family of a name, a UCUM unit and a kind.</summary>
    public static string Metric(string name, string unit, InstrumentKind kind)
    {
        var tokens = Tokens(name);
        AddUnit(tokens, unit);
        if (kind == InstrumentKind.Counter)
            MoveToEnd(tokens, "total");
        else if (kind == InstrumentKind.ObservableGauge && unit == "1")
            MoveToEnd(tokens, "ratio");

        var joined = string.Join('_', tokens);
        return joined.Length > 0 && char.IsAsciiDigit(joined[0]) ? "_" + joined : joined;
    }

    /// <summary>The series that a query can name: three for a histogram, else the metric itself.</summary>
    public static IReadOnlyList<string> Series(InstrumentDefinition definition)
    {
        var metric = Metric(definition);
        return definition.Kind == InstrumentKind.Histogram ? [metric + "_bucket", metric + "_sum", metric + "_count"] : [metric];
    }

    /// <summary>The label of an attribute, as <c>error_type</c>.</summary>
    public static string Label(string attribute)
    {
        var label = string.Create(attribute.Length, attribute, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsAsciiLetterOrDigit(source[i]) ? source[i] : '_';
        });
        return label.Length > 0 && char.IsAsciiDigit(label[0]) ? "key_" + label : label;
    }

    private static List<string> Tokens(string text)
    {
        List<string> tokens = [];
        var start = 0;
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && (char.IsAsciiLetterOrDigit(text[i]) || text[i] == ':'))
                continue;
            if (i > start)
                tokens.Add(text[start..i]);
            start = i + 1;
        }

        return tokens;
    }

    private static void AddUnit(List<string> tokens, string unit)
    {
        var slash = unit.IndexOf('/', StringComparison.Ordinal);
        var main = slash < 0 ? unit : unit[..slash];
        AddWord(tokens, main, Word(main), per: false);
        if (slash >= 0)
        {
            var per = unit[(slash + 1)..];
            AddWord(tokens, per, PerWord(per), per: true);
        }
    }

    // An annotation such as {request} says what is counted; it is not a unit.
    private static void AddWord(List<string> tokens, string unit, string word, bool per)
    {
        if (unit.Contains('{', StringComparison.Ordinal))
            return;
        var cleaned = string.Join('_', Tokens(word));
        if (cleaned.Length == 0 || tokens.Contains(cleaned))
            return;
        if (per)
            tokens.Add("per");
        tokens.Add(cleaned);
    }

    private static void MoveToEnd(List<string> tokens, string suffix)
    {
        tokens.RemoveAll(token => token == suffix);
        tokens.Add(suffix);
    }

    private static string Word(string unit) => unit.Trim() switch
    {
        "d" => "days",
        "h" => "hours",
        "min" => "minutes",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "GiBy" => "gibibytes",
        "TiBy" => "tibibytes",
        "KBy" => "kilobytes",
        "MBy" => "megabytes",
        "GBy" => "gigabytes",
        "TBy" => "terabytes",
        "m" => "meters",
        "V" => "volts",
        "A" => "amperes",
        "J" => "joules",
        "W" => "watts",
        "g" => "grams",
        "Cel" => "celsius",
        "Hz" => "hertz",
        "1" => "",
        "%" => "percent",
        var other => other,
    };

    private static string PerWord(string unit) => unit.Trim() switch
    {
        "s" => "second",
        "m" => "minute",
        "h" => "hour",
        "d" => "day",
        "w" => "week",
        "mo" => "month",
        "y" => "year",
        var other => other,
    };
}
