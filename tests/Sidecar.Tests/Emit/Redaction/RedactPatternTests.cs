using Sidecar.Emit.Redaction;

namespace Sidecar.Tests.Emit.Redaction;

/// <summary>What each pattern finds in a text and, as important, what it leaves.</summary>
public sealed class RedactPatternTests
{
    private const string Jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

    [Theory]
    [InlineData("bob@example.com", "***")]
    [InlineData("mail bob+tag@mail.example.co.uk, now", "mail ***, now")]
    [InlineData("email=bob@example.com&x=1", "email=***&x=1")]
    [InlineData("'bob@example.com'", "'***'")]
    [InlineData("o'brien@example.ie.", "***.")]
    [InlineData("jürgen@münchen.de", "***")]
    [InlineData("用户@例子.广告", "***")]
    [InlineData("用户@例子。广告", "***")]
    [InlineData("user@xn--mnchen-3ya.xn--p1ai", "***")]
    [InlineData("<a@b.io> and <c@d.io>", "<***> and <***>")]
    [InlineData("bob%40example.com", "***")]
    [InlineData("bob%2540example.com", "***")]
    [InlineData("bob%2Btag%40example%2Ecom", "***")]
    [InlineData(@"{""m"":""bob\u0040example.com""}", @"{""m"":""***""}")]
    [InlineData(@"a\nbob@example.com", "a***")] // half an escape is not left behind
    [InlineData("bob＠example.com", "***")] // wide form
    [InlineData("bo\u200Bb@exam\u00ADple.com", "***")] // no width
    [InlineData("\"bob smith\"@example.com", "***")]
    [InlineData("root@[10.0.0.1]", "***")]
    public void Email_IsMasked(string text, string expected) => Masked(RedactionKind.Email, text, expected);

    [Theory]
    [InlineData("npm@10.2.3")]
    [InlineData("user@localhost")]
    [InlineData("@example.com")]
    [InlineData("a @ b.com")]
    [InlineData("@@@@")]
    [InlineData("sha256@")]
    [InlineData("")]
    public void NoEmail_Stays(string text) => Stays(RedactionKind.Email, text);

