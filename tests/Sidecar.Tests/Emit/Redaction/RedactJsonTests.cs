using System.Text;
using Sidecar.Emit.Redaction;

namespace Sidecar.Tests.Emit.Redaction;

/// <summary>JSON bodies: nothing leaves that the allow list does not name, and nothing at all of a body that is broken.</summary>
public sealed class RedactJsonTests
{
    private const string Card = "4111111111111111";

    [Theory]
    [InlineData("""{"a":1,"b":"x"}""", "null")]
    [InlineData("[1,2]", "null")]
    [InlineData("1", "null")]
    public void WithoutAnAllowList_NothingLeaves(string json, string expected)
    {
        var redactor = new Redactor(RedactionPolicy.DenyAll);
        Assert.Equal(expected, redactor.Json(Encoding.UTF8.GetBytes(json), out var result));
        Assert.Equal(RedactionResult.Dropped, result);
        Assert.Equal(1, redactor.Count(RedactionKind.NotAllowed, RedactionAction.Drop));
    }

    [Theory]
    [InlineData("$.a", """{"a":1,"b":2}""", """{"a":1}""")]
    [InlineData("/a/b", """{"a":{"b":[1,{"c":"x"}],"d":2},"e":3}""", """{"a":{"b":[1,{"c":"x"}]}}""")] // what is below comes along
    [InlineData("$.a[*].b", """{"a":[{"b":1,"c":2},3,{"c":4}]}""", """{"a":[{"b":1},null,{}]}""")]
    [InlineData("$.a[1]", """{"a":[1,2,3]}""", """{"a":[null,2,null]}""")]
    [InlineData("/a/1", """{"a":{"1":2,"2":3}}""", """{"a":{"1":2}}""")]
    [InlineData("$.a.b", """{"a":"secret"}""", """{"a":null}""")] // nothing below is there
    [InlineData("$.a[*].b", """{"a":{"x":1}}""", """{"a":null}""")]
    [InlineData("$.a[*].b", """{"a":[[1,2]]}""", """{"a":[null]}""")]
    [InlineData("$.a", """{"A":1}""", "{}")]
    [InlineData("$['a.b']", """{"a.b":1,"a":{"b":2}}""", """{"a.b":1}""")]
    [InlineData("/a~1b", """{"a/b":1}""", """{"a/b":1}""")]
    [InlineData("$.a", """{"\u0061":1}""", """{"a":1}""")] // names are compared without their escapes
    [InlineData("$.a", """{"a":1,"a":2,"b":3}""", """{"a":1,"a":2}""")]
    [InlineData("$", """{"a":[true,false,null,1.50,"x",{},[]]}""", """{"a":[true,false,null,1.50,"x",{},[]]}""")]
    [InlineData("", "[1]", "[1]")]
    public void AllowedPath_Leaves(string allow, string json, string expected) => Assert.Equal(expected, Redacted.Of([allow]).Json(json));

    [Theory]
    [InlineData("$.a", RedactionAction.Drop, """{"a":{"x":1},"b":2}""", """{"b":2}""")]
    [InlineData("$[*].a", RedactionAction.Drop, """[{"a":1,"b":2},{"a":3}]""", """[{"b":2},{}]""")]
    [InlineData("$[1]", RedactionAction.Drop, """[1,[2],3]""", "[1,null,3]")]
    [InlineData("$.a", RedactionAction.Mask, """{"a":"x","b":"x"}""", """{"a":"***","b":"x"}""")]
    [InlineData("$.a", RedactionAction.Mask, """{"a":[1,"x",{"b":true,"c":null}]}""", """{"a":[null,"***",{"b":"***","c":null}]}""")]
    [InlineData("$", RedactionAction.Drop, """{"a":1}""", "null")]
    public void Rule_BeatsAnAllow(string path, RedactionAction action, string json, string expected)
    {
        var redactor = Redacted.Of(["$", path], (path, action));
        Assert.Equal(expected, redactor.Json(json));
        Assert.True(redactor.Count(RedactionKind.Path, action) > 0);
    }

    [Fact]
    public void RuleAlone_LetsNothingOut() => Assert.Equal("null", Redacted.Of([], ("$.a", RedactionAction.Mask)).Json("""{"a":1}"""));

    [Fact]
    public void OfSeveralRules_TheStrongestWins()
    {
        var redactor = Redacted.Of(["$"], ("$.a", RedactionAction.Hmac), ("$.a.b", RedactionAction.Mask), ("$.a.b.c", RedactionAction.Drop), ("$.a.b.d", RedactionAction.Hmac));
        Assert.Equal("""{"a":{"b":{"d":"***","e":"***"}}}""", redactor.Json("""{"a":{"b":{"c":1,"d":"x","e":"y"}}}"""));
    }

