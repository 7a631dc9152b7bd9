namespace Sidecar.Analysis;

/// <summary>Features that are computed of a tensor's rows.</summary>
internal abstract class DerivedFeatures(Feature[] features)
{
    public IReadOnlyList<Feature> Features => features;

    /// <summary>One of them counts; none does where a given reference has other features.</summary>
    public bool IsWanted => Array.Exists(features, feature => feature.IsWanted);

    /// <summary>Adds a row.</summary>
    public abstract void Add(ReadOnlySpan<float> row);

    /// <summary>Adds a row that is not there, or holds no numbers.</summary>
    public void AddMissing()
    {
        foreach (var feature in features)
            feature.AddMissing();
    }
}
