using System.Text;
using CsCheck;
using Sidecar.Model;
using Sidecar.Testing;

namespace Sidecar.Tests.Model;

public class TraceContextTests
{
    private const string Valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    [Theory]
    [InlineData(Valid, true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff", true)]
    [InlineData("fe-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-later", true)]
    public void Ids_and_flag_are_read(string text, bool sampled)
    {
        var trace = TraceContext.Parse(Encoding.ASCII.GetBytes(text));
        Assert.Equal(new TraceContext(0x4bf92f3577b34da6, 0xa3ce929d0e0e4736, 0x00f067aa0ba902b7, sampled), trace);
        Assert.True(trace.Exists);
        var context = trace.ToActivityContext();
        Assert.Equal(("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"), (context.TraceId.ToHexString(), context.SpanId.ToHexString()));
        Assert.True(context.IsRemote);
    }

    // An id with zeros in one half only is a good one.
    [Theory]
    [InlineData("00-0000000000000000a3ce929d0e0e4736-00f067aa0ba902b7-01", true)]
    [InlineData("00-4bf92f3577b34da60000000000000000-00f067aa0ba902b7-01", true)]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false)]
    public void Ids_of_zeros_are_none(string text, bool exists) => Assert.Equal(exists, TraceContext.Parse(Encoding.ASCII.GetBytes(text)).Exists);

    [Fact]
    public void Every_other_byte_at_every_place_is_invalid_or_read_as_it_stands()
    {
        var good = Encoding.ASCII.GetBytes(Valid);
        for (var at = 0; at < good.Length; at++)
        {
            for (var value = 0; value < 256; value++)
            {
                var bytes = good.ToArray();
                bytes[at] = (byte)value;
                var dash = at is 2 or 35 or 52;
                var valid = dash ? value == '-' : value is >= '0' and <= '9' or >= 'a' and <= 'f';
                var trace = TraceContext.Parse(bytes);
                Assert.True(valid == trace.Exists, $"{value} at {at}");
                if (valid && !dash && at >= 3)
                    Assert.Equal(Encoding.ASCII.GetString(bytes)[3..52], $"{trace.High:x16}{trace.Low:x16}-{trace.Parent:x16}");
            }
        }
    }

    [Fact]
    public void Any_length_of_any_bytes_is_read_without_harm() => Gen.Byte.Array[0, 300].Sample(
        bytes => !TraceContext.Parse(bytes).Exists || bytes.Length >= 55, iter: 20_000);

    [Fact]
    public void Each_shorter_and_longer_one_is_none()
    {
        var longer = Encoding.ASCII.GetBytes(Valid + new string('0', 10_000));
        for (var length = 0; length < longer.Length; length++)
            Assert.Equal(length == Valid.Length, TraceContext.Parse(longer.AsSpan(0, length)).Exists);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        byte[][] values =
        [
            Encoding.ASCII.GetBytes(Valid), Encoding.ASCII.GetBytes(Valid + "-x"), [], new byte[55], [.. Enumerable.Repeat((byte)0xff, 8192)],
            Encoding.ASCII.GetBytes(Valid.ToUpperInvariant()), Encoding.ASCII.GetBytes("01" + Valid[2..] + "-more"),
        ];
        var sampled = 0;
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                foreach (var value in values)
                    sampled += TraceContext.Parse(value).IsSampled ? 1 : 0;
            }
        }));
        Assert.Equal(3 * 2 * 1000, sampled);
    }
}
