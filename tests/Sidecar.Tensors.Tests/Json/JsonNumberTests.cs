using System.Globalization;
using System.Text;
using CsCheck;
using Sidecar.Tensors.Json;

namespace Sidecar.Tensors.Tests.Json;

public class JsonNumberTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("-0.0")]
    [InlineData("1e22")]
    [InlineData("1e23")]
    [InlineData("9007199254740992")]
    [InlineData("9007199254740993")]
    [InlineData("9007199254740993e22")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("0.000000000000000000000000000001234567890123456789")]
    [InlineData("0.00000000000000000000000000000123456789012345678901234567")]
    [InlineData("2.2250738585072011e-308")]
    [InlineData("4.9406564584124654e-324")]
    [InlineData("1.7976931348623157e308")]
    [InlineData("1.7976931348623159e308")]
    [InlineData("1e999999999999999999999")]
    [InlineData("-1e999999999999999999999")]
    [InlineData("1e-999999999999999999999")]
    [InlineData("0e999999999999999999999")]
    [InlineData("123456789012345678901234567890e999999999999")]
    [InlineData("123456789012345678901234567890e-999999999999")]
    [InlineData("0.500000000000000166533453693773481063544750213623046875")]
    public void ToDouble_HardCases_EqualTheBaseLibrary(string text)
    {
        var expected = double.Parse(text, CultureInfo.InvariantCulture);
        Assert.Equal(BitConverter.DoubleToInt64Bits(expected), BitConverter.DoubleToInt64Bits(Read(text).ToDouble()));
    }

    [Fact]
    public void ToDouble_OneFollowedByManyZeros_IsInfinite()
    {
        Assert.Equal(double.PositiveInfinity, Read("1" + new string('0', 100_000)).ToDouble());
        Assert.Equal(1.0, Read("1" + new string('0', 100_000) + "e-100000").ToDouble());
        Assert.Equal(1.0, Read("0." + new string('0', 100_000) + "1e100001").ToDouble());
    }

    [Fact]
    public void ToDouble_AnyDoubleInAnyFormat_IsNearest()
    {
        string[] formats = ["R", "E16", "E7", "F5", "E30"];
        Gen.Select(Gen.Double, Gen.Int[0, formats.Length - 1])
            .Where((value, _) => double.IsFinite(value))
            .Sample((value, format) =>
            {
                var text = value.ToString(formats[format], CultureInfo.InvariantCulture);
                return BitConverter.DoubleToInt64Bits(Read(text).ToDouble())
                    == BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture));
            }, iter: 20_000, seed: "0N0XIzNsQ0O2");
    }

    [Fact]
    public void EiselLemire_AnyMantissaAndExponent_IsNearestOrDeclines()
    {
        var random = new Random(20260103);
        var declined = 0;
        for (var round = 0; round < 200_000; round++)
        {
            // All sizes of mantissa, and among them those near a tie of two doubles: a 53-bit number, a one after it, and noise at the far end.
            var mantissa = (ulong)random.NextInt64() >> random.Next(63);
            if (round % 3 == 0)
                mantissa = (((ulong)random.NextInt64(1L << 52, 1L << 53) << 1) | 1) << random.Next(10);
            mantissa = round % 9 == 0 ? mantissa + (ulong)random.Next(2) : mantissa;
            var exponent = round % 2 == 0 ? random.Next(-5, 24) : random.Next(-60, 61);
            if (!EiselLemire.TryToDouble(mantissa, exponent, out var value))
            {
                declined++;
                continue;
            }

            var expected = double.Parse($"{mantissa}e{exponent}", CultureInfo.InvariantCulture);
            Assert.True(BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(value), $"{mantissa}e{exponent}");
        }

        Assert.InRange(declined, 1, 20_000);
    }

    [Fact]
    public void TryToInteger_AnyIntegerInAnyNotation_IsExact()
    {
        Gen.Select(Gen.ULong, Gen.Bool, Gen.Int[0, 25], Gen.Bool).Sample((magnitude, negative, point, pad) =>
        {
            var digits = magnitude.ToString(CultureInfo.InvariantCulture) + (pad ? new string('0', point) : "");
            var shift = pad ? point : 0;
            var at = Math.Clamp(digits.Length - point, 1, digits.Length);
            var text = at == digits.Length ? digits : $"{digits[..at]}.{digits[at..]}";
            var exponent = digits.Length - at - shift;
            var number = Read((negative ? "-" : "") + text + (exponent == 0 ? "" : $"e{exponent}"));
            return number.TryToInteger(out var sign, out var value) && value == magnitude && sign == negative;
        }, iter: 20_000, seed: "0N0XIzNsQ0O2");
    }

    [Theory]
    [InlineData("18446744073709551616")]
    [InlineData("1e20")]
    [InlineData("0.1")]
    [InlineData("18446744073709551615.5")]
    [InlineData("1e-1000000000000")]
    [InlineData("184467440737095516150e-2")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    public void TryToInteger_NotAnIntegerBelowTwoToThe64_IsFalse(string text) => Assert.False(Read(text).TryToInteger(out _, out _));

    private static JsonNumber Read(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.Equal(DecodeError.None, JsonNumber.Read(bytes, 0, out var number, out var end));
        Assert.Equal(bytes.Length, end);
        return number;
    }
}
