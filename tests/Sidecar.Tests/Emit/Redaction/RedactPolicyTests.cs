using System.Text;
using System.Text.Json;
using Sidecar.Emit.Redaction;

namespace Sidecar.Tests.Emit.Redaction;

/// <summary>Policies: what can be said in them, and that they don't give their key away.</summary>
public sealed class RedactPolicyTests
{
    [Fact]
    public void Key_IsInNothingThatPrintsThePolicy()
    {
        var policy = new RedactionPolicy([RedactionRule.Of(RedactionKind.Email, RedactionAction.Hmac)], [Redacted.Path("$")], Redacted.Key);
        var key = Encoding.ASCII.GetString(Redacted.Key);
        foreach (var text in (string[])[policy.ToString(), policy.Rules[0].ToString(), new Redactor(policy).ToString()!, JsonSerializer.Serialize(policy)])
        {
            Assert.DoesNotContain(key, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(Redacted.Key), text, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToHexString(Redacted.Key), text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    public void TokensWithoutAKey_AreRefused(int length) => Assert.Throws<ArgumentException>(
        () => new RedactionPolicy([RedactionRule.Of(RedactionKind.Email, RedactionAction.Hmac)], [], new byte[length]));

    [Fact]
    public void KeyIsCopied()
    {
        var key = (byte[])Redacted.Key.Clone();
        var redactor = new Redactor(new RedactionPolicy([RedactionRule.Of(RedactionKind.Email, RedactionAction.Hmac)], [], key));
        var before = redactor.Text("bob@example.com");
        Array.Clear(key);
        Assert.Equal(before, redactor.Text("bob@example.com"));
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("$.")]
    [InlineData("$..a")]
    [InlineData("$[?(@.a)]")]
    [InlineData("/a~2")]
    [InlineData("$.a as FP32")]
    public void PathThatIsNotUnderstood_IsRefused(string path)
    {
        Assert.False(RedactionTarget.TryOfPath(path, out var target, out var problem));
        Assert.Null(target);
        Assert.NotNull(problem);
    }

    [Fact]
    public void PatternsHaveNames()
    {
        Assert.Equal(RedactionPolicy.AllPatterns(RedactionAction.Mask).Count(), RedactionPatterns.Names.Count);
        Assert.All(RedactionPatterns.Names, name => Assert.True(RedactionPatterns.TryParse(name, out var kind) && kind.IsPattern()));
        Assert.False(RedactionPatterns.TryParse("Email", out _));
        Assert.Throws<ArgumentException>(() => RedactionRule.Of(RedactionKind.NotUtf8, RedactionAction.Drop));
    }

    [Fact]
    public void Classification_SaysWhatIsInside()
    {
        var policy = RedactionPolicy.DenyAll;
        Assert.Equal("public-aggregate", policy.ClassificationOf(null));
        Assert.Equal("public-aggregate", policy.ClassificationOf(RedactionResult.Dropped));
        Assert.Equal("redacted", policy.ClassificationOf(RedactionResult.Redacted));
        Assert.Equal("captured", policy.ClassificationOf(RedactionResult.Unchanged));
        var named = new RedactionPolicy([], [], default, "internal");
        Assert.Equal("public-aggregate", named.ClassificationOf(null));
        Assert.Equal("internal", named.ClassificationOf(RedactionResult.Unchanged));
    }
}
