namespace Sidecar.Statistics;

/// <summary>Rows that carry no finite value, each kind counted apart: every kind is a rate of its own, none enters a distance.</summary>
internal struct NonFinite
{
    public long Missing;
    public long NotANumber;
    public long PositiveInfinity;
    public long NegativeInfinity;

    public readonly long Total => Missing + NotANumber + PositiveInfinity + NegativeInfinity;

    public void Add(float value)
    {
        if (float.IsNaN(value))
            NotANumber++;
        else if (value > 0)
            PositiveInfinity++;
        else
            NegativeInfinity++;
    }

    public void Add(in NonFinite other)
    {
        Missing += other.Missing;
        NotANumber += other.NotANumber;
        PositiveInfinity += other.PositiveInfinity;
        NegativeInfinity += other.NegativeInfinity;
    }
}
