using Sidecar.Tensors.Json;
using Sidecar.Tensors.Tables;

namespace Sidecar.Tensors.Mapping;

/// <summary>Follows the tree of paths through one text, once; what no path leads to is read over.</summary>
/// <param name="rows">A counter for each branch to every element: the rows met so far; -1: no array was met.</param>
internal ref struct MappingReader(TensorMessage into, ReadOnlySpan<int> counterOf, Span<int> rows)
{
    private readonly TensorMessage _into = into;
    private readonly ReadOnlySpan<int> _counterOf = counterOf;
    private readonly Span<int> _rows = rows;

    /// <summary>Reads the value that is next; false: the scanner has the error.</summary>
    /// <param name="row">The row that it belongs to.</param>
    public readonly bool Read(ref JsonScanner json, MappingNode node, int row)
    {
        var start = json;
        var wasRead = false;
        for (var i = 0; i < node.Features.Count; i++)
        {
            // Several features of one value: it is read for each.
            json = start;
            wasRead = true;
            if (!ReadFeature(ref json, node.Features[i], row))
                return false;
        }

        if (node.Branches.Count == 0)
            return wasRead || json.SkipValue();
        json = start;
        return json.Peek() switch
        {
            (byte)'{' => ReadObject(ref json, node, row),
            (byte)'[' => ReadArray(ref json, node, row),
            _ => json.SkipValue(),
        };
    }

    /// <summary>Ends the columns; those whose values are nowhere become no tensors.</summary>
    /// <returns>False: the scanner has the error.</returns>
    public readonly bool Close(ref JsonScanner json, out bool found)
    {
        found = false;
        for (var i = 0; i < _counterOf.Length; i++)
        {
            ref var column = ref _into.Table[i];
            var rows = column.HasRows ? _rows[_counterOf[i]] : 1;
            // An array without elements is there, too: a tensor of no rows.
            column.IsLeftOut = !column.HasValue && rows != 0;
            if (column.IsLeftOut)
                continue;
            found = true;
            if (column.HasRows && !_into.Table.TryPad(ref column, rows))
                return json.Fail(DecodeError.TooLarge);
        }

        return true;
    }

    // Outside of rows, null is a feature that is absent.
    private readonly bool ReadFeature(ref JsonScanner json, int feature, int row)
    {
        if (!_into.Table[feature].HasRows && json.Peek() == 'n')
            return json.ReadLiteral("null"u8);
        return JsonCells.Read(ref json, _into.Table, feature, row);
    }

    private readonly bool ReadObject(ref JsonScanner json, MappingNode node, int row)
    {
        var hint = 0;
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            var at = Find(node, member, hint);
            if (at < 0)
            {
                if (!json.SkipValue())
                    return false;
                continue;
            }

            // Members mostly come in the order of the paths.
            hint = at + 1;
            if (!(node.HasTwins ? FollowAll(ref json, node, member, row) : Read(ref json, node.Branches[at].Node, row)))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private readonly bool FollowAll(ref JsonScanner json, MappingNode node, scoped JsonText member, int row)
    {
        var start = json;
        foreach (var branch in node.Branches)
        {
            if (branch.Step.Name is not { } name || !member.Is(name))
                continue;
            json = start;
            if (!Read(ref json, branch.Node, row))
                return false;
        }

        return true;
    }

    private readonly bool ReadArray(ref JsonScanner json, MappingNode node, int row)
    {
        foreach (var branch in node.Branches)
        {
            if (branch.Counter != Branch.NoCounter)
                _rows[branch.Counter] = Math.Max(0, _rows[branch.Counter]);
        }

        var index = 0;
        var first = true;
        if (!json.Enter('['))
            return false;
        for (; json.NextElement(ref first); index++)
        {
            var start = json;
            var wasRead = false;
            foreach (var branch in node.Branches)
            {
                if (!branch.Step.LeadsTo(index))
                    continue;
                json = start;
                wasRead = true;
                if (!Read(ref json, branch.Node, branch.Counter == Branch.NoCounter ? row : _rows[branch.Counter]++))
                    return false;
            }

            if (!wasRead && !json.SkipValue())
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private static int Find(MappingNode node, scoped JsonText member, int hint)
    {
        for (var i = 0; i < node.Branches.Count; i++)
        {
            var at = (hint + i) % node.Branches.Count;
            if (node.Branches[at].Step.Name is { } name && member.Is(name))
                return at;
        }

        return -1;
    }
}
