using System.Text;
using Sidecar.Tensors;

namespace Sidecar.Emit.Redaction;

/// <summary>Values that a rule or an entry of the allow list names: a feature's, or those at a path of a JSON body and below it.</summary>
public sealed class RedactionTarget
{
    private readonly byte[] _feature;
    private readonly bool _anyRest;

    private RedactionTarget(string text, byte[] feature, bool anyRest, TargetStep[]? steps)
    {
        Text = text;
        _feature = feature;
        _anyRest = anyRest;
        Steps = steps;
    }

    /// <summary>As it was written.</summary>
    public string Text { get; }

    /// <summary>It names a place in a JSON body, not a feature.</summary>
    public bool IsPath => Steps is not null;

    internal TargetStep[]? Steps { get; }

    /// <summary>A feature of that name, or, with <c>*</c> at its end, every feature whose name begins so.</summary>
    public static RedactionTarget OfFeature(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var anyRest = name[^1] == '*';
        return new RedactionTarget(name, Encoding.UTF8.GetBytes(anyRest ? name[..^1] : name), anyRest, null);
    }

    /// <summary>Reads a JSON Pointer or the JSONPath that mappings have; the empty pointer and <c>$</c> are the whole body. False with what is wrong.</summary>
    public static bool TryOfPath(string text, out RedactionTarget? target, out string? problem)
    {
        target = null;
        if (!JsonPath.TryParse(text, out var path, out problem))
            return false;
        if (path!.DataType != DataType.Unknown)
            problem = "names a datatype, which means nothing here";
        else if (TargetStep.Read(text) is not { } steps)
            problem = "can't be read";
        else
            target = new RedactionTarget(text, [], false, steps);
        return target is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>It names that feature.</summary>
    internal bool IsFeature(ReadOnlySpan<byte> name) =>
        Steps is null && (_anyRest ? name.StartsWith(_feature) : name.SequenceEqual(_feature));
}
