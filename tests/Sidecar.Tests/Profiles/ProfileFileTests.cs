using System.Text;
using System.Text.Json.Nodes;
using Sidecar.Model.Profiles;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;
using Sidecar.Tests.Configuration;

namespace Sidecar.Tests.Profiles;

/// <summary>Profiles come back from their files to the last bit, and files that were changed say where.</summary>
public sealed class ProfileFileTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly Random _random = new(2);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_profile_comes_back_to_the_last_bit()
    {
        var written = ProfileFile.Write(Profile());
        var read = ProfileFile.Read(_folder.Write("p.json", written));
        Assert.Equal(Encoding.UTF8.GetString(written), Encoding.UTF8.GetString(ProfileFile.Write(read)));
        Assert.Equal(["n Number input", "c Code output", "t Text input"], read.Features.Select(feature => $"{feature.Name} {feature.Values} {feature.Side.ToString().ToLowerInvariant()}"));
        Assert.Equal(("m", "3", 1_000L, false), (read.Model, read.ModelVersion, read.Rows, read.IsOwn));
        foreach (var (before, after) in Profile().Features.Zip(read.Features))
        {
            Assert.Equal(before.Model.Shares.ToArray().Length, after.Model.Shares.ToArray().Length);
            Assert.NotNull(after.Phi);
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_survive()
    {
        var learner = new FeatureLearner("b", FeatureSide.Input);
        for (var i = 0; i < 100; i++)
            learner.Add([0xFF, (byte)(i % 3)]);
        var feature = learner.Learn(out _)!;
        var read = ProfileFile.Parse(ProfileFile.Write(new ReferenceProfile { Rows = 100, Features = [feature] }), "p");
        Assert.Equal(feature.Categorical!.Cell([0xFF, 2]), read.Features[0].Categorical!.Cell([0xFF, 2]));
    }

    [Theory]
    [InlineData("schema", "\"profile/v2\"", "schema is 'profile/v2'")]
    [InlineData("source", "\"me\"", "source is 'me'; it can be self or file")]
    [InlineData("features.0.side", "\"left\"", "features[0] 'n': side is 'left'; it can be input or output")]
    [InlineData("features.0.values", "\"colour\"", "features[0] 'n': values is 'colour'")]
    [InlineData("features.0.numeric.counts", "[1]", "features[0] 'n': its shape can't be right")]
    [InlineData("features.0.numeric.edges.0", "1e30", "features[0] 'n': its edges can't be right")]
    [InlineData("features.0.numeric", "null", "a feature of number needs numeric")]
    [InlineData("features.1.categorical.counts.0", "-1", "features[1] 'c': its counts can't be right")]
    [InlineData("features.1.name", "\"n\"", "two features are named 'n'")]
    [InlineData("features.0.phi.values.0", "0.5", "phi must have")]
    [InlineData("features.0.hours", "[1,2]", "hours are not a count for each hour and cell")]
    [InlineData("rows", "\"many\"", "is no profile")]
    public void A_file_that_was_changed_says_where(string place, string value, string message)
    {
        var document = JsonNode.Parse(ProfileFile.Write(Profile()))!;
        var parts = place.Split('.');
        var at = document;
        foreach (var part in parts[..^1])
            at = int.TryParse(part, out var index) ? at[index]! : at[part]!;
        if (int.TryParse(parts[^1], out var last))
            at[last] = JsonNode.Parse(value);
        else
            at[parts[^1]] = JsonNode.Parse(value);
        var failure = Assert.Throws<ProfileException>(() => ProfileFile.Parse(Encoding.UTF8.GetBytes(document.ToJsonString()), "p.json"));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("p.json", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_is_refused()
    {
        var written = ProfileFile.Write(Profile());
        for (var length = 0; length < written.Length; length += 97)
            Assert.Throws<ProfileException>(() => ProfileFile.Parse(written.AsSpan(0, length), "p.json"));
        Assert.Throws<ProfileException>(() => ProfileFile.Read(Path.Combine(_folder.Path, "nothing.json")));
    }

    [Fact]
    public void A_byte_that_was_flipped_gives_a_profile_or_a_word_and_nothing_else()
    {
        var written = ProfileFile.Write(Small());
        var whole = 0;
        for (var at = 0; at < written.Length; at++)
        {
            // The lowest bit changes a digit or a letter, the highest breaks the UTF-8, the others what a character is.
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = written.ToArray();
                changed[at] ^= (byte)(1 << bit);
                whole += Check(changed) ? 1 : 0;
            }

            Check([.. written[..at], .. written[(at + 1)..]]);
        }

        Assert.InRange(whole, 1, written.Length * 8); // a digit of a count is nothing that anybody could see
    }

    [Theory]
    [InlineData("C328")] // a second byte that is none
    [InlineData("80")] // one without its first
    [InlineData("F0808080")]
    [InlineData("EDA080")] // half of a surrogate pair
    [InlineData("FF")]
    public void Names_and_values_of_broken_utf8_are_refused(string hex)
    {
        var written = ProfileFile.Write(Small());
        foreach (var word in (string[])["\"m\"", "\"n\"", "\"v1\"", "profile/v1"])
        {
            var at = written.AsSpan().IndexOf(Encoding.UTF8.GetBytes(word)) + 1;
            Assert.True(at > 0, word);
            Assert.Throws<ProfileException>(() => ProfileFile.Parse([.. written[..at], .. Convert.FromHexString(hex), .. written[at..]], "p.json"));
        }
    }

    [Theory]
    [InlineData("features.0.numeric.counts", "null")]
    [InlineData("features.0.numeric.sums", "[]")]
    [InlineData("features.1.categorical.values", "null")]
    [InlineData("features.1.categorical.values.0", "null")]
    [InlineData("features.1.categorical.values.0", "{}")]
    [InlineData("features.0.phi.values", "null")]
    [InlineData("features.0", "null")]
    [InlineData("features", "null")]
    [InlineData("features.0.name", "null")]
    [InlineData("features.0.numeric.mean", "1e400")]
    public void Nothing_where_something_is_needed_is_refused(string place, string value)
    {
        var document = JsonNode.Parse(ProfileFile.Write(Profile()))!;
        var parts = place.Split('.');
        var at = document;
        foreach (var part in parts[..^1])
            at = int.TryParse(part, out var index) ? at[index]! : at[part]!;
        if (int.TryParse(parts[^1], out var last))
            at[last] = "here";
        else
            at[parts[^1]] = "here";
        var json = document.ToJsonString().Replace("\"here\"", value, StringComparison.Ordinal);
        var failure = Assert.Throws<ProfileException>(() => ProfileFile.Parse(Encoding.UTF8.GetBytes(json), "p.json"));
        Assert.StartsWith("p.json", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>True: it is a profile still.</summary>
    private static bool Check(byte[] json)
    {
        try
        {
            // Whatever was read must be of use: written again, and counted against.
            var read = ProfileFile.Parse(json, "p.json");
            _ = ProfileFile.Write(read);
            foreach (var feature in read.Features)
            {
                var counts = new FeatureCounts(feature);
                counts.Add(0.5);
                counts.Add("v1"u8);
                counts.AddMissing();
                counts.Take(new long[feature.Model.Cells]);
            }

            return true;
        }
        catch (ProfileException)
        {
            return false;
        }
    }

    private ReferenceProfile Small()
    {
        FeatureLearner n = new("n", FeatureSide.Input), t = new("t", FeatureSide.Output);
        for (var i = 0; i < 100; i++)
        {
            n.Add(i * 37 % 8 / 8.0);
            t.Add(Encoding.UTF8.GetBytes($"v{i % 3}"));
        }

        return new ReferenceProfile { Model = "m", Rows = 100, Features = [n.Learn(out _)!, t.Learn(out _)!] };
    }

    private ReferenceProfile Profile()
    {
        FeatureLearner n = new("n", FeatureSide.Input), c = new("c", FeatureSide.Output), t = new("t", FeatureSide.Input);
        for (var i = 0; i < 1_000; i++)
        {
            n.Add(_random.NextDouble());
            c.Add(i % 3);
            t.Add(Encoding.UTF8.GetBytes($"v{i % 70}"));
        }

        n.AddMissing();
        return new ReferenceProfile { Model = "m", ModelVersion = "3", Rows = 1_000, Features = [Calibrated(n), Calibrated(c), Calibrated(t)] };
    }

    private static FeatureReference Calibrated(FeatureLearner learner)
    {
        var feature = learner.Learn(out _)!;
        return feature.With(PhiTable.Independent(feature.Model) with { Windows = 31, Calibrated = true });
    }
}
