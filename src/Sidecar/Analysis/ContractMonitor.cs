using System.Text;
using Sidecar.Model;
using Sidecar.Tensors;

namespace Sidecar.Analysis;

/// <summary>A way to break the contract; the label <c>kind</c>.</summary>
internal enum ViolationKind : byte
{
    Missing,
    Unexpected,
    Datatype,
    Shape,
    Malformed,
    Null,
    Nan,
    Infinite,
}

/// <summary>Step 7, for one side of one model: messages against the contract, and the counts of what was found.</summary>
/// <remarks>Names of unexpected tensors come from clients, so only the first few are counted by name.</remarks>
internal sealed class ContractMonitor(Side side)
{
    private const int MaxUnexpectedNames = 16;
    private static readonly int Kinds = Labels<ViolationKind>.Count;

    private ModelContract.Expected[] _expected = [];
    private long[] _violations = [];
    private readonly List<(byte[] Utf8, string Name)> _unexpected = [];
    private readonly long[] _unexpectedCounts = new long[MaxUnexpectedNames + 1];
    private long _passed;
    private long _failed;

    /// <summary>Takes the contract into use; counts of an earlier one are kept where the tensor is still promised.</summary>
    public void Adopt(ModelContract contract)
    {
        var expected = side == Side.Input ? contract.Inputs : contract.Outputs;
        var violations = new long[expected.Length * Kinds];
        for (var i = 0; i < expected.Length; i++)
        {
            var before = Array.FindIndex(_expected, other => other.Name.AsSpan().SequenceEqual(expected[i].Name));
            if (before >= 0)
                Array.Copy(_violations, before * Kinds, violations, i * Kinds, Kinds);
        }

        (_expected, _violations) = (expected, violations);
    }

    /// <summary>Holds a message against the contract.</summary>
    /// <param name="mayOmit">True where an absent tensor is no breach: the client chose its outputs.</param>
    /// <returns>The number of breaches; 0 also when there is no contract, and then nothing is counted.</returns>
    public int Check(TensorMessage message, bool mayOmit)
    {
        if (_expected.Length == 0)
            return 0;
        var breaches = 0;
        for (var i = 0; i < _expected.Length; i++)
        {
            var at = message.Find(_expected[i].Name);
            if (at >= 0)
                breaches += Compare(i, message, at);
            else if (!mayOmit)
                breaches += Count(i, ViolationKind.Missing);
        }

        for (var at = 0; at < message.Count; at++)
        {
            if (!IsExpected(message.Name(at)))
            {
                CountUnexpected(message.Name(at));
                breaches++;
            }
        }

        Interlocked.Increment(ref breaches == 0 ? ref _passed : ref _failed);
        return breaches;
    }

    /// <summary>Messages that kept to the contract, and those that did not.</summary>
    public (long Passed, long Failed) Checks => (Interlocked.Read(ref _passed), Interlocked.Read(ref _failed));

    /// <summary>Every kind of breach found so far, by tensor.</summary>
    public IEnumerable<(string Kind, string Feature, long Count)> Violations()
    {
        var (expected, violations) = (_expected, _violations);
        for (var i = 0; i < expected.Length; i++)
        {
            for (var kind = 0; kind < Kinds && ((i + 1) * Kinds) <= violations.Length; kind++)
            {
                if (Interlocked.Read(ref violations[(i * Kinds) + kind]) is > 0 and var count)
                    yield return (Labels<ViolationKind>.Of(kind), expected[i].Tensor.Name, count);
            }
        }

        for (var i = 0; i <= MaxUnexpectedNames; i++)
        {
            if (Interlocked.Read(ref _unexpectedCounts[i]) is > 0 and var count)
                yield return (Labels<ViolationKind>.Of((int)ViolationKind.Unexpected), i < MaxUnexpectedNames ? NameOf(i) : ModelIdentity.OtherLabel, count);
        }
    }

    private int Compare(int index, TensorMessage message, int at)
    {
        ref readonly var tensor = ref message[at];
        var expected = _expected[index].Tensor;
        var breaches = 0;
        if (tensor.DataType != expected.DataType)
            breaches += Count(index, ViolationKind.Datatype);
        if (!ShapeFits(tensor.Shape, expected.Shape) || tensor.Error == DecodeError.ShapeMismatch)
            breaches += Count(index, ViolationKind.Shape);
        if (tensor.Error == DecodeError.ValueMismatch && tensor.DataType == expected.DataType)
            breaches += Count(index, ViolationKind.Datatype);
        if (tensor.Error == DecodeError.MissingMember)
            breaches += Count(index, ViolationKind.Malformed);
        if (tensor.NullCount > 0)
            breaches += Count(index, ViolationKind.Null);
        return tensor.Error == DecodeError.None ? breaches + CompareValues(index, message, at) : breaches;
    }

    /// <summary>NaN and infinity; a null in float data is NaN there, and was counted as null.</summary>
    private int CompareValues(int index, TensorMessage message, int at)
    {
        ref readonly var tensor = ref message[at];
        int nan = 0, infinite = 0;
        if (tensor.DataType == DataType.Fp32)
            NonFinite.Count(message.Values<float>(at), out nan, out infinite);
        else if (tensor.DataType == DataType.Fp64)
            NonFinite.Count(message.Values<double>(at), out nan, out infinite);
        var breaches = 0;
        if (nan > tensor.NullCount)
            breaches += Count(index, ViolationKind.Nan);
        if (infinite > 0)
            breaches += Count(index, ViolationKind.Infinite);
        return breaches;
    }

    private static bool ShapeFits(ReadOnlySpan<long> shape, ReadOnlySpan<long> expected)
    {
        if (shape.Length != expected.Length)
            return false;
        for (var i = 0; i < shape.Length; i++)
        {
            if (expected[i] >= 0 && expected[i] != shape[i])
                return false;
        }

        return true;
    }

    private bool IsExpected(ReadOnlySpan<byte> name)
    {
        foreach (var expected in _expected)
        {
            if (expected.Name.AsSpan().SequenceEqual(name))
                return true;
        }

        return false;
    }

    private int Count(int index, ViolationKind kind)
    {
        Interlocked.Increment(ref _violations[(index * Kinds) + (int)kind]);
        return 1;
    }

    private void CountUnexpected(ReadOnlySpan<byte> name)
    {
        int index;
        lock (_unexpected)
        {
            index = 0;
            while (index < _unexpected.Count && !_unexpected[index].Utf8.AsSpan().SequenceEqual(name))
                index++;
            if (index == _unexpected.Count && index < MaxUnexpectedNames)
            {
                var cut = name[..Math.Min(name.Length, 128)].ToArray();
                if (cut.Length == name.Length)
                    _unexpected.Add((cut, Encoding.UTF8.GetString(cut)));
                else
                    index = MaxUnexpectedNames; // a name that long is nobody's
            }
        }

        Interlocked.Increment(ref _unexpectedCounts[index]);
    }

    private string NameOf(int index)
    {
        lock (_unexpected)
            return _unexpected[index].Name;
    }
}
