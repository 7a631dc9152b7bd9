using System.Text;
using System.Text.Json.Nodes;
using Sidecar.Emit.Kafka;

namespace Sidecar.Tests.Emit.Kafka;

public sealed class PayloadLimitTests
{
    [Fact]
    public void Largest_members_go_and_are_named()
    {
        var cut = Cut($$"""{"a":1,"large":"{{new string('x', 1000)}}","b":[2],"larger":"{{new string('y', 2000)}}"}""", 500);
        Assert.Equal("""{"a":1,"b":[2],"truncated":["larger","large"]}""", cut);
    }

    [Fact]
    public void Only_as_many_members_go_as_must()
    {
        var cut = Cut($$"""{"large":"{{new string('x', 1000)}}","larger":"{{new string('y', 2000)}}"}""", 2000);
        Assert.Equal($$"""{"large":"{{new string('x', 1000)}}","truncated":["larger"]}""", cut);
    }

    [Fact]
    public void Sizes_are_of_bytes_and_not_of_characters()
    {
        // 1,000 characters of three bytes: without them it fits, with only the characters counted the small ones would go too.
        var cut = Cut($$"""{"large":"{{new string('€', 1000)}}","small":"{{new string('x', 300)}}"}""", 600);
        Assert.Equal($$"""{"small":"{{new string('x', 300)}}","truncated":["large"]}""", cut);
    }

    [Fact]
    public void A_list_from_before_is_not_there_twice()
    {
        var cut = Cut($$"""{"truncated":["z"],"large":"{{new string('x', 1000)}}"}""", 500);
        Assert.Equal("""{"truncated":["large"]}""", cut);
    }

    [Theory]
    [InlineData("[1,2,3]")]
    [InlineData("\"text\"")]
    [InlineData("{\"a\":")]
    [InlineData("no JSON")]
    public void What_is_no_object_is_left_out_altogether(string payload) => Assert.Equal("", Cut(payload + new string(' ', 1000), 100));

    [Fact]
    public void Names_alone_that_are_too_long_leave_nothing() => Assert.Equal("", Cut($$"""{"{{new string('n', 1000)}}":1}""", 200));

    [Fact]
    public void Result_is_an_object_within_the_limit_or_nothing_and_keeps_what_it_keeps()
    {
        var random = new Random(11);
        for (var i = 0; i < 300; i++)
        {
            var data = new JsonObject();
            for (var member = random.Next(1, 20); member > 0; member--)
                data[$"m{member}{new string('é', random.Next(30))}"] = new string(random.Next(2) == 0 ? 'ü' : 'x', random.Next(300));
            var payload = Encoding.UTF8.GetBytes(data.ToJsonString());
            var limit = random.Next(50, payload.Length);
            var cut = PayloadLimit.Cut(payload, limit);
            if (cut.IsEmpty)
                continue;
            Assert.InRange(cut.Length, 1, limit);
            var left = JsonNode.Parse(cut.Span)!.AsObject();
            var names = left["truncated"]!.AsArray().Select(name => (string)name!).ToHashSet();
            Assert.Equal(data.Select(member => member.Key).Where(name => !names.Contains(name)), left.Select(member => member.Key).Where(name => name != "truncated"));
            Assert.All(left.Where(member => member.Key != "truncated"), member => Assert.Equal((string)data[member.Key]!, (string)member.Value!));
        }
    }

    private static string Cut(string payload, int limit) => Encoding.UTF8.GetString(PayloadLimit.Cut(Encoding.UTF8.GetBytes(payload), limit).Span);
}
