using System.Text;
using System.Text.Json.Nodes;
using Sidecar.Model.Profiles;
using Sidecar.Statistics;
using Sidecar.Tests.Configuration;

namespace Sidecar.Tests.Profiles;

/// <summary>Calibrations come back from their files, and files that were changed say what is wrong.</summary>
public sealed class CalibrationFileTests : IDisposable
{
    private readonly Folder _folder = new();

    private static Calibration Calibration => new() { Model = "m", ModelVersion = "3", Score = "p[1]", Threshold = 0.3, Map = CalibrationMap.TryCreate([0.1, 0.3, 0.9], [0, 0.2, 0.7])! };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_calibration_comes_back_to_the_last_bit()
    {
        var read = CalibrationFile.Read(_folder.Write("c.json", CalibrationFile.Write(Calibration)));
        Assert.Equal(Encoding.UTF8.GetString(CalibrationFile.Write(Calibration)), Encoding.UTF8.GetString(CalibrationFile.Write(read)));
        Assert.Equal((0.2, 0.3), (read.Map.At(0.3), read.Threshold));
    }

    [Theory]
    [InlineData("schema", "\"calibration/v2\"", "schema is 'calibration/v2'")]
    [InlineData("score", "\"\"", "score must name a feature")]
    [InlineData("score", "null", "is no calibration")]
    [InlineData("threshold", "2", "threshold is 2; it lies between 0 and 1")]
    [InlineData("scores", "[0.5]", "scores must rise strictly")]
    [InlineData("scores", "[0.5,0.4,0.9]", "scores must rise strictly")]
    [InlineData("probabilities", "[0.5,0.4,1.5]", "probabilities, one for each, must not fall")]
    [InlineData("probabilities", "[]", "scores must rise strictly")]
    public void A_file_that_was_changed_says_what_is_wrong(string member, string value, string message)
    {
        var document = JsonNode.Parse(CalibrationFile.Write(Calibration))!;
        document[member] = JsonNode.Parse(value);
        var failure = Assert.Throws<ProfileException>(() => CalibrationFile.Parse(Encoding.UTF8.GetBytes(document.ToJsonString()), "c.json"));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("c.json", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Threshold_and_model_may_be_left_out()
    {
        var read = CalibrationFile.Parse("""{"schema":"calibration/v1","score":"p","scores":[0,1],"probabilities":[0,1]}"""u8, "c");
        Assert.Equal((null, null, 0.5), (read.Model, read.ModelVersion, read.Threshold));
    }

    [Fact]
    public void A_byte_that_was_flipped_gives_a_calibration_or_a_word_and_nothing_else()
    {
        var written = CalibrationFile.Write(Calibration);
        for (var at = 0; at < written.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = written.ToArray();
                changed[at] ^= (byte)(1 << bit);
                if (Record.Exception(() => CalibrationFile.Parse(changed, "c")) is { } failure)
                    Assert.IsType<ProfileException>(failure);
            }
        }

        Assert.Throws<ProfileException>(() => CalibrationFile.Read(Path.Combine(_folder.Path, "nothing.json")));
    }
}
