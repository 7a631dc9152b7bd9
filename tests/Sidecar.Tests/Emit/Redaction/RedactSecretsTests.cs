using System.Globalization;
using System.Text;
using Sidecar.Emit.Redaction;

namespace Sidecar.Tests.Emit.Redaction;

/// <summary>Secrets at random places of random documents: none of them is found in what is written.</summary>
public sealed class RedactSecretsTests
{
    private static readonly string[] Secrets =
    [
        "bob.smith@example.com", "jürgen+x@münchen.de", "4111111111111111", "5500 0055 5555 5559", "3782-822463-10005", "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819", "+49 30 12345678", "+12125551234", "(212) 555-1234", "0171 1234567", "192.168.77.13", "2001:db8:77::13",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3", "AKIAIOSFODNN7EXAMPLE",
    ];

    private static readonly string[] Harmless = ["", "user", "the answer is 42", "2024-01-15T10:20:30Z", "x=1&y=2", "über", "a/b", "\"quoted\"", "line\nbreak"];

    [Theory]
    [InlineData(RedactionAction.Drop)]
    [InlineData(RedactionAction.Mask)]
    [InlineData(RedactionAction.Hmac)]
    public void AllowAll_PatternsFindEverySecret(RedactionAction action)
    {
        var redactor = Redacted.AllowAll(action);
        for (var seed = 0; seed < 1500; seed++)
            AssertClean(redactor, new Document(seed));
    }

