using System.Buffers;
using System.Text;
using Sidecar.Emit.Redaction;

namespace Sidecar.Tests.Emit.Redaction;

/// <summary>Texts and paths: what stands in place of a match, and texts that are broken, huge or made to be slow.</summary>
public sealed class RedactTextTests
{
    [Theory]
    [InlineData(RedactionAction.Drop, "to  now")]
    [InlineData(RedactionAction.Mask, "to *** now")]
    public void Action_DecidesWhatIsLeft(RedactionAction action, string expected)
    {
        var redactor = Redacted.With(RedactionKind.Email, action);
        Assert.Equal(expected, redactor.Text("to bob@example.com now"));
        Assert.Equal(1, redactor.Count(RedactionKind.Email, action));
    }

    [Fact]
    public void StrongestRuleOfAPatternWins()
    {
        var rules = new[] { RedactionAction.Hmac, RedactionAction.Drop, RedactionAction.Mask }.Select(action => RedactionRule.Of(RedactionKind.Email, action));
        Assert.Equal("", new Redactor(new RedactionPolicy(rules, [], Redacted.Key)).Text("bob@example.com"));
    }

    [Fact]
    public void OverlappingMatches_TakeTheStrongerAction()
    {
        var rules = new[] { RedactionRule.Of(RedactionKind.Email, RedactionAction.Hmac), RedactionRule.Of(RedactionKind.Ipv4, RedactionAction.Mask) };
        Assert.Equal("***", new Redactor(new RedactionPolicy(rules, [], Redacted.Key)).Text("root@[10.0.0.1]"));
    }

    [Theory]
    [InlineData(RedactionKind.Email, "bob@example.com", "Bob@Example.com", "bob%40example.com", @"bob\u0040example.com")]
    [InlineData(RedactionKind.CardNumber, "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "4111%201111%201111%201111")]
    [InlineData(RedactionKind.Iban, "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "de89370400440532013000", "DE89%203704004405320130%2000")]
    [InlineData(RedactionKind.Phone, "+4930123456", "+49 30 123456", "0049 30 123456", "%2B49%2030%20123456")]
    public void Token_IsTheSameHoweverTheValueIsWritten(RedactionKind kind, params string[] forms)
    {
        var redactor = Redacted.With(kind, RedactionAction.Hmac);
        var token = redactor.Text(forms[0]);
        Assert.Matches("^hmac:[0-9a-f]{32}$", token);
        Assert.All(forms, form => Assert.Equal(token, redactor.Text(form)));
        Assert.Equal(token, Redacted.With(kind, RedactionAction.Hmac).Text(forms[0]));
    }

    [Fact]
    public void Token_IsThatOfTheKey()
    {
        const string Address = "bob@example.com";
        var expected = System.Security.Cryptography.HMACSHA256.HashData(Redacted.Key, Encoding.UTF8.GetBytes(Address));
        Assert.Equal("hmac:" + Convert.ToHexStringLower(expected.AsSpan(0, 16)), Redacted.With(RedactionKind.Email, RedactionAction.Hmac).Text(Address));
        var other = new Redactor(new RedactionPolicy([RedactionRule.Of(RedactionKind.Email, RedactionAction.Hmac)], [], new byte[32]));
        Assert.NotEqual(Redacted.With(RedactionKind.Email, RedactionAction.Hmac).Text(Address), other.Text(Address));
    }

    [Fact]
    public void RandomBytes_BecomeUtf8AndNeverThrow()
    {
        var random = new Random(1);
        var redactor = Redacted.AllowAll();
        ReadOnlySpan<byte> alphabet = [.. "%\\u0049@.:+-()/ eyJaAzZ\"'"u8, 0xC3, 0xA9, 0xFF, 0xED, 0xA0, 0xEF, 0xBC, 0x00];
        for (var i = 0; i < 20_000; i++)
        {
            var text = random.GetItems(alphabet, random.Next(60));
            var to = new ArrayBufferWriter<byte>();
            redactor.RedactText(text, to);
            redactor.RedactJson(text, to);
            Assert.True(System.Text.Unicode.Utf8.IsValid(to.WrittenSpan));
        }
    }

    [Fact]
    public void BadUtf8_IsReplacedAndCounted()
    {
        var redactor = Redacted.AllowAll();
        var to = new ArrayBufferWriter<byte>();
        Assert.True(redactor.RedactText([.. "a"u8, 0xFF, .. "bob@example.com"u8], to));
        Assert.Equal("a\uFFFD***", Encoding.UTF8.GetString(to.WrittenSpan));
        Assert.Equal(1, redactor.Count(RedactionKind.NotUtf8, RedactionAction.Mask));
    }

    // Quadratic work would take an hour here; the patterns are hand-written scanners, so no engine vouches for them.
    [Theory]
    [InlineData("@")]
    [InlineData("a@")]
    [InlineData("a@b.")]
    [InlineData("\"@")]
    [InlineData("1")]
    [InlineData("4")]
    [InlineData("1-1-")]
    [InlineData("1 ")]
    [InlineData("0 1")]
    [InlineData("01.")]
    [InlineData("+1")]
    [InlineData("1.1.1.")]
    [InlineData("1:")]
    [InlineData("::")]
    [InlineData("eyJ")]
    [InlineData("eyJ.")]
    [InlineData("bearer")]
    [InlineData("bearer=")]
    [InlineData("bearer ")]
    [InlineData("://")]
    [InlineData("://a@")]
    [InlineData("sk-")]
    [InlineData("DE89")]
    [InlineData("DE ")]
    [InlineData("%25")]
    [InlineData("%40")]
    [InlineData("\\")]
    [InlineData("\\u0040")]
    [InlineData("deadbeef-")]
    [InlineData("00000000-")]
    [InlineData("a.")]
    [InlineData("\u200B")]
    public async Task MegabyteOfTheSame_IsDone(string unit)
    {
        var text = Encoding.UTF8.GetBytes(new StringBuilder().Insert(0, unit, (1 << 20) / unit.Length).ToString());
        var work = Task.Run(
            () =>
            {
                var to = new ArrayBufferWriter<byte>(text.Length);
                Redacted.AllowAll().RedactText(text, to);
                return to.WrittenCount;
            },
            TestContext.Current.CancellationToken);
        // Only tells done from never done.
        Assert.True(await work.WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken) >= 0);
    }

    [Fact]
    public async Task ManyThreads_ShareARedactor()
    {
        var redactor = Redacted.AllowAll();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            for (var k = 0; k < 500; k++)
            {
                Assert.Equal($"{i} *** {k}", redactor.Text($"{i} bob{k}@example.com {k}"));
                Assert.Equal($$"""{"a":["***",{{i}}]}""", redactor.Json($$"""{"a":["bob{{k}}@example.com",{{i}}]}"""));
            }
        })));
        Assert.Equal(8 * 500 * 2, redactor.Count(RedactionKind.Email, RedactionAction.Mask));
    }
}
