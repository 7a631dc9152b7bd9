using Sidecar.Tensors;

namespace Sidecar.Model;

/// <summary>One tensor, owned: nothing of it is shared with the data path.</summary>
/// <param name="Data">Row-major little-endian in the datatype; BYTES as 4-byte length and bytes.</param>
public sealed record OwnedTensor(string Name, DataType DataType, long[] Shape, byte[] Data);

/// <summary>A decoded exchange to score again, in memory of its own.</summary>
public sealed record ShadowJob(ModelIdentity Model, IReadOnlyList<OwnedTensor> Inputs, IReadOnlyList<OwnedTensor> Outputs)
{
    /// <summary>The request's id; empty = none.</summary>
    public byte[] RequestId { get; init; } = [];

    /// <summary>The caller's trace.</summary>
    public TraceContext Trace { get; init; }

    /// <summary>When the request's first byte was read: Unix time in nanoseconds.</summary>
    public long StartedUnixNanos { get; init; }
}

/// <summary>An exchange on whose answer a shadow disagrees.</summary>
/// <param name="Shadow">Its name.</param>
/// <param name="Outputs">What it answered.</param>
/// <param name="Rate">Share of the decoded exchanges that it is asked about.</param>
public sealed record ShadowDiscrepancy(string Shadow, ShadowJob Job, IReadOnlyList<OwnedTensor> Outputs, double Rate);

/// <summary>What a comparison came to; the label <c>result</c>.</summary>
public enum ShadowResult : byte
{
    /// <summary>Same top class, or all values within tolerance.</summary>
    Agree,

    /// <summary>Other top class, where the primary's first two were nearly even.</summary>
    NearTie,

    Disagree,

    /// <summary>The shadow could not score the request.</summary>
    Error,

    /// <summary>The two answers have no output in common.</summary>
    Incomparable,

    /// <summary>The shadow was behind, so the request was not scored.</summary>
    Dropped,
}

/// <summary>
/// Scores requests again with another model. In this process today; behind this interface so that it can move to a child
/// process, which a crash in native code can't take down the relay with.
/// </summary>
public interface IShadowScorer : IDisposable
{
    /// <summary>Scores a job's inputs.</summary>
    /// <param name="error">Why it could not, when the answer is null.</param>
    IReadOnlyList<OwnedTensor>? Score(ShadowJob job, out string? error);
}