    [Theory]
    [InlineData("4111111111111111", "***")]
    [InlineData("4111 1111 1111 1111", "***")]
    [InlineData("4111-1111-1111-1111.", "***.")]
    [InlineData("4111\u00A01111\u20111111 1111", "***")]
    [InlineData("4111.1111.1111.1111", "***")]
    [InlineData("4111+1111+1111+1111", "***")]
    [InlineData("4111%201111%201111%201111", "***")]
    [InlineData(@"4111\u00201111 1111 \u0031111", "***")]
    [InlineData("3782 822463 10005", "***")] // American Express
    [InlineData("30569309025904", "***")] // Diners Club
    [InlineData("4222222222222", "***")] // 13
    [InlineData("6304000000000000000", "***")] // 19
    [InlineData("card4111111111111111!", "card***!")]
    [InlineData("order 12 4111 1111 1111 1111 until 12", "order 12 *** until 12")] // whole groups that fit
    [InlineData("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "***")]
    [InlineData("٤١١١١١١١١١١١١١١١", "***")]
    [InlineData("４１１１１１１１１１１１１１１１", "***")]
    [InlineData("4111111111111111.00", "***.00")]
    public void Card_IsMasked(string text, string expected) => Masked(RedactionKind.CardNumber, text, expected);

    [Theory]
    [InlineData("4111111111111112")] // check digit
    [InlineData("4111 1111 1111 1121")]
    [InlineData("41111111111111111111111")] // inside of a longer run
    [InlineData("941111111111111111111")]
    [InlineData("411111111111")]
    [InlineData("0.4111111111111111")]
    [InlineData("3.4111111111111111")]
    [InlineData("0000000000000000")]
    [InlineData("1764300000002")] // milliseconds; fits Luhn or not
    [InlineData("1700000000000000003")]
    [InlineData("550e8400-e29b-41d4-a716-446655440000")]
    [InlineData("4bf92f3577b34da6a3ce929d0e0e4736")]
    [InlineData("4111a1111b1111c1111")]
    [InlineData("2024-01-15 10:20:30")]
    public void NoCard_Stays(string text) => Stays(RedactionKind.CardNumber, text);

    [Fact]
    public void Uuids_AreNeitherCardsNorPhones()
    {
        var random = new Random(5);
        var redactor = Redacted.AllowAll();
        var bytes = new byte[16];
        for (var i = 0; i < 5000; i++)
        {
            random.NextBytes(bytes);
            var text = $"id {new Guid(bytes)} trace {Convert.ToHexStringLower(bytes)}.";
            Assert.Equal(text, redactor.Text(text));
        }
    }

    [Theory]
    [InlineData("DE89370400440532013000", "***")]
    [InlineData("DE89 3704 0044 0532 0130 00", "***")]
    [InlineData("de89370400440532013000", "***")]
    [InlineData("GB29 NWBK 6016 1331 9268 19, please", "***, please")]
    [InlineData("GB29-NWBK-6016-1331-9268-19", "***")]
    [InlineData("FR14 2004 1010 0505 0001 3M02 606", "***")]
    [InlineData("NL91ABNA0417164300", "***")]
    [InlineData("NO93 8601 1117 947", "***")]
    [InlineData("MT84MALT011000012345MTLCAST001S", "***")]
    [InlineData("CH93 0076 2011 6238 5295 7", "***")]
    [InlineData("PL61 1090 1014 0000 0712 1981 2874", "***")]
    [InlineData("SA03 8000 0000 6080 1016 7519", "***")]
    [InlineData("BR18 0036 0305 0000 1000 9795 493C 1", "***")]
    [InlineData("iban:DE89370400440532013000;", "iban:***;")]
    [InlineData("IBANDE89370400440532013000", "IBAN***")]
    [InlineData("DE89%203704%200044%200532%200130%2000", "***")]
    public void Iban_IsMasked(string text, string expected) => Masked(RedactionKind.Iban, text, expected);

    [Theory]
    [InlineData("DE88370400440532013000")] // check digits
    [InlineData("DE8937040044053201300")] // length
    [InlineData("DE893704004405320130000")]
    [InlineData("ZZ89370400440532013000")] // country
    [InlineData("xDE89370400440532013000")]
    [InlineData("DE")]
    public void NoIban_Stays(string text) => Stays(RedactionKind.Iban, text);

    [Theory]
    [InlineData("+4930123456", "***")]
    [InlineData("call +49 (0)30 123456-78 now", "call *** now")]
    [InlineData("+1 (212) 555-1234", "***")]
    [InlineData("+1.212.555.1234", "***")]
    [InlineData("0049 30 123456", "***")]
    [InlineData("212-555-1234", "***")]
    [InlineData("(212) 555-1234.", "***.")]
    [InlineData("212.555.1234", "***")]
    [InlineData("1-800-555-1234", "***")]
    [InlineData("0171 1234567", "***")]
    [InlineData("0171/123 45 67", "***")]
    [InlineData("020 7946 0958", "***")]
    [InlineData("01 23 45 67 89", "***")]
    [InlineData("01.23.45.67.89", "***")]
    [InlineData("612 345 678", "***")]
    [InlineData("98765 43210", "***")]
    [InlineData("%2B4930123456", "***")]
    [InlineData("tel:+4930123456;x", "tel:***;x")]
    [InlineData("4711,0171 1234567,x", "4711,***,x")]
    [InlineData("电话0171 1234567。2024", "电话***。2024")]
    [InlineData("+12125551234.2024", "***.2024")]
    [InlineData("+49 30 12345678-2024-01-15", "***-2024-01-15")] // 15 digits at most
    public void Phone_IsMasked(string text, string expected) => Masked(RedactionKind.Phone, text, expected);

    [Theory]
    [InlineData("2024-01-15T10:20:30.123456+01:00")]
    [InlineData("2024-01-15 10:20:30.123456789")]
    [InlineData("2024-01-15T10:20:30+0100")]
    [InlineData("20240115102030")]
    [InlineData("09.05.2024 10:20:30")]
    [InlineData("01-02-2024 10:20")]
    [InlineData("1700000000")]
    [InlineData("1700000000123")]
    [InlineData("0.1234567890123")]
    [InlineData("-0.000123456789")]
    [InlineData("+1.23456789")]
    [InlineData("1.2345678e+10")]
    [InlineData("3.14159265358979 2.71828182845905")]
    [InlineData("550e8400-e29b-41d4-a716-446655440000")]
    [InlineData("612 345 678 901")]
    [InlineData("123 456 789")]
    [InlineData("0123456789")] // no separators
    [InlineData("192.168.100.200")]
    [InlineData("10.0.19041.1234")]
    [InlineData("[1,224,224,3]")]
    [InlineData("1 224 224 3")]
    public void NoPhone_Stays(string text) => Stays(RedactionKind.Phone, text);

    [Theory]
    [InlineData("10.1.2.3", "***")]
    [InlineData("connect to 192.168.1.10:8001: refused", "connect to ***:8001: refused")]
    [InlineData("http://10.0.0.1/v2", "http://***/v2")]
    [InlineData("host_255.255.255.255.", "host_***.")]
    [InlineData("10%2E1%2E2%2E3", "***")]
    public void Ipv4_IsMasked(string text, string expected) => Masked(RedactionKind.Ipv4, text, expected);

    [Theory]
    [InlineData("256.1.1.1")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("v1.2.3.4")]
    [InlineData("1.2.3.4567")]
    public void NoIpv4_Stays(string text) => Stays(RedactionKind.Ipv4, text);

    [Theory]
    [InlineData("2001:db8::1", "***")]
    [InlineData("[2001:db8::1]:8080", "[***]:8080")]
    [InlineData("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "***")]
    [InlineData("from fe80::1%eth0", "from ***%eth0")]
    [InlineData("addr:2001:db8::1:", "addr:***:")]
    [InlineData("::1", "***")]
    [InlineData("::ffff:10.0.0.1", "***")]
    [InlineData("%5B2001%3Adb8%3A%3A1%5D", "%5B***%5D")]
    public void Ipv6_IsMasked(string text, string expected) => Masked(RedactionKind.Ipv6, text, expected);

    [Theory]
    [InlineData("10:20:30")]
    [InlineData("std::vector")]
    [InlineData("a::b")]
    [InlineData("::")]
    [InlineData("00:1a:2b:3c:4d:5e")]
    [InlineData("1:2:3:4:5:6:7")]
    public void NoIpv6_Stays(string text) => Stays(RedactionKind.Ipv6, text);

    [Theory]
    [InlineData(Jwt, "***")]
    [InlineData("token=" + Jwt + "&x", "token=***&x")]
    [InlineData("Authorization: Bearer abc123def456", "Authorization: Bearer ***")]
    [InlineData("bearer%20abc123def456", "bearer%20***")]
    [InlineData("Basic dXNlcjpwYXNz", "Basic ***")]
    [InlineData("redis://user:hunter2@cache:6379/0", "redis://***@cache:6379/0")]
    public void Token_IsMasked(string text, string expected) => Masked(RedactionKind.Token, text, expected);

    [Theory]
    [InlineData("the bearer of good news")]
    [InlineData("bearer authentication required")]
    [InlineData("Basic validation")]
    [InlineData("eyJshort")]
    [InlineData("http://host/a@b")]
    public void NoToken_Stays(string text) => Stays(RedactionKind.Token, text);

    [Theory]
    [InlineData("key AKIAIOSFODNN7EXAMPLE!", "key ***!")]
    [InlineData("ghp_0123456789abcdefghijABCDEFGHIJ012345", "***")]
    [InlineData("sk-proj-0123456789abcdefghij", "***")]
    public void AccessKey_IsMasked(string text, string expected) => Masked(RedactionKind.AccessKey, text, expected);

    [Theory]
    [InlineData("AKIA")]
    [InlineData("sk-learn")]
    [InlineData("task-0123456789abcdefghij")]
    public void NoAccessKey_Stays(string text) => Stays(RedactionKind.AccessKey, text);

    private static void Masked(RedactionKind kind, string text, string expected)
    {
        var redactor = Redacted.With(kind);
        Assert.Equal(expected, redactor.Text(text));
        Assert.True(redactor.Count(kind, RedactionAction.Mask) > 0);
    }

    private static void Stays(RedactionKind kind, string text)
    {
        var redactor = Redacted.With(kind);
        Assert.Equal(text, redactor.Text(text));
        Assert.Equal(0, redactor.Count(kind, RedactionAction.Mask));
    }
}
