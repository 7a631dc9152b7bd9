using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.OpenAi;

/// <summary>
/// How much a prompt holds, never what: messages, one text, a list of texts, token ids, or lists of those. Pictures and sounds are parts without text.
/// </summary>
internal struct Prompt
{
    public bool IsPresent;

    /// <summary>Something else stands in its place, or in its list.</summary>
    public bool IsWrong;

    /// <summary>Messages of a chat; texts, or lists of tokens, otherwise.</summary>
    public long Items;

    /// <summary>Unicode characters of all texts.</summary>
    public long Characters;

    /// <summary>Token ids, which some clients send in place of texts.</summary>
    public long Tokens;

    /// <summary>Reads the value that is next; false: the scanner has the error.</summary>
    /// <param name="messagesOnly">A chat: a list of objects and nothing else.</param>
    public static bool Read(ref JsonScanner json, bool messagesOnly, out Prompt prompt)
    {
        prompt = default;
        if (json.TryReadNull())
            return true;
        prompt.IsPresent = true;
        switch (json.Peek())
        {
            case (byte)'[':
                return prompt.ReadList(ref json, messagesOnly);
            case (byte)'"' when !messagesOnly:
                prompt.Items = 1;
                return prompt.ReadText(ref json);
            default:
                prompt.IsWrong = true;
                return json.SkipValue();
        }
    }

    /// <summary>Reads a text and adds its length; anything else is read over.</summary>
    public bool ReadText(ref JsonScanner json)
    {
        if (json.Peek() != '"')
            return json.SkipValue();
        if (!json.ReadString(out var text))
            return false;
        Characters += TextLength.Of(text);
        return true;
    }

    private bool ReadList(ref JsonScanner json, bool messagesOnly)
    {
        var ids = 0L;
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (!ReadItem(ref json, messagesOnly, ref ids))
                return false;
        }

        Tokens += ids;
        Items += ids > 0 ? 1 : 0;
        return json.Error == DecodeError.None;
    }

    private bool ReadItem(ref JsonScanner json, bool messagesOnly, ref long ids)
    {
        var next = json.Peek();
        switch (next)
        {
            case (byte)'{':
                Items++;
                return ReadMessage(ref json);
            case (byte)'"' when !messagesOnly:
                Items++;
                return ReadText(ref json);
            case (byte)'[' when !messagesOnly:
                Items++;
                return ReadTokens(ref json);
        }

        if (messagesOnly || next is (byte)'t' or (byte)'f' or (byte)'n')
            IsWrong = true;
        else
            ids++;
        return json.SkipValue();
    }

    private bool ReadTokens(ref JsonScanner json)
    {
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (json.Peek() is (byte)'"' or (byte)'{' or (byte)'[' or (byte)'t' or (byte)'f' or (byte)'n')
                IsWrong = true;
            else
                Tokens++;
            if (!json.SkipValue())
                return false;
        }

        return json.Error == DecodeError.None;
    }

    /// <summary><c>{role, content}</c>: the content a text, or a list of parts of which some are text.</summary>
    private bool ReadMessage(ref JsonScanner json)
    {
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!(member.Is("content"u8) ? ReadContent(ref json) : member.Is("text"u8) ? ReadText(ref json) : json.SkipValue()))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private bool ReadContent(ref JsonScanner json)
    {
        if (json.Peek() != '[')
            return ReadText(ref json);
        var first = true;
        if (!json.Enter('['))
            return false;
        while (json.NextElement(ref first))
        {
            if (!(json.Peek() == '{' ? ReadPart(ref json) : ReadText(ref json)))
                return false;
        }

        return json.Error == DecodeError.None;
    }

    private bool ReadPart(ref JsonScanner json)
    {
        var first = true;
        if (!json.Enter('{'))
            return false;
        while (json.NextMember(ref first, out var member))
        {
            if (!(member.Is("text"u8) ? ReadText(ref json) : json.SkipValue()))
                return false;
        }

        return json.Error == DecodeError.None;
    }
}