    [Fact]
    public void Hmac_OfAValueIsTheSameAsThatOfAPattern()
    {
        var token = Redacted.With(RedactionKind.Email, RedactionAction.Hmac).Text("bob@example.com");
        Assert.Equal($$"""{"a":"{{token}}"}""", Redacted.Of(["$"], ("$.a", RedactionAction.Hmac)).Json("""{"a":"bob\u0040example.com"}"""));
    }

    [Theory]
    [InlineData($$"""{"a":{{Card}}}""", """{"a":null}""")]
    [InlineData("""{"a":-4111111111111111.0}""", """{"a":null}""")]
    [InlineData("""{"a":4111111111111111.5}""", """{"a":null}""")]
    [InlineData("""{"a":4.111111111111111e15}""", """{"a":null}""")]
    [InlineData("""{"a":41111111111111110E-1}""", """{"a":null}""")]
    [InlineData("""{"a":4.111111111111111}""", """{"a":4.111111111111111}""")]
    [InlineData("""{"a":4111111111111112,"b":1e400,"c":1e-999999999999}""", """{"a":4111111111111112,"b":1e400,"c":1e-999999999999}""")]
    [InlineData($$"""{"{{Card}}":1}""", """{"***":1}""")]
    [InlineData("""{"b\u006fb@example.com":{"x":"bob@example.com"}}""", """{"***":{"x":"***"}}""")]
    [InlineData("""{"a":"{\"mail\":\"bob\\u0040example.com\"}"}""", """{"a":"{\u0022mail\u0022:\u0022***\u0022}"}""")]
    public void Patterns_AreFoundInNamesTextsAndNumbers(string json, string expected) => Assert.Equal(expected, Redacted.AllowAll().Json(json));

    [Fact]
    public void PatternThatDrops_TakesTheWholeValue() => Assert.Equal(
        """{"a":null,"b":"x","":1}""", Redacted.AllowAll(RedactionAction.Drop).Json("""{"a":"mail bob@example.com","b":"x","bob@example.com":1}"""));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":\"bob@example.com\"")]
    [InlineData("""{"a":"bob@example.com"} trailing""")]
    [InlineData("""{"a":1} {"a":2}""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{'a':1}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("""{"a":1 /* bob */}""")]
    [InlineData("\uFEFF{}")]
    [InlineData("bob@example.com")]
    [InlineData("""{"a":"\x"}""")]
    public void MalformedBody_IsDropped(string json)
    {
        var redactor = Redacted.AllowAll();
        Assert.Equal("null", redactor.Json(Encoding.UTF8.GetBytes(json), out var result));
        Assert.Equal(RedactionResult.Dropped, result);
        Assert.Equal(1, redactor.Count(RedactionKind.Malformed, RedactionAction.Drop));
    }

    [Theory]
    [InlineData("$")]
    [InlineData("$.a")] // what is left out is as deep
    public void Depth_IsBounded(string allow)
    {
        foreach (var (open, close) in ((string, string)[])[("[", "]"), ("{\"b\":", "}")])
        {
            foreach (var depth in (int[])[64, 65, 66, 67, 10_000])
            {
                var redactor = Redacted.Of([allow]);
                var json = new StringBuilder().Insert(0, open, depth).Append('1').Insert(depth * open.Length + 1, close, depth).ToString();
                var output = redactor.Json(json);
                Assert.Equal(depth <= 64 ? 0 : 1, redactor.Count(RedactionKind.TooDeep, RedactionAction.Drop));
                Assert.Equal(0, redactor.Count(RedactionKind.Malformed, RedactionAction.Drop));
                if (allow == "$")
                    Assert.Equal(depth <= 64 ? json : "null", output);
            }
        }
    }

    [Fact]
    public void BadUnicode_IsReplaced()
    {
        var redactor = Redacted.AllowAll();
        byte[] json = [.. "{\"a\":\"x"u8, 0xFF, .. "bob@example.com\",\"b\":\"\\ud83d\",\"c"u8, 0xC3, .. "\":\"\\ud83d\\ude00\"}"u8];
        Assert.Equal(["a", "x\uFFFD***", "b", "\uFFFD", "c\uFFFD", "😀"], Redacted.Words(redactor.Json(json, out _)));
        Assert.Equal(2, redactor.Count(RedactionKind.NotUtf8, RedactionAction.Mask));
    }

    [Fact]
    public void Result_SaysWhatWasDone()
    {
        Assert.Equal(RedactionResult.Unchanged, ResultOf("""{"a":1}"""));
        Assert.Equal(RedactionResult.Redacted, ResultOf("""{"a":"bob@example.com"}"""));
        Assert.Equal(RedactionResult.Unchanged, ResultOf("null"));

        static RedactionResult ResultOf(string json)
        {
            Redacted.AllowAll().Json(Encoding.UTF8.GetBytes(json), out var result);
            return result;
        }
    }
}
