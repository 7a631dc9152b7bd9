using System.Text;
using System.Text.Json;

namespace Sidecar.Wire.Tests;

public class HpackTests
{
    private readonly HpackDecoder _decoder = new(64 * 1024);
    private readonly HeaderBlock _block = new();

    [Theory]
    // RFC 7541 appendix C.2: one field in each representation.
    [InlineData("400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header")]
    [InlineData("040c2f73616d706c652f70617468", ":path: /sample/path")]
    [InlineData("100870617373776f726406736563726574", "password: secret")]
    [InlineData("82", ":method: GET")]
    public void Representations_of_the_standards_examples_are_decoded(string block, string field) => Assert.Equal([field], Decode(block));

    [Fact]
    public void Requests_of_the_standards_examples_are_decoded()
    {
        // Appendix C.3, and the same with Huffman's code, C.4.
        foreach (var blocks in new[]
                 {
                     new[] { "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565" },
                     ["828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf"],
                 })
        {
            _decoder.Reset();
            Assert.Equal([":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"], Decode(blocks[0]));
            Assert.Equal([":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com", "cache-control: no-cache"], Decode(blocks[1]));
            Assert.Equal([":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"], Decode(blocks[2]));
        }
    }

    [Fact]
    public void Responses_of_the_standards_examples_are_decoded_with_eviction()
    {
        // Appendix C.5 and C.6, whose table holds 256 octets: said here by a size update (3f e1 01), there by the settings.
        const string Date1 = "date: Mon, 21 Oct 2013 20:13:21 GMT";
        const string Date2 = "date: Mon, 21 Oct 2013 20:13:22 GMT";
        const string Location = "location: https://www.example.com";
        foreach (var blocks in new[]
                 {
                     new[]
                     {
                         "3fe1014803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d",
                         "4803333037c1c0bf",
                         "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
                     },
                     [
                         "3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
                         "4883640effc1c0bf",
                         "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
                     ],
                 })
        {
            _decoder.Reset();
            Assert.Equal([":status: 302", "cache-control: private", Date1, Location], Decode(blocks[0]));
            Assert.Equal([":status: 307", "cache-control: private", Date1, Location], Decode(blocks[1]));
            Assert.Equal(
                [":status: 200", "cache-control: private", Date2, Location, "content-encoding: gzip", "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"],
                Decode(blocks[2]));
        }
    }

    [Fact]
    public void Blocks_of_another_encoder_are_decoded()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "hpack", "blocks.json")));
        var blocks = 0;
        foreach (var connection in document.RootElement.EnumerateArray())
        {
            _decoder.Reset();
            foreach (var block in connection.EnumerateArray())
            {
                var expected = block.GetProperty("fields").EnumerateArray()
                    .Select(field => Latin1(field[0].GetString()!) + ": " + Latin1(field[1].GetString()!));
                Assert.Equal(expected, Decode(block.GetProperty("block").GetString()!));
                blocks++;
            }
        }

        Assert.Equal(240, blocks);

        static string Latin1(string hex) => Encoding.Latin1.GetString(Convert.FromHexString(hex));
    }

    [Theory]
    [InlineData("80")] // index 0 (§6.1)
    [InlineData("be")] // an entry that isn't in the table (§2.3.3)
    [InlineData("7f")] // an integer without its end
    [InlineData("ffffffffffff7f")] // an integer over every bound (§5.1)
    [InlineData("4003616263")] // a literal without its value
    [InlineData("0084ffffffff00")] // end-of-string within a string (§5.2)
    [InlineData("0081fe00")] // padding of zeros
    [InlineData("0082ffff00")] // padding of more than seven bits
    [InlineData("8220")] // a size update after a field (§4.2)
    [InlineData("3fe1ff07")] // a table over the bound
    public void Blocks_that_break_the_format_are_refused(string block)
    {
        _block.Clear(65536);
        Assert.False(_decoder.TryDecode(Convert.FromHexString(block), _block));
    }

    [Fact]
    public void Fields_over_the_bound_are_left_out_and_the_table_stays_right()
    {
        _block.Clear(40);
        Assert.True(_decoder.TryDecode(Convert.FromHexString("400a637573746f6d2d6b65790d637573746f6d2d686561646572" + "82"), _block));
        Assert.True(_block.Overflowed);
        Assert.Equal(["custom-key: custom-header"], Decode("be"));
    }

    [Fact]
    public void Random_blocks_are_refused_or_decoded_within_bounds()
    {
        var random = new Random(7541);
        for (var i = 0; i < 100_000; i++)
        {
            var block = new byte[random.Next(1, 40)];
            random.NextBytes(block);
            _block.Clear(1000);
            if (!_decoder.TryDecode(block, _block))
                _decoder.Reset();
            Assert.InRange(_block.Bytes.Length, 0, 1000);
        }
    }

    private string[] Decode(string hex)
    {
        _block.Clear(65536);
        Assert.True(_decoder.TryDecode(Convert.FromHexString(hex), _block), hex);
        var lines = new List<string>();
        var fields = new HeaderFields(_block.Bytes);
        while (fields.Next(out var name, out var value))
            lines.Add(Encoding.Latin1.GetString(name) + ": " + Encoding.Latin1.GetString(value));
        return [.. lines];
    }
}
