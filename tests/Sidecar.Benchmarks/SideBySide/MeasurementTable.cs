namespace Sidecar.Benchmarks.SideBySide;

/// <summary>A measurement's place: what was asked, over how many connections, and at which rate if not at full speed.</summary>
internal readonly record struct Cell(string Body, int Connections, int? Rate);

/// <summary>All turns of a run, and what follows from two of them in the same round.</summary>
internal sealed class MeasurementTable
{
    private readonly List<Measurement> _turns = [];

    public IReadOnlyList<Measurement> Turns => _turns;

    public void Add(Measurement turn) => _turns.Add(turn);

    /// <summary>Places of one kind of body, in the order in which they were measured.</summary>
    public IEnumerable<Cell> Cells(string body) => _turns.Where(turn => turn.Body == body).Select(CellOf).Distinct();

    public IEnumerable<string> Peers(string body) => _turns.Where(turn => turn.Body == body).Select(turn => turn.Peer).Distinct();

    public IEnumerable<Measurement> Of(Cell cell, string peer) => _turns.Where(turn => turn.Peer == peer && CellOf(turn) == cell);

    public Summary? Summary(Cell cell, string peer, Func<Measurement, double?> value) => SideBySide.Summary.Of(Of(cell, peer).Select(value));

    /// <summary>A number of one peer over that of another, turn by turn of the same round.</summary>
    public Summary? Ratio(Cell cell, string peer, string other, Func<Measurement, double?> value) =>
        Paired(cell, peer, other, (turn, reference) => value(turn) / value(reference));

    /// <summary>What a peer adds to a number of another, likewise.</summary>
    public Summary? Added(Cell cell, string peer, string other, Func<Measurement, double?> value) =>
        peer == other ? null : Paired(cell, peer, other, (turn, reference) => value(turn) - value(reference));

    public static Cell CellOf(Measurement turn) => new(turn.Body, turn.Connections, turn.Rate);

    // A proxy that lost requests did less work, so its numbers flatter it: failed turns are left out.
    private Summary? Paired(Cell cell, string peer, string other, Func<Measurement, Measurement, double?> value) => SideBySide.Summary.Of(
        from turn in Of(cell, peer)
        join reference in Of(cell, other) on turn.Round equals reference.Round
        where turn.Problem is null && reference.Problem is null
        select value(turn, reference));
}
