using System.Globalization;
using System.Text.Json;

namespace Sidecar.Configuration.Schema;

internal sealed class BoolKind : ScalarSchema<bool>
{
    public override string Noun => "true or false";

    public override string Allowed => "true or false";

    public override ParseOutcome TryParse(string text, out bool value)
    {
        // YAML 1.2's spellings; "yes" and "on" are text there, and so they are here.
        value = text is "true" or "True" or "TRUE";
        return value || text is "false" or "False" or "FALSE" ? ParseOutcome.Ok : ParseOutcome.Malformed;
    }

    public override string Format(bool value) => value ? "true" : "false";

    public override void WriteJson(bool value, Utf8JsonWriter json) => json.WriteBooleanValue(value);

    public override void WriteJsonSchema(Utf8JsonWriter json) => json.WriteString("type", "boolean");
}

internal sealed class IntegerKind(int minimum, int maximum) : ScalarSchema<int>
{
    public override string Noun => "a whole number";

    public override string Allowed => string.Create(CultureInfo.InvariantCulture, $"a whole number from {minimum} to {maximum}");

    public override ParseOutcome TryParse(string text, out int value)
    {
        value = 0;
        if (!Digits.TryParse(text, out var parsed))
            return ParseOutcome.Malformed;
        if (parsed < minimum || parsed > maximum)
            return ParseOutcome.OutOfRange;
        value = (int)parsed;
        return ParseOutcome.Ok;
    }

    public override string Format(int value) => value.ToString(CultureInfo.InvariantCulture);

    public override void WriteJson(int value, Utf8JsonWriter json) => json.WriteNumberValue(value);

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteString("type", "integer");
        json.WriteNumber("minimum", minimum);
        json.WriteNumber("maximum", maximum);
    }
}

internal sealed class NumberKind(double minimum, double maximum) : ScalarSchema<double>
{
    public override string Noun => "a number";

    public override string Allowed => string.Create(CultureInfo.InvariantCulture, $"a number from {minimum} to {maximum}");

    public override ParseOutcome TryParse(string text, out double value)
    {
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign;
        if (!double.TryParse(text, Style, CultureInfo.InvariantCulture, out value) || double.IsNaN(value))
            return ParseOutcome.Malformed;
        return value >= minimum && value <= maximum ? ParseOutcome.Ok : ParseOutcome.OutOfRange;
    }

    public override string Format(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public override void WriteJson(double value, Utf8JsonWriter json) => json.WriteNumberValue(value);

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteString("type", "number");
        json.WriteNumber("minimum", minimum);
        json.WriteNumber("maximum", maximum);
    }
}

/// <summary>Bytes: a plain number, or one with KiB, MiB or GiB. Decimal units are refused, so that nobody has to know which was meant.</summary>
internal sealed class SizeKind(long minimum, long maximum) : ScalarSchema<long>
{
    private static readonly (string Unit, long Factor)[] Units = [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("", 1)];

    public override string Noun => "a size";

    public override string Allowed => $"{Format(minimum)} to {Format(maximum)}, as bytes or with KiB, MiB or GiB";

    public override ParseOutcome TryParse(string text, out long value) =>
        Digits.TryParseWithUnit(text, Units, minimum, maximum, out value);

    public override string Format(long value) => Digits.FormatWithUnit(value, Units);

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteStartArray("type");
        json.WriteStringValue("string");
        json.WriteStringValue("integer");
        json.WriteEndArray();
        json.WriteString("pattern", "^[0-9]+(KiB|MiB|GiB)?$");
        json.WriteNumber("minimum", minimum);
        json.WriteNumber("maximum", maximum);
    }
}

/// <summary>A duration: a whole number and its unit; a bare number is refused, because people differ about what it would mean.</summary>
internal sealed class DurationKind(TimeSpan minimum, TimeSpan maximum) : ScalarSchema<TimeSpan>
{
    private static readonly (string Unit, long Factor)[] Units =
    [
        ("h", TimeSpan.TicksPerHour), ("ms", TimeSpan.TicksPerMillisecond), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond),
    ];

    public override string Noun => "a duration";

    public override string Allowed => $"{Format(minimum)} to {Format(maximum)}, a whole number with ms, s, m or h";

    public override ParseOutcome TryParse(string text, out TimeSpan value)
    {
        var outcome = Digits.TryParseWithUnit(text, Units, minimum.Ticks, maximum.Ticks, out var ticks);
        value = new TimeSpan(ticks);
        return outcome;
    }

    public override string Format(TimeSpan value)
    {
        // From the largest unit that divides it, but 60s and 90s stay seconds: that is how people write them.
        var (unit, factor) = value.Ticks % TimeSpan.TicksPerSecond != 0 ? Units[1]
            : value.Ticks % TimeSpan.TicksPerHour == 0 && value.Ticks != 0 ? Units[0]
            : value.Ticks % TimeSpan.TicksPerMinute == 0 && value >= TimeSpan.FromMinutes(2) ? Units[2]
            : Units[3];
        return (value.Ticks / factor).ToString(CultureInfo.InvariantCulture) + unit;
    }

    public override void WriteJsonSchema(Utf8JsonWriter json)
    {
        json.WriteString("type", "string");
        json.WriteString("pattern", "^[0-9]+(ms|s|m|h)$");
    }
}

/// <summary>Whole numbers in ASCII digits, with or without a unit.</summary>
internal static class Digits
{
    // 18 digits always fit into a long.
    private const int Longest = 18;

    public static bool TryParse(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        var negative = text.Length > 1 && text[0] == '-';
        var digits = negative ? text[1..] : text;
        if (digits.Length is 0 or > Longest)
            return false;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            value = 10 * value + (c - '0');
        }

        if (negative)
            value = -value;
        return true;
    }

    /// <summary>Takes the first unit of <paramref name="units"/> that the text ends with; limits are in the base unit.</summary>
    public static ParseOutcome TryParseWithUnit(string text, (string Unit, long Factor)[] units, long minimum, long maximum, out long value)
    {
        value = 0;
        foreach (var (unit, factor) in units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!TryParse(text.AsSpan(0, text.Length - unit.Length), out var count))
                return ParseOutcome.Malformed;
            if (count > maximum / factor || count * factor < minimum)
                return ParseOutcome.OutOfRange;
            value = count * factor;
            return ParseOutcome.Ok;
        }

        return ParseOutcome.Malformed;
    }

    /// <summary>In the first unit of <paramref name="units"/>, largest first, that divides the value.</summary>
    public static string FormatWithUnit(long value, (string Unit, long Factor)[] units)
    {
        foreach (var (unit, factor) in units)
        {
            if (value != 0 && value % factor == 0)
                return (value / factor).ToString(CultureInfo.InvariantCulture) + unit;
        }

        return "0";
    }
}
