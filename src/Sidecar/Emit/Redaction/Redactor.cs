using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Sidecar.Emit.Redaction.Text;
using Sidecar.Tensors;

namespace Sidecar.Emit.Redaction;

/// <summary>Takes out of texts, bodies and tensors what may not leave, by one policy. Thread-safe.</summary>
public sealed class Redactor
{
    /// <summary>How deep a JSON body may be nested.</summary>
    public const int MaxDepth = 64;

    private readonly RedactionCounters _counters = new();
    private readonly ConcurrentBag<Workspace> _free = [];
    private readonly PatternActions _patterns;
    private readonly RedactionTokens _tokens;

    public Redactor(RedactionPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        Policy = policy;
        _patterns = new PatternActions(policy.Rules);
        _tokens = new RedactionTokens(policy);
    }

    public RedactionPolicy Policy { get; }

    /// <summary>How often that was done for that reason.</summary>
    public long Count(RedactionKind kind, RedactionAction action) => _counters.Of(kind, action);

    /// <summary>Writes a text (an id, an authority, the message of an error) without what the patterns find. What is not UTF-8 in it becomes U+FFFD.</summary>
    /// <returns>Something was replaced.</returns>
    public bool RedactText(ReadOnlySpan<byte> utf8, IBufferWriter<byte> to)
    {
        var workspace = Rent();
        var replaced = workspace.Text.Redact(utf8, to, out _);
        Return(workspace);
        return replaced;
    }

    /// <summary>
    /// Writes a JSON body with what the allow list lets out, without what rules take. A body that is no JSON, or nested too deep, becomes <c>null</c> as a whole:
    /// nothing is written before all of it was read.
    /// </summary>
    public RedactionResult RedactJson(ReadOnlySpan<byte> json, IBufferWriter<byte> to)
    {
        var workspace = Rent();
        var result = workspace.Json.Redact(json, to);
        Return(workspace);
        return result;
    }

    /// <summary>Writes the values of a tensor as a JSON array, or <c>null</c> where none of them may leave.</summary>
    /// <param name="feature">The name that rules and the allow list know the values by.</param>
    /// <param name="message">The message that holds the tensor and its data.</param>
    /// <param name="tensor">The tensor's position in the message.</param>
    /// <param name="maxElements">Elements behind these are not written.</param>
    public WrittenValues WriteValues(Utf8JsonWriter json, ReadOnlySpan<byte> feature, TensorMessage message, int tensor, int maxElements)
    {
        var workspace = Rent();
        var written = workspace.Values.Write(json, feature, message, tensor, maxElements);
        Return(workspace);
        return written;
    }

    /// <summary>The same for a tensor that is held elsewhere.</summary>
    /// <param name="data">Row-major little-endian in the datatype; BYTES as 4-byte length and bytes.</param>
    public WrittenValues WriteValues(Utf8JsonWriter json, ReadOnlySpan<byte> feature, DataType type, ReadOnlySpan<byte> data, int maxElements)
    {
        var workspace = Rent();
        var written = workspace.Values.Write(json, feature, isSound: true, type, data, maxElements);
        Return(workspace);
        return written;
    }

    private Workspace Rent() => _free.TryTake(out var workspace) ? workspace : new Workspace(this);

    // One that an exception kept from coming back is made anew; one that a huge body has grown is not kept.
    private void Return(Workspace workspace)
    {
        if (workspace.IsSmall)
            _free.Add(workspace);
    }

    /// <summary>What one call at a time works with.</summary>
    private sealed class Workspace
    {
        public Workspace(Redactor owner)
        {
            Text = new TextRedactor(owner._patterns, owner._tokens, owner._counters);
            var scalars = new ScalarWriter(Text, owner._patterns, owner._tokens, owner._counters);
            Json = new JsonRedaction(owner.Policy, scalars, owner._counters);
            Values = new TensorRedaction(owner.Policy, scalars, owner._counters);
        }

        public TextRedactor Text { get; }

        public JsonRedaction Json { get; }

        public TensorRedaction Values { get; }

        public bool IsSmall => Text.IsSmall && Json.IsSmall;
    }
}
