using System.Reflection;
using Confluent.Kafka;

namespace Sidecar.Tests.Emit.Kafka;

/// <summary>A producer that keeps what it is given until the test answers.</summary>
public class StandInProducer : DispatchProxy
{
    private readonly Lock _gate = new();
    private readonly List<(Message<byte[], byte[]> Message, Action<DeliveryReport<byte[], byte[]>> Handler)> _sent = [];

    /// <summary>Refuses to take anything.</summary>
    internal bool IsFull { get; set; }

    /// <summary>Thrown by the next call.</summary>
    internal Exception? Fault { get; set; }

    /// <summary>Told of what was delivered.</summary>
    internal Action<Message<byte[], byte[]>>? Delivered { get; set; }

    internal int Waiting
    {
        get
        {
            lock (_gate)
                return _sent.Count;
        }
    }

    internal IProducer<byte[], byte[]> Producer => (IProducer<byte[], byte[]>)(object)this;

    internal static StandInProducer Make() => (StandInProducer)(object)Create<IProducer<byte[], byte[]>, StandInProducer>();

    /// <summary>Answers the one at a place; false where there is none.</summary>
    internal bool Answer(int at = 0, ErrorCode code = ErrorCode.NoError, PersistenceStatus? status = null)
    {
        Message<byte[], byte[]> message;
        Action<DeliveryReport<byte[], byte[]>> handler;
        lock (_gate)
        {
            if (at >= _sent.Count)
                return false;
            (message, handler) = _sent[at];
            _sent.RemoveAt(at);
        }

        if (code == ErrorCode.NoError)
            Delivered?.Invoke(message);
        handler(new DeliveryReport<byte[], byte[]>
        {
            Message = message,
            Error = new Error(code, code.ToString()),
            Status = status ?? (code == ErrorCode.NoError ? PersistenceStatus.Persisted : PersistenceStatus.NotPersisted),
        });
        return true;
    }

    internal void AnswerAll(ErrorCode code = ErrorCode.NoError)
    {
        while (Answer(code: code))
        {
        }
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod?.Name != "Produce")
            throw new NotSupportedException();
        if (Fault is { } fault)
        {
            Fault = null;
            throw fault;
        }

        if (IsFull)
            throw new ProduceException<byte[], byte[]>(new Error(ErrorCode.Local_QueueFull), new DeliveryResult<byte[], byte[]>());
        lock (_gate)
            _sent.Add(((Message<byte[], byte[]>)args![1]!, (Action<DeliveryReport<byte[], byte[]>>)args[2]!));
        return null;
    }
}
