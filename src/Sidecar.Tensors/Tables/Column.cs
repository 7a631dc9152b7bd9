using System.Diagnostics.CodeAnalysis;

namespace Sidecar.Tensors.Tables;

/// <summary>One column of a <see cref="Table"/>: its cells, and the shape that their nesting has so far.</summary>
internal struct Column
{
    private const int Unknown = -1;

    private Tensor.Dimensions _lengths;
    private State _now;
    private State _before;

    public Slice Name { get; private set; }

    /// <summary>Tells most names apart.</summary>
    public int NameHash { get; private set; }

    /// <summary>Its values are rows: their number is the shape's first dimension.</summary>
    public bool HasRows { get; private set; }

    /// <summary>The datatype that somebody says it has; <see cref="DataType.Unknown"/>: that of its values.</summary>
    public DataType Declared { get; set; }

    /// <summary>It becomes no tensor.</summary>
    public bool IsLeftOut { get; set; }

    /// <summary>A list of one value is that value: features of a tf.Example are lists always.</summary>
    public bool ListOfOneIsValue { get; set; }

    /// <summary>Rows of the table were longer than the table is wide, so no column can be trusted.</summary>
    public bool IsOfRaggedTable { get; set; }

    /// <summary>Rows that it has a value for, or is known to have none.</summary>
    public int Rows { get; set; }

    /// <summary>The first cell; -1: there is none.</summary>
    public int Head { get; private set; }

    /// <summary>All cells, gaps included.</summary>
    public readonly int Length => _now.Length;

    /// <summary>The last cell.</summary>
    public readonly int Tail => _now.Tail;

    /// <summary>There was a value, if only an empty array.</summary>
    public readonly bool HasValue => Head >= 0 || _now.Rank != Unknown;

    /// <summary>Cells that are elements: all but gaps.</summary>
    public readonly int Cells => _now.Cells;

    /// <summary>Rows without a value.</summary>
    public readonly long GapRows => _now.GapRows;

    /// <summary>Arrays are of different lengths, or some values are nested deeper than others.</summary>
    public readonly bool IsRagged => _now.IsRagged || IsOfRaggedTable;

    /// <summary>An integer among the values is below zero.</summary>
    public readonly bool HasNegative => _now.HasNegative;

    /// <summary>The dimensions of one value, slowest first; none for scalars.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<long> Inner => ((ReadOnlySpan<long>)_lengths)[..Math.Max(0, _now.Rank)];

    public readonly bool Has(CellKind kind) => HasAny(1 << (int)kind);

    /// <summary>It has cells of one of these kinds, each a bit.</summary>
    public readonly bool HasAny(int kinds) => (_now.Kinds & kinds) != 0;

    /// <summary>Begins anew, as another column.</summary>
    public void Begin(Slice name, int hash, bool hasRows)
    {
        Name = name;
        NameHash = hash;
        HasRows = hasRows;
        Declared = DataType.Unknown;
        IsLeftOut = ListOfOneIsValue = IsOfRaggedTable = false;
        Rows = 0;
        Head = Unknown;
        _now = _before = new State { Tail = Unknown, Rank = Unknown };
        ForgetLengths();
    }

    /// <summary>Takes note of a cell that was added behind the others.</summary>
    public void Note(CellKind kind, ulong bits, int at)
    {
        if (Tail < 0)
            Head = at;
        _now.Tail = at;
        _now.Length++;
        _now.Kinds |= 1 << (int)kind;
        if (kind == CellKind.Gap)
            _now.GapRows += (long)bits;
        else
            _now.Cells++;
        if (kind == CellKind.Integer)
            _now.HasNegative |= (long)bits < 0;
    }

    /// <summary>A value that is no array is this many arrays deep.</summary>
    public void NoteDepth(int depth)
    {
        if (_now.Rank == depth)
            return;
        _now.IsRagged |= _now.Rank != Unknown;
        if (_now.Rank == Unknown)
            _now.Rank = depth;
    }

    /// <summary>An array that is this many arrays deep itself is so long.</summary>
    public void NoteLength(int depth, long length)
    {
        ref var known = ref ((Span<long>)_lengths)[depth];
        if (known == Unknown)
            known = length;
        else if (known != length)
            _now.IsRagged = true;
    }

    /// <summary>Remembers how it is before the value of a row, should the row have another one.</summary>
    public void Remember() => _before = _now;

    /// <summary>Forgets what came since <see cref="Remember"/>.</summary>
    public void Forget()
    {
        if (_before.Rank == Unknown)
            ForgetLengths();
        _now = _before;
        if (Tail < 0)
            Head = Unknown;
    }

    private void ForgetLengths() => ((Span<long>)_lengths).Fill(Unknown);

    private struct State
    {
        public int Tail;
        public int Length;
        public int Cells;
        public int Kinds;
        public int Rank;
        public long GapRows;
        public bool IsRagged;
        public bool HasNegative;
    }
}
