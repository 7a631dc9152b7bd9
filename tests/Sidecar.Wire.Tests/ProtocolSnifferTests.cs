using System.Text;

namespace Sidecar.Wire.Tests;

public class ProtocolSnifferTests
{
    [Theory]
    [InlineData("", WireProtocol.Undecided)]
    [InlineData("G", WireProtocol.Undecided)]
    [InlineData("GET", WireProtocol.Undecided)]
    [InlineData("GET ", WireProtocol.Http1)]
    [InlineData("\r\n", WireProtocol.Undecided)]
    [InlineData("\r\nPOST /", WireProtocol.Http1)]
    [InlineData("M-SEARCH *", WireProtocol.Http1)]
    [InlineData("PRI ", WireProtocol.Undecided)]
    [InlineData("PRI * HTTP/2.0\r", WireProtocol.Undecided)]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", WireProtocol.Http2)]
    [InlineData("PRI * HTTP/1.1", WireProtocol.Http1)]
    [InlineData("\x16", WireProtocol.Undecided)]
    [InlineData("\x16\x03\x01\x02", WireProtocol.Tls)]
    [InlineData("\x16\x04", WireProtocol.Unknown)]
    [InlineData(" GET /", WireProtocol.Unknown)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", WireProtocol.Unknown)]
    [InlineData("*1\r\n$4\r\nPING\r\n", WireProtocol.Unknown)]
    [InlineData("\0\0\0\x08\x04", WireProtocol.Unknown)]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaa", WireProtocol.Unknown)]
    [InlineData("\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", WireProtocol.Unknown)]
    public void Sniff_FirstBytes_NamesTheProtocol(string bytes, WireProtocol expected) =>
        Assert.Equal(expected, ProtocolSniffer.Sniff(Encoding.Latin1.GetBytes(bytes)));

    [Fact]
    public void Sniff_AnyBytes_DecidesWithin24AndKeepsTheDecision()
    {
        var random = new Random(7);
        string[] starts = ["", "GET ", "PRI * HTTP/2.0\r\n\r\nSM", "PRI * HTTP/2", "\r\n\r\n", "\x16\x03", "\x16", "OPTIONS"];
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[40];
            random.NextBytes(bytes);
            Encoding.Latin1.GetBytes(starts[i % starts.Length]).CopyTo(bytes, 0);
            var decided = WireProtocol.Undecided;
            for (var length = 0; length <= bytes.Length; length++)
            {
                var now = ProtocolSniffer.Sniff(bytes.AsSpan(0, length));
                Assert.True(decided == WireProtocol.Undecided || now == decided, $"{decided} became {now} at {length}");
                Assert.True(now != WireProtocol.Undecided || length < ProtocolSniffer.MaxBytes);
                decided = now;
            }
        }
    }
}
