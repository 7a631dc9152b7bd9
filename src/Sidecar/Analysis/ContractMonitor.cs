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
internal sealed class ContractMonitor(Side side, Func<ReadOnlySpan<byte>, string?>? names = null)
{
    private const int MaxUnexpectedNames = 16;
    private static readonly int Kinds = Labels<ViolationKind>.Count;

    private volatile Terms _terms = new([], []);
    private readonly List<(byte[] Utf8, string Name)> _unexpected = [];
    private readonly long[] _unexpectedCounts = new long[MaxUnexpectedNames + 1];
    private long _passed;
    private long _failed;

    /// <summary>Takes the contract into use, from any thread; counts of an earlier one are kept where the tensor is still promised.</summary>
    public void Adopt(ModelContract contract)
    {
        var before = _terms;
        var expected = side == Side.Input ? contract.Inputs : contract.Outputs;
        var violations = new long[expected.Length * Kinds];
        for (var i = 0; i < expected.Length; i++)
        {
            var at = Array.FindIndex(before.Expected, other => other.Name.AsSpan().SequenceEqual(expected[i].Name));
            if (at >= 0)
                Array.Copy(before.Violations, at * Kinds, violations, i * Kinds, Kinds);
        }

        _terms = new Terms(expected, violations);
    }

    /// <summary>Holds a message against the contract.</summary>
    /// <param name="mayOmit">True where an absent tensor is no breach: the client chose its outputs.</param>
    /// <returns>The number of breaches; 0 also when there is no contract, and then nothing is counted.</returns>
    public int Check(TensorMessage message, bool mayOmit)
    {
        var terms = _terms;
        if (terms.Expected.Length == 0)
            return 0;
        var breaches = 0;
        for (var i = 0; i < terms.Expected.Length; i++)
        {
            var at = message.Find(terms.Expected[i].Name);
            if (at >= 0)
                breaches += Compare(terms, i, message, at);
            else if (!mayOmit)
                breaches += terms.Count(i, ViolationKind.Missing);
        }

        for (var at = 0; at < message.Count; at++)
        {
            if (!terms.IsExpected(message.Name(at)))
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
        var (expected, violations) = _terms;
        for (var i = 0; i < expected.Length; i++)
        {
            for (var kind = 0; kind < Kinds; kind++)
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

    private static int Compare(Terms terms, int index, TensorMessage message, int at)
    {
        ref readonly var tensor = ref message[at];
        var expected = terms.Expected[index].Tensor;
        var breaches = 0;
        if (tensor.DataType != expected.DataType)
            breaches += terms.Count(index, ViolationKind.Datatype);
        if ((!expected.HasAnyRank && !ShapeFits(tensor.Shape, expected.Shape)) || tensor.Error == DecodeError.ShapeMismatch)
            breaches += terms.Count(index, ViolationKind.Shape);
        if (tensor.Error == DecodeError.ValueMismatch && tensor.DataType == expected.DataType)
            breaches += terms.Count(index, ViolationKind.Datatype);
        if (tensor.Error == DecodeError.MissingMember)
            breaches += terms.Count(index, ViolationKind.Malformed);
        if (tensor.NullCount > 0)
            breaches += terms.Count(index, ViolationKind.Null);
        return tensor.Error == DecodeError.None ? breaches + CompareValues(terms, index, message, at) : breaches;
    }

    /// <summary>NaN and infinity; a null in float data is NaN there, and was counted as null.</summary>
    private static int CompareValues(Terms terms, int index, TensorMessage message, int at)
    {
        ref readonly var tensor = ref message[at];
        int nan = 0, infinite = 0;
        if (tensor.DataType == DataType.Fp32)
            NonFinite.Count(message.Values<float>(at), out nan, out infinite);
        else if (tensor.DataType == DataType.Fp64)
            NonFinite.Count(message.Values<double>(at), out nan, out infinite);
        var breaches = 0;
        if (nan > tensor.NullCount)
            breaches += terms.Count(index, ViolationKind.Nan);
        if (infinite > 0)
            breaches += terms.Count(index, ViolationKind.Infinite);
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
                if (cut.Length == name.Length && (names is null ? Encoding.UTF8.GetString(cut) : names(cut)) is { } label)
                    _unexpected.Add((cut, label));
                else
                    index = MaxUnexpectedNames; // a name that long is nobody's, and one that may not leave is not told
            }
        }

        Interlocked.Increment(ref _unexpectedCounts[index]);
    }

    private string NameOf(int index)
    {
        lock (_unexpected)
            return _unexpected[index].Name;
    }

    /// <summary>A contract and its counts, exchanged as one: a message meets both of the old or both of the new.</summary>
    private sealed record Terms(ModelContract.Expected[] Expected, long[] Violations)
    {
        public bool IsExpected(ReadOnlySpan<byte> name)
        {
            foreach (var expected in Expected)
            {
                if (expected.Name.AsSpan().SequenceEqual(name))
                    return true;
            }

            return false;
        }

        public int Count(int index, ViolationKind kind)
        {
            Interlocked.Increment(ref Violations[(index * Kinds) + (int)kind]);
            return 1;
        }
    }
}
