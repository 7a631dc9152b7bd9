namespace Sidecar.Tensors.Mapping;

/// <summary>A place in the text that paths of features lead through: made one tree, they are followed in one pass.</summary>
internal sealed class MappingNode
{
    /// <summary>The features whose paths end here.</summary>
    public List<int> Features { get; } = [];

    /// <summary>The ways on.</summary>
    public List<Branch> Branches { get; } = [];

    /// <summary>One value may be behind several branches.</summary>
    public bool HasTwins { get; private set; }

    /// <summary>Adds the rest of a feature's path.</summary>
    /// <param name="counters">How many counters of rows there are.</param>
    /// <returns>The counter of the feature's rows; -1: it has none.</returns>
    public int Add(ReadOnlySpan<PathStep> path, int feature, ref int counters)
    {
        if (path.IsEmpty)
        {
            Features.Add(feature);
            return Branch.NoCounter;
        }

        var step = path[0];
        var at = Branches.FindIndex(branch => branch.Step == step);
        if (at < 0)
        {
            at = Branches.Count;
            HasTwins |= Branches.Exists(branch => branch.Step.Overlaps(step));
            Branches.Add(new Branch(step, new MappingNode(), step.IsEach ? counters++ : Branch.NoCounter));
        }

        var counter = Branches[at].Node.Add(path[1..], feature, ref counters);
        return counter == Branch.NoCounter ? Branches[at].Counter : counter;
    }
}

/// <summary>A way on from a node.</summary>
/// <param name="Counter">What counts the elements that it leads to, each of them a row; <see cref="NoCounter"/> where it leads to one.</param>
internal readonly record struct Branch(PathStep Step, MappingNode Node, int Counter)
{
    public const int NoCounter = -1;
}
