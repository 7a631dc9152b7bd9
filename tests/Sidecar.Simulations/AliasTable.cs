namespace Sidecar.Simulations;

/// <summary>Draws cells with given probabilities in constant time (Walker 1977, Vose 1991).</summary>
internal sealed class AliasTable
{
    private readonly double[] _keep;
    private readonly int[] _alias;

    public AliasTable(ReadOnlySpan<double> shares)
    {
        var count = shares.Length;
        (_keep, _alias) = (new double[count], new int[count]);
        double sum = 0;
        foreach (var share in shares)
            sum += share;
        Stack<int> small = new(), large = new();
        for (var i = 0; i < count; i++)
        {
            _keep[i] = shares[i] / sum * count;
            (_keep[i] < 1 ? small : large).Push(i);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            int poor = small.Pop(), rich = large.Pop();
            _alias[poor] = rich;
            _keep[rich] -= 1 - _keep[poor];
            (_keep[rich] < 1 ? small : large).Push(rich);
        }

        foreach (var rest in small.Concat(large))
            _keep[rest] = 1;
    }

    public int Draw(Rng random)
    {
        var at = random.Uniform() * _keep.Length;
        var cell = (int)at;
        return at - cell < _keep[cell] ? cell : _alias[cell];
    }

    public void Add(Rng random, Span<long> counts, int rows)
    {
        for (var i = 0; i < rows; i++)
            counts[Draw(random)]++;
    }
}
