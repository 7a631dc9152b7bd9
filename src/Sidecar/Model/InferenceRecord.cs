using Sidecar.Tensors;

namespace Sidecar.Model;

/// <summary>
/// An exchange decoded: named tensors, a model and a version. Of a stream it holds one message each way at a time. Scratch of one analysis worker,
/// overwritten by the next message; whoever needs more than a moment of it takes a copy.
/// </summary>
public sealed class InferenceRecord
{
    public InferenceRecord(ModelIdentity unknown)
    {
        Model = unknown;
    }

    /// <summary>The tensors of the request; read only when <see cref="HasRequest"/>.</summary>
    public TensorMessage Request { get; } = new();

    /// <summary>The tensors of the response; read only when <see cref="HasResponse"/>.</summary>
    public TensorMessage Response { get; } = new();

    public ModelIdentity Model { get; set; }

    /// <summary>What the analysis keeps of that model; its own business.</summary>
    public object? State { get; set; }

    /// <summary>The request's tensors were decoded (single ones may carry an error of their own).</summary>
    public bool HasRequest { get; set; }

    /// <summary>The response's tensors were decoded, and it is an answer and not an error.</summary>
    public bool HasResponse { get; set; }

    /// <summary>The response holds outputs to look at: it is more than a mark at a stream's end, and not a piece of an answer that is summed up later.</summary>
    public bool HasOutputs => HasResponse && !Response.Generation.IsChunk && !(Response.IsFinal && Response.Count == 0);

    /// <summary>What a generative model answered, over all messages so far.</summary>
    public Generation Generation { get; } = new();

    /// <summary>The request names the outputs that it wants, so an output that is absent is not missing.</summary>
    public bool SelectsOutputs { get; set; }

    /// <summary>Why the exchange does not count as decoded; null when it does.</summary>
    public UndecodableReason? Undecodable { get; set; }

    /// <summary>Breaches of the contract found in it.</summary>
    public int Violations { get; set; }

    /// <summary>Messages of the request so far: 1, but for streams.</summary>
    public int RequestMessages { get; set; }

    /// <summary>Messages of the response so far.</summary>
    public int ResponseMessages { get; set; }

    /// <summary>The request and the response that it holds belong to each other: always, but in streams whose ids say otherwise.</summary>
    public bool IsPair => HasRequest && HasResponse
        && ((RequestMessages <= 1 && ResponseMessages <= 1) || (RequestMessages == ResponseMessages && Request.Id.SequenceEqual(Response.Id)));

    /// <summary>Forgets the last exchange.</summary>
    public void Begin()
    {
        Undecodable = null;
        Violations = RequestMessages = ResponseMessages = 0;
        Generation.Begin();
        Forget();
    }

    /// <summary>Forgets the last messages.</summary>
    public void Forget()
    {
        HasRequest = HasResponse = SelectsOutputs = false;
        Request.Clear();
        Response.Clear();
    }

    /// <summary>The request's body has an id of its own.</summary>
    public bool HasBodyId => HasRequest && !Request.Id.IsEmpty;

    /// <summary>The request's id: the body's, else the headers'. Empty = none.</summary>
    public ReadOnlySpan<byte> RequestId(Exchange exchange) => HasBodyId ? Request.Id : exchange.RequestId;
}
