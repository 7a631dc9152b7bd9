namespace Sidecar.Emit.Redaction;

/// <summary>A place in a JSON body.</summary>
/// <param name="IsAllowed">The allow list names it, or a place above it.</param>
/// <param name="Rule">The strongest action that a rule has for it, or for a place above it.</param>
/// <param name="From">Where the paths that lead on from here begin on the stack.</param>
/// <param name="To">Where they end.</param>
/// <param name="MayHold">It or something below it is allowed.</param>
/// <param name="Depth">Steps down to it.</param>
internal readonly record struct TargetPlace(bool IsAllowed, RedactionAction? Rule, int From, int To, bool MayHold, int Depth);

/// <summary>Follows all paths of a policy through a body at once. Not thread-safe.</summary>
internal sealed class TargetPaths
{
    private readonly (TargetStep[] Steps, RedactionAction? Action)[] _paths;

    // The paths that lead on from each open place, one place's above those of the place that it is in.
    private int[] _stack = new int[64];

    public TargetPaths(RedactionPolicy policy) => _paths =
    [
        .. policy.Allow.Where(target => target.IsPath).Select(target => (target.Steps!, (RedactionAction?)null)),
        .. policy.Rules.Where(rule => rule.Kind == RedactionKind.Path).Select(rule => (rule.Target!.Steps!, (RedactionAction?)rule.Action)),
    ];

    /// <summary>The whole body.</summary>
    public TargetPlace Root()
    {
        var root = new Arrival(default, 0);
        for (var i = 0; i < _paths.Length; i++)
            Arrive(i, ref root);
        return root.Place;
    }

    /// <summary>Something of an array, or of an object, at that place may be allowed.</summary>
    public bool MayHold(in TargetPlace place, bool isArray)
    {
        if (place.IsAllowed)
            return true;
        for (var i = place.From; i < place.To; i++)
        {
            var (steps, action) = _paths[_stack[i]];
            if (action is null && (isArray ? steps[place.Depth].IsEach || steps[place.Depth].Index >= 0 : steps[place.Depth].Name is not null))
                return true;
        }

        return false;
    }

    public TargetPlace Member(in TargetPlace of, ReadOnlySpan<byte> name)
    {
        var arrival = new Arrival(of, of.Depth + 1);
        for (var i = of.From; i < of.To; i++)
        {
            if (_paths[_stack[i]].Steps[of.Depth].LeadsTo(name))
                Arrive(_stack[i], ref arrival);
        }

        return arrival.Place;
    }

    public TargetPlace Element(in TargetPlace of, int index)
    {
        var arrival = new Arrival(of, of.Depth + 1);
        for (var i = of.From; i < of.To; i++)
        {
            if (_paths[_stack[i]].Steps[of.Depth].LeadsTo(index))
                Arrive(_stack[i], ref arrival);
        }

        return arrival.Place;
    }

    private void Arrive(int path, ref Arrival at)
    {
        var (steps, action) = _paths[path];
        if (steps.Length == at.Depth)
        {
            at.IsAllowed |= action is null;
            at.Rule = at.Rule < action || action is null ? at.Rule : action;
            return;
        }

        at.LeadsToAllowed |= action is null;
        if (at.To == _stack.Length)
            Array.Resize(ref _stack, _stack.Length * 2);
        _stack[at.To++] = path;
    }

    private struct Arrival(in TargetPlace from, int depth)
    {
        public readonly int Depth = depth;
        public readonly int From = from.To;
        public bool IsAllowed = from.IsAllowed;
        public bool LeadsToAllowed;
        public RedactionAction? Rule = from.Rule;
        public int To = from.To;

        public readonly TargetPlace Place => new(IsAllowed, Rule, From, To, IsAllowed || LeadsToAllowed, Depth);
    }
}
