using System.Buffers;
using System.Text.Unicode;

namespace Sidecar.Emit.Redaction.Text;

/// <summary>Looks for the patterns of a policy in texts, with up to three layers of escapes undone, and writes the texts without them. Not thread-safe.</summary>
internal sealed class TextRedactor(PatternActions actions, RedactionTokens tokens, RedactionCounters counters) : IPatternSink
{
    private const int MaxLayers = 3;

    /// <summary>Memory that is kept between texts.</summary>
    private const int MaxKept = 1 << 16;

    private readonly DigitGroups _groups = new();
    private readonly List<TextMatch> _matches = [];
    private readonly TextLevel[] _levels = [new(), new(), new(), new()];
    private int _level;

    /// <summary>It holds little memory and may be kept.</summary>
    public bool IsSmall => _levels[0].Capacity <= MaxKept && _levels[1].Capacity <= MaxKept;

    /// <summary>Writes the text without what the patterns find; always UTF-8.</summary>
    /// <param name="dropped">A pattern of those found wants the whole value left out.</param>
    /// <returns>Something was replaced.</returns>
    public bool Redact(ReadOnlySpan<byte> text, IBufferWriter<byte> to, out bool dropped)
    {
        dropped = false;
        var wasUtf8 = Utf8.IsValid(text);
        if (!wasUtf8)
        {
            text = Escapes.Repaired(text);
            counters.Add(RedactionKind.NotUtf8, RedactionAction.Mask);
        }

        if (!Find(text))
        {
            to.Write(text);
            return !wasUtf8;
        }

        var written = 0;
        foreach (var match in _matches)
        {
            counters.Add(match.Kind, match.Action);
            dropped |= match.Action == RedactionAction.Drop;
            to.Write(text[written..match.Start]);
            to.Write(match.Action switch
            {
                RedactionAction.Drop => default,
                RedactionAction.Hmac => match.Token,
                _ => "***"u8,
            });
            written = match.End;
        }

        to.Write(text[written..]);
        return true;
    }

    void IPatternSink.Add(RedactionKind kind, int start, int end)
    {
        var action = actions.Of(kind)!.Value;
        var level = _levels[_level];
        var (from, to) = level.SourceOf(start, end);
        var token = action == RedactionAction.Hmac ? tokens.Of(kind, level.View[start..end], level.BytesOf(start, end)) : null;
        _matches.Add(new TextMatch(from, to, _level, kind, action, token));
    }

    private bool Find(ReadOnlySpan<byte> text)
    {
        _matches.Clear();
        if (actions.IsEmpty)
            return false;
        _level = 0;
        _levels[0].Fill(text);
        FindIn(_levels[0].View);
        while (_level < MaxLayers && _levels[_level + 1].FillUnescaped(_levels[_level]))
        {
            _level++;
            FindIn(_levels[_level].View);
        }

        if (_matches.Count == 0)
            return false;
        if (_level > 0)
            WidenToEscapes(_levels[1].Starts);
        MergeMatches();
        return true;
    }

    private void FindIn(ReadOnlySpan<char> text)
    {
        if (actions.Of(RedactionKind.Email) is not null)
            EmailPattern.Find(text, this);
        if (actions.Of(RedactionKind.Iban) is not null)
            IbanPattern.Find(text, this);
        if (actions.Of(RedactionKind.Ipv6) is not null)
            IpPattern.Find6(text, this);
        if (actions.Of(RedactionKind.Token) is not null)
            TokenPattern.FindTokens(text, this);
        if (actions.Of(RedactionKind.AccessKey) is not null)
            TokenPattern.FindKeys(text, this);
        if (!actions.NeedDigits || !text.ContainsAnyInRange('0', '9'))
            return;
        _groups.Fill(text);
        if (actions.Of(RedactionKind.CardNumber) is not null)
            CardPattern.Find(text, _groups, this);
        if (actions.Of(RedactionKind.Phone) is not null)
            PhonePattern.Find(text, _groups, this);
        if (actions.Of(RedactionKind.Ipv4) is not null)
            IpPattern.Find4(text, _groups, this);
    }

    // Half an escape left behind would make the rest of a JSON string unreadable.
    private void WidenToEscapes(ReadOnlySpan<int> starts)
    {
        for (var i = 0; i < _matches.Count; i++)
        {
            var at = starts.BinarySearch(_matches[i].Start);
            var start = at >= 0 ? _matches[i].Start : starts[~at - 1];
            at = starts.BinarySearch(_matches[i].End);
            var end = at >= 0 ? _matches[i].End : starts[~at];
            _matches[i] = _matches[i] with { Start = start, End = end };
        }
    }

    private void MergeMatches()
    {
        _matches.Sort(static (a, b) => a.Start.CompareTo(b.Start));
        var kept = 0;
        for (var i = 1; i < _matches.Count; i++)
        {
            if (_matches[i].Start < _matches[kept].End)
                _matches[kept] = _matches[kept].Merge(_matches[i]);
            else
                _matches[++kept] = _matches[i];
        }

        _matches.RemoveRange(kept + 1, _matches.Count - kept - 1);
    }
}
