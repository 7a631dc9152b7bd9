using System.Text.Json.Serialization;

namespace Sidecar.Model.Profiles;

/// <summary>The JSON of a profile file, <c>profile/v1</c>: members are only ever added.</summary>
internal sealed record ProfileDocument
{
    public required string Schema { get; init; }
    public string? Model { get; init; }
    public string? ModelVersion { get; init; }

    /// <summary><c>self</c> or <c>file</c>.</summary>
    public required string Source { get; init; }
    public required long Rows { get; init; }
    public required List<FeatureDocument?> Features { get; init; }
}

internal sealed record FeatureDocument
{
    public required string Name { get; init; }

    /// <summary><c>input</c> or <c>output</c>.</summary>
    public required string Side { get; init; }

    /// <summary><c>number</c>, <c>code</c>, <c>text</c> or <c>text_length</c>.</summary>
    public required string Values { get; init; }
    public NumericDocument? Numeric { get; init; }
    public CategoricalDocument? Categorical { get; init; }
    public PhiDocument? Phi { get; init; }

    /// <summary>Counts of 168 hours, hour after hour, in the cells of the feature.</summary>
    public long[]? Hours { get; init; }
}

internal sealed record NumericDocument
{
    public required float[] Edges { get; init; }
    public required float Minimum { get; init; }
    public required float Maximum { get; init; }
    public required long[] Counts { get; init; }
    public required double[] Sums { get; init; }
    public required bool[] OnlyUpperEdge { get; init; }
    public required double Mean { get; init; }
    public required double Sigma { get; init; }
    public long Missing { get; init; }
    public long NotANumber { get; init; }
    public long PositiveInfinity { get; init; }
    public long NegativeInfinity { get; init; }
}

internal sealed record CategoricalDocument
{
    public required List<CategoryDocument?> Values { get; init; }
    public required long[] Counts { get; init; }
    public required long SeenRows { get; init; }
    public required long Once { get; init; }
    public required long New { get; init; }
    public required long NewRows { get; init; }
    public long Missing { get; init; }
    public long Overflow { get; init; }
    public bool Split { get; init; }
    public bool SawOversize { get; init; }
}

/// <summary>One of the three: a text, bytes that are no UTF-8, or a whole number.</summary>
internal sealed record CategoryDocument
{
    public string? Text { get; init; }
    public byte[]? Bytes { get; init; }
    public long? Number { get; init; }
}

internal sealed record PhiDocument
{
    public required float[] Values { get; init; }
    public required long Windows { get; init; }
    public required bool Calibrated { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ProfileDocument))]
internal sealed partial class ProfileJson : JsonSerializerContext;