    [Fact]
    public void DenyByDefault_NoSecretLeavesWithoutAnyPattern()
    {
        var redactor = Redacted.Of(["$.safe", "$.list[*].safe", "$.nested.list[0].safe"]);
        for (var seed = 0; seed < 500; seed++)
        {
            var document = new Document(seed);
            AssertClean(redactor, document);
            var json = """{"safe":1,"list":[{"safe":2,"x":DOCUMENT},DOCUMENT],"nested":{"list":[{"y":DOCUMENT,"safe":3}]}}"""
                .Replace("DOCUMENT", document.Json, StringComparison.Ordinal);
            var output = redactor.Json(json);
            AssertNone(output, document);
            Assert.StartsWith("""{"safe":1,"list":[{"safe":2},null]""", output, StringComparison.Ordinal);
            Assert.EndsWith(""","nested":{"list":[{"safe":3}]}}""", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TruncatedAnywhere_NeverThrowsOrLeaks()
    {
        var redactor = Redacted.AllowAll();
        for (var seed = 0; seed < 60; seed++)
        {
            var document = new Document(seed);
            var json = Encoding.UTF8.GetBytes(document.Json);
            for (var length = 0; length < json.Length; length++)
                Assert.Equal("null", redactor.Json(json.AsSpan(0, length), out _));
        }
    }

    [Fact]
    public void DamagedAnywhere_NeverThrowsAndIsJson()
    {
        var redactor = Redacted.AllowAll();
        var random = new Random(3);
        for (var seed = 0; seed < 2000; seed++)
        {
            var json = Encoding.UTF8.GetBytes(new Document(seed % 100).Json);
            json[random.Next(json.Length)] = (byte)random.Next(256);
            Assert.NotNull(Redacted.Words(redactor.Json(json, out _)));
        }
    }

    [Theory]
    [InlineData(RedactionAction.Drop)]
    [InlineData(RedactionAction.Mask)]
    [InlineData(RedactionAction.Hmac)]
    public void Texts_EverySecretInEveryWriting(RedactionAction action)
    {
        var redactor = Redacted.AllowAll(action);
        var random = new Random(4);
        foreach (var secret in Secrets)
        {
            for (var writing = 0; writing < Document.Writings; writing++)
            {
                for (var i = 0; i < 20; i++)
                {
                    var text = $"error for '{Document.Write(secret, writing, random)}' at model";
                    var output = redactor.Text(text);
                    Assert.DoesNotContain(Plain(secret), Plain(Uri.UnescapeDataString(Unescaped(output))), StringComparison.OrdinalIgnoreCase);
                    Assert.StartsWith("error for '", output, StringComparison.Ordinal);
                    Assert.EndsWith("' at model", output, StringComparison.Ordinal);
                }
            }
        }
    }

    private static void AssertClean(Redactor redactor, Document document) => AssertNone(redactor.Json(document.Json), document);

    private static void AssertNone(string output, Document document)
    {
        var words = Redacted.Words(output).Select(word => Plain(Uri.UnescapeDataString(Unescaped(word)))).ToArray();
        foreach (var secret in document.Placed)
        {
            Assert.DoesNotContain(secret, output, StringComparison.OrdinalIgnoreCase);
            var plain = Plain(secret);
            Assert.All(words, word => Assert.DoesNotContain(plain, word, StringComparison.OrdinalIgnoreCase));
        }
    }

    // Without what only separates, so that another grouping of a number counts as it too.
    private static string Plain(string text) => string.Concat(text.Where(c => c is not (' ' or '-' or '(' or ')')));

    private static string Unescaped(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 5 < text.Length && text[i + 1] == 'u'
                && int.TryParse(text.AsSpan(i + 2, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var unit))
            {
                plain.Append((char)unit);
                i += 5;
                continue;
            }

            plain.Append(text[i]);
        }

        return plain.ToString();
    }

    /// <summary>A random document and the secrets in it.</summary>
    private sealed class Document
    {
        public const int Writings = 4;

        private static readonly (string, string)[] Neighbours =
            [(" <", "> "), ("\\n", "\\n"), ("=", "&"), (",", ","), ("\\\"", "\\\""), ("电话：", "。"), (" ", " "), ("%3D", "%26"), ("(", ")"), (";", ";"), ("\\u003d", "\\u0026")];

        private readonly Random _random;

        public Document(int seed)
        {
            _random = new Random(seed);
            // Always a container: a cut number would still be one.
            Json = "[" + Value(0) + "," + Text(true) + "]";
        }

        public string Json { get; }

        public List<string> Placed { get; } = [];

        /// <summary>As it is, with some or all characters escaped as in JSON, or as in a URL.</summary>
        public static string Write(string secret, int writing, Random random) => writing switch
        {
            1 => string.Concat(secret.Select(c => random.Next(2) == 0 ? $"\\u{(int)c:x4}" : c.ToString())),
            2 => string.Concat(secret.Select(c => $"\\u{(int)c:X4}")),
            3 => string.Concat(Encoding.UTF8.GetBytes(secret).Select(b => b >= 0x80 || random.Next(2) == 0 ? $"%{b:X2}" : ((char)b).ToString())),
            _ => secret,
        };

        private string Value(int depth) => _random.Next(depth > 5 ? 4 : 7) switch
        {
            0 => _random.Next(3) switch { 0 => "true", 1 => "null", _ => _random.NextDouble().ToString("R", CultureInfo.InvariantCulture) },
            1 => Number(),
            2 or 3 => Text(_random.Next(2) == 0),
            4 or 5 => "[" + string.Join(" , ", Enumerable.Range(0, _random.Next(4)).Select(_ => Value(depth + 1))) + "]",
            _ => "{" + string.Join(",\n", Enumerable.Range(0, _random.Next(4)).Select(_ => Text(_random.Next(4) == 0) + ":" + Value(depth + 1))) + "}",
        };

        private string Number()
        {
            Placed.Add("4111111111111111");
            return "4111111111111111";
        }

        private string Text(bool secret)
        {
            var text = new StringBuilder("\"").Append(Escaped(Harmless[_random.Next(Harmless.Length)]));
            if (secret)
            {
                var value = Secrets[_random.Next(Secrets.Length)];
                Placed.Add(value);
                var (before, after) = Neighbours[_random.Next(Neighbours.Length)];
                text.Append(before).Append(Write(value, _random.Next(Writings), _random)).Append(after);
                // A JSON text within the text.
                if (_random.Next(4) == 0)
                    text.Append(Escaped($"{{\"k\":\"{Write(value, _random.Next(Writings), _random)}\"}}"));
            }

            return text.Append(Escaped(Harmless[_random.Next(Harmless.Length)])).Append('"').ToString();
        }

        private static string Escaped(string text) =>
            text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
    }
}
