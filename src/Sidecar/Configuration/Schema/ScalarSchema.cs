using System.Text.Json;
using Sidecar.Configuration.Sources;

namespace Sidecar.Configuration.Schema;

/// <summary>How a text became a value, or didn't.</summary>
internal enum ParseOutcome : byte
{
    Ok,
    Malformed,
    OutOfRange,
}

/// <summary>A single value. The kinds of values derive from it (see <see cref="Kinds"/>).</summary>
internal abstract class ScalarSchema<T> : SchemaNode<T>
{
    private const string Mask = "***";

    /// <summary>The noun in "… is not {Noun}".</summary>
    public abstract string Noun { get; }

    /// <summary>Whether a person may say "nothing", which becomes the default of <typeparamref name="T"/>.</summary>
    public virtual bool AcceptsNull => false;

    /// <summary>Whether the value is words rather than a number or a truth value.</summary>
    public virtual bool IsText => false;

    /// <summary>Whether the value is kept out of messages and of <c>config show</c>.</summary>
    public bool Secret { get; init; }

    /// <summary>What is wrong with a text that is no value of this kind, as the end of a sentence.</summary>
    public virtual string Problem(string text) => $"is not {Noun}";

    /// <summary>Reads a value; independent of the culture; never throws.</summary>
    public abstract ParseOutcome TryParse(string text, out T value);

    /// <summary>The canonical text, which <see cref="TryParse"/> reads back.</summary>
    public abstract string Format(T value);

    /// <inheritdoc/>
    public override void WriteJson(T value, Utf8JsonWriter json) => json.WriteStringValue(Format(value));

    /// <inheritdoc/>
    public override void Show(T value, string path, SettingsWriter writer) =>
        writer.Scalar(value is null ? null : Secret ? Mask : Format(value), path, IsText);

    protected override T BindValue(RawNode raw, T fallback, string path, BindContext context)
    {
        if (raw is RawInvalid)
        {
            context.MarkFailed(path);
            return fallback;
        }

        if (raw is not RawScalar scalar)
        {
            context.Fail(path, null, raw.Source, $"must be a single value, not {(raw is RawList ? "a list" : "a group of keys")}", $"allowed: {Allowed}");
            return fallback;
        }

        context.Record(path, raw.Source);
        if (scalar.IsNull && AcceptsNull)
            return default!;
        var outcome = ParseOutcome.Malformed;
        T value = fallback;
        if (!scalar.IsNull)
            outcome = TryParse(scalar.Text, out value);
        if (outcome == ParseOutcome.Ok)
            return value;
        var problem = scalar.IsNull ? "has no value" : outcome == ParseOutcome.OutOfRange ? "is out of range" : Problem(scalar.Text);
        context.Fail(path, scalar.IsNull ? null : Secret ? Mask : scalar.Text, raw.Source, problem, $"allowed: {Allowed}");
        return fallback;
    }
}
