using System.Globalization;
using Sidecar.Statistics;

namespace Sidecar.Analysis;

/// <summary>An image or an embedding in figures of the row as a whole, and its random projections.</summary>
internal sealed class VectorFeatures : DerivedFeatures
{
    /// <summary>Features that it has.</summary>
    public const int Count = Summaries + RandomProjections.Count;

    private const int Summaries = 4;

    // One for all pods, versions and runs: projections by other signs can't be held against each other.
    private const ulong Seed = 1;

    private readonly Feature[] _features;
    private readonly float[] _projected = new float[RandomProjections.Count];
    private RandomProjections? _projections;

    public VectorFeatures(string tensor)
        : this([
            new($"{tensor}.norm"), new($"{tensor}.mean"), new($"{tensor}.deviation"), new($"{tensor}.zeros"),
            .. Enumerable.Range(0, RandomProjections.Count).Select(i => new Feature(string.Create(CultureInfo.InvariantCulture, $"{tensor}.projection[{i}]")))])
    {
    }

    private VectorFeatures(Feature[] features)
        : base(features) => _features = features;

    public override void Add(ReadOnlySpan<float> row)
    {
        var summary = VectorSummary.Of(row);
        _features[0].Add(summary.Norm);
        _features[1].Add(summary.Mean);
        _features[2].Add(summary.Deviation);
        _features[3].Add(summary.NonFinite == row.Length ? float.NaN : summary.Zeros);
        var projected = _features.AsSpan(Summaries);
        if (!AnyWanted(projected))
            return; // they cost more than all the rest
        _projections ??= new RandomProjections(row.Length, Seed);
        if (row.Length != _projections.Dimensions)
        {
            // Sequences of another length have their norm and mean all the same; a projection is of one length only.
            foreach (var feature in projected)
                feature.AddMissing();
            return;
        }

        if (summary.NonFinite == row.Length)
            _projected.AsSpan().Fill(float.NaN); // nothing was there to project
        else
            _projections.Project(row, _projected);
        for (var i = 0; i < projected.Length; i++)
            projected[i].Add(_projected[i]);
    }

    private static bool AnyWanted(ReadOnlySpan<Feature> features)
    {
        foreach (var feature in features)
        {
            if (feature.IsWanted)
                return true;
        }

        return false;
    }
}
