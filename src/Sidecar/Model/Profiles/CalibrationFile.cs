using System.Text.Json;
using System.Text.Json.Serialization;
using Sidecar.Statistics;

namespace Sidecar.Model.Profiles;

/// <summary>Writes calibrations to files and reads them back.</summary>
public static class CalibrationFile
{
    private const string Schema = "calibration/v1";
    private const long Largest = 64 << 20;

    /// <summary>Where a profile's calibration lies: beside it, so that a profile stays what it was without labels.</summary>
    public static string BesideProfile(string profile) => Path.ChangeExtension(profile, ".calibration.json");

    /// <summary>The calibration as JSON.</summary>
    public static byte[] Write(Calibration calibration) => JsonSerializer.SerializeToUtf8Bytes(
        new CalibrationDocument
        {
            Schema = Schema,
            Model = calibration.Model,
            ModelVersion = calibration.ModelVersion,
            Score = calibration.Score,
            Threshold = calibration.Threshold,
            Scores = calibration.Map.Scores.ToArray(),
            Probabilities = calibration.Map.Probabilities.ToArray(),
        },
        CalibrationJson.Default.CalibrationDocument);

    /// <summary>Reads a file.</summary>
    /// <exception cref="ProfileException">It isn't there, or is no calibration of this version.</exception>
    public static Calibration Read(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > Largest })
                throw new ProfileException($"{file} is larger than {Largest >> 20} MiB, which no calibration is");
            return Parse(File.ReadAllBytes(file), file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ProfileException($"{file}: {failure.Message}");
        }
    }

    /// <summary>Reads JSON; <paramref name="name"/> stands in messages.</summary>
    /// <exception cref="ProfileException">It is no calibration of this version.</exception>
    public static Calibration Parse(ReadOnlySpan<byte> json, string name)
    {
        CalibrationDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, CalibrationJson.Default.CalibrationDocument);
        }
        catch (JsonException failure)
        {
            throw new ProfileException($"{name} is no calibration: {failure.Message}");
        }

        if (document is null || document.Schema != Schema)
            throw new ProfileException($"{name}: schema is '{document?.Schema}', and {Schema} is what this version reads");
        if (document.Score.Length == 0)
            throw new ProfileException($"{name}: score must name a feature");
        var threshold = document.Threshold ?? Calibration.UsualThreshold;
        if (threshold is not (>= 0 and <= 1))
            throw new ProfileException($"{name}: threshold is {threshold}; it lies between 0 and 1");
        return new Calibration
        {
            Model = document.Model,
            ModelVersion = document.ModelVersion,
            Score = document.Score,
            Threshold = threshold,
            Map = CalibrationMap.TryCreate(document.Scores, document.Probabilities)
                ?? throw new ProfileException($"{name}: scores must rise strictly, and probabilities, one for each, must not fall and lie between 0 and 1"),
        };
    }
}

/// <summary>The JSON of a calibration file, <c>calibration/v1</c>: members are only ever added.</summary>
internal sealed record CalibrationDocument
{
    public required string Schema { get; init; }
    public string? Model { get; init; }
    public string? ModelVersion { get; init; }
    public required string Score { get; init; }
    public double? Threshold { get; init; }

    /// <summary>The map's points, between which it is straight and beyond which it is level.</summary>
    public required double[] Scores { get; init; }
    public required double[] Probabilities { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CalibrationDocument))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
