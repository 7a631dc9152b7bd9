using System.Text;
using System.Text.Json;
using Sidecar.Statistics;
using Sidecar.Statistics.Detection;
using Sidecar.Statistics.Drift;

namespace Sidecar.Model.Profiles;

/// <summary>Writes profiles to files and reads them back, to the last bit.</summary>
public static class ProfileFile
{
    private const string Schema = "profile/v1";
    private const long Largest = 256 << 20;
    private static readonly string[] Sides = ["input", "output"];
    private static readonly string[] Kinds = ["number", "code", "text", "text_length"];

    // A text survives as a text only where it is valid UTF-8.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a file is meant for a profile: it begins as one, whatever follows.</summary>
    public static bool IsProfile(string file) => file.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>The profile as JSON.</summary>
    public static byte[] Write(ReferenceProfile profile) => JsonSerializer.SerializeToUtf8Bytes(
        new ProfileDocument
        {
            Schema = Schema,
            Model = profile.Model,
            ModelVersion = profile.ModelVersion,
            Source = profile.IsOwn ? "self" : "file",
            Rows = profile.Rows,
            Features = [.. profile.Features.Select(Document)],
        },
        ProfileJson.Default.ProfileDocument);

    /// <summary>Reads a file.</summary>
    /// <exception cref="ProfileException">It isn't there, or is no profile of this version.</exception>
    public static ReferenceProfile Read(string file)
    {
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > Largest })
                throw new ProfileException($"{file} is larger than {Largest >> 20} MiB, which no profile is");
            return Parse(File.ReadAllBytes(file), file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ProfileException($"{file}: {failure.Message}");
        }
    }

    /// <summary>Reads JSON; <paramref name="name"/> stands in messages.</summary>
    /// <exception cref="ProfileException">It is no profile of this version.</exception>
    public static ReferenceProfile Parse(ReadOnlySpan<byte> json, string name)
    {
        ProfileDocument? document;
        try
        {
            document = JsonSerializer.Deserialize(json, ProfileJson.Default.ProfileDocument);
        }
        catch (JsonException failure)
        {
            throw new ProfileException($"{name} is no profile: {failure.Message}");
        }

        if (document is null || document.Schema != Schema)
            throw new ProfileException($"{name}: schema is '{document?.Schema}', and {Schema} is what this version reads: build it anew with 'sidecar profile build'");
        if (document.Source is not ("self" or "file"))
            throw new ProfileException($"{name}: source is '{document.Source}'; it can be self or file");
        FeatureDocument[] features = [.. document.Features.Select((feature, i) => feature ?? throw new ProfileException($"{name}: features[{i}] is null"))];
        if (features.Select(feature => feature.Name).GroupBy(feature => feature, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ProfileException($"{name}: two features are named '{twice.Key}'");
        return new ReferenceProfile
        {
            Model = document.Model,
            ModelVersion = document.ModelVersion,
            IsOwn = document.Source == "self",
            Rows = document.Rows,
            Features = [.. features.Select((feature, i) => Feature(feature, $"{name}: features[{i}] '{feature.Name}'"))],
        };
    }

    private static FeatureDocument Document(FeatureReference feature) => new()
    {
        Name = feature.Name,
        Side = Sides[(int)feature.Side],
        Values = Kinds[(int)feature.Values],
        Numeric = feature.Numeric?.ToProfile() is not { } numeric ? null : new NumericDocument
        {
            Edges = [.. numeric.Edges], Minimum = numeric.Minimum, Maximum = numeric.Maximum, Counts = [.. numeric.Counts], Sums = [.. numeric.Sums],
            OnlyUpperEdge = [.. numeric.OnlyUpperEdge], Mean = numeric.Mean, Sigma = numeric.Sigma, Missing = numeric.Missing, NotANumber = numeric.NotANumber,
            PositiveInfinity = numeric.PositiveInfinity, NegativeInfinity = numeric.NegativeInfinity,
        },
        Categorical = feature.Categorical?.ToProfile() is not { } categorical ? null : new CategoricalDocument
        {
            Values = [.. categorical.Values.Select(Category)], Counts = [.. categorical.Counts], SeenRows = categorical.SeenRows, Once = categorical.Once,
            New = categorical.New, NewRows = categorical.NewRows, Missing = categorical.Missing, Overflow = categorical.Overflow, Split = categorical.Split,
            SawOversize = categorical.SawOversize,
        },
        Phi = feature.Phi is not { } phi ? null : new PhiDocument { Values = [.. phi.Values], Windows = phi.Windows, Calibrated = phi.Calibrated },
        Hours = feature.Hours?.Counts.ToArray(),
    };

    private static CategoryDocument Category(CategoryValue value)
    {
        if (value.Bytes is not { } bytes)
            return new CategoryDocument { Number = value.Number };
        try
        {
            return new CategoryDocument { Text = Strict.GetString(bytes.Span) };
        }
        catch (DecoderFallbackException)
        {
            return new CategoryDocument { Bytes = bytes.ToArray() };
        }
    }

    private static CategoryValue Category(CategoryDocument? value, string place) => value switch
    {
        { Number: { } number, Text: null, Bytes: null } => new(null, number),
        { Number: null, Text: { } text, Bytes: null } => new(Encoding.UTF8.GetBytes(text), 0),
        { Number: null, Text: null, Bytes: { } bytes } => new(bytes, 0),
        _ => throw new ProfileException($"{place} must have one of text, bytes and number"),
    };

    private static FeatureReference Feature(FeatureDocument document, string place)
    {
        var side = Array.IndexOf(Sides, document.Side);
        var kind = Array.IndexOf(Kinds, document.Values);
        if (side < 0)
            throw new ProfileException($"{place}: side is '{document.Side}'; it can be {string.Join(" or ", Sides)}");
        if (kind < 0)
            throw new ProfileException($"{place}: values is '{document.Values}'; it can be {string.Join(", ", Kinds)}");
        var feature = Restore(document, (FeatureSide)side, (FeatureValues)kind, place);
        if (document.Phi is { } phi)
            feature = feature.With(Phi(phi, feature, place));
        if (document.Hours is { } hours)
            feature = feature.With(HourOfWeek.TryRestore(hours, feature.Model) ?? throw new ProfileException($"{place}: hours are not a count for each hour and cell"));
        return feature;
    }

    private static FeatureReference Restore(FeatureDocument document, FeatureSide side, FeatureValues values, string place)
    {
        var error = ProfileError.None;
        if (values is FeatureValues.Number or FeatureValues.TextLength && document.Numeric is { } n)
        {
            var numeric = NumericReference.TryRestore(
                new NumericProfile
                {
                    Edges = n.Edges, Minimum = n.Minimum, Maximum = n.Maximum, Counts = n.Counts, Sums = n.Sums, OnlyUpperEdge = n.OnlyUpperEdge, Mean = n.Mean, Sigma = n.Sigma,
                    Missing = n.Missing, NotANumber = n.NotANumber, PositiveInfinity = n.PositiveInfinity, NegativeInfinity = n.NegativeInfinity,
                },
                out error);
            if (numeric is not null)
                return new FeatureReference(document.Name, side, values, numeric);
        }
        else if (values is FeatureValues.Code or FeatureValues.Text && document.Categorical is { } c)
        {
            var categorical = CategoricalReference.TryRestore(
                new CategoricalProfile
                {
                    Values = [.. c.Values.Select((value, i) => Category(value, $"{place}: values[{i}]"))],
                    Counts = c.Counts, SeenRows = c.SeenRows, Once = c.Once, New = c.New, NewRows = c.NewRows, Missing = c.Missing, Overflow = c.Overflow, Split = c.Split,
                    SawOversize = c.SawOversize,
                },
                out error);
            if (categorical is not null)
                return new FeatureReference(document.Name, side, values, categorical);
        }
        else
        {
            throw new ProfileException($"{place}: a feature of {document.Values} needs {(values is FeatureValues.Number or FeatureValues.TextLength ? "numeric" : "categorical")}");
        }

        throw new ProfileException($"{place}: its {error.ToString().ToLowerInvariant()} can't be right: the file was changed or cut off; build it anew");
    }

    private static PhiTable Phi(PhiDocument phi, FeatureReference feature, string place)
    {
        var expected = PhiTable.Independent(feature.Model).Values.Count;
        if (phi.Values.Length != expected || phi.Values.Any(value => !(value >= 1 && float.IsFinite(value))) || phi.Windows < 0)
            throw new ProfileException($"{place}: phi must have {expected} numbers of at least 1");
        return new PhiTable(phi.Values, phi.Windows, phi.Calibrated);
    }
}
