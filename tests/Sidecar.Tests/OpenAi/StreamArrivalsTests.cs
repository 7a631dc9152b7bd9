using System.Text;
using Sidecar.Model;

namespace Sidecar.Tests.OpenAi;

public sealed class StreamArrivalsTests
{
    private StreamArrivals _arrivals;

    [Fact]
    public void Of_AnOffset_IsWhenTheBodyWasThereUpToIt()
    {
        Note("data: abc\n\n", 10);
        Note("data: de\n\n", 20);
        Assert.Equal([10L, 10L, 20L, 20L, 0L], new long[] { 1, 11, 12, 21, 22 }.Select(_arrivals.Of));
        Assert.Equal(20, _arrivals.LastAt);
    }

    [Fact]
    public void Of_SeveralPiecesOfOneRead_IsThatRead()
    {
        for (var i = 0; i < 100; i++)
            Note("data: a\n\n", 10);
        Note("data: b\n\n", 20);
        Assert.Equal((10, 20), (_arrivals.Of(900), _arrivals.Of(909)));
    }

    [Fact]
    public void Of_MoreArrivalsThanAreKept_IsNotKnownAndTheLastIs()
    {
        for (var i = 1; i <= 1000; i++)
            Note("data: a\n\n", i);
        Assert.Equal((8, 0, 1000), (_arrivals.Of(72), _arrivals.Of(73), _arrivals.LastAt));
    }

    [Theory]
    [InlineData(": keep-alive\n\n")]
    [InlineData(":\r\n\r\n")]
    [InlineData("\n")]
    [InlineData(": a\n: b\n\n")]
    public void Comments_ahead_of_the_data_take_no_place(string comment)
    {
        for (var i = 1; i <= 100; i++)
            Note(comment, i);
        Note("data: a\n\n", 500);
        var end = (comment.Length * 100) + 9;
        Assert.Equal((500, 500), (_arrivals.Of(end), _arrivals.Of(1)));
    }

    [Fact]
    public void Comment_in_pieces_is_one()
    {
        Note(": keep", 1);
        Note("-alive", 2);
        Note("\n", 3);
        Note("\nd", 4);
        Note("ata: a\n\n", 5);
        Assert.Equal((4, 5), (_arrivals.Of(15), _arrivals.Of(16)));
    }

    [Theory]
    [InlineData("data: [DONE]\n\n", true)]
    [InlineData("data: [DONE]\n", true)]
    [InlineData("data:[DONE]\r\n\r\n", true)]
    [InlineData("data: [DONE]\r\n\r\n", true)]
    [InlineData("data: [DONE]\r\r", true)]
    [InlineData("data: [DONE]", false)] // the line is not at its end
    [InlineData("data: x\n\n", false)]
    [InlineData("data: \"data: [DONE]\"\n\n", false)]
    [InlineData("", false)]
    public void IsDone_OnlyBehindTheMark(string end, bool isDone)
    {
        Note("data: {\"choices\":[]}\n\n", 1);
        if (end.Length > 0)
            Note(end, 2);
        Assert.Equal(isDone, _arrivals.IsDone);
        _arrivals.Clear();
        foreach (var symbol in end)
            Note(symbol.ToString(), 3);
        Assert.Equal(isDone, _arrivals.IsDone);
    }

    [Fact]
    public void Clear_AfterAnything_IsBlank()
    {
        Note(": a", 1);
        Note("\ndata: [DONE]\n\n", 2);
        _arrivals.Clear();
        Assert.Equal((0, 0, false), (_arrivals.LastAt, _arrivals.Of(1), _arrivals.IsDone));
        Note(": still a comment\n", 7);
        Assert.Equal(0, _arrivals.Of(1));
    }

    private void Note(string text, long at) => _arrivals.Note(Encoding.ASCII.GetBytes(text), at);
}
