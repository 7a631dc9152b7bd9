using Sidecar.Model.Profiles;
using Sidecar.Offline.Tables;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>What a stream is compared with: a profile, or what a table teaches.</summary>
internal sealed class BacktestReference
{
    private readonly HashSet<string> _columns;

    private BacktestReference(IReadOnlyList<FeatureReference> features, IReadOnlyList<(string Column, string Why)> left, RowOrder order, long rows, bool isProfile)
    {
        (Features, LeftOut, Order, Rows, IsProfile) = (features, left, order, rows, isProfile);
        _columns = [.. features.Select(feature => feature.Name), .. left.Select(one => one.Column)];
    }

    public IReadOnlyList<FeatureReference> Features { get; }

    public IReadOnlyList<(string Column, string Why)> LeftOut { get; }

    public RowOrder Order { get; }

    public long Rows { get; }

    public bool IsProfile { get; }

    /// <summary>It has a column of that name, watched or not.</summary>
    public bool Knows(string column) => _columns.Contains(column);

    /// <exception cref="InputFileException">It can't be read.</exception>
    public static BacktestReference Read(BacktestArguments arguments)
    {
        if (!ProfileFile.IsProfile(arguments.Reference))
        {
            var table = Table.Open(arguments.Reference);
            var learned = TableReference.Learn(table, arguments.Columns, arguments.Timestamp, arguments.RowsPerSecond);
            return new BacktestReference(learned.Features, [.. table.LeftOut, .. learned.LeftOut], learned.Order, learned.Rows, isProfile: false);
        }

        try
        {
            var profile = ProfileFile.Read(arguments.Reference);
            var chosen = arguments.Columns.Columns;
            if (chosen.FirstOrDefault(name => profile.Features.All(feature => feature.Name != name)) is { } unknown)
                throw new InputFileException($"{arguments.Reference} has no feature '{unknown}'; it has {string.Join(", ", profile.Features.Select(feature => feature.Name))}");
            FeatureReference[] features = [.. profile.Features.Where(feature => chosen.Count == 0 || chosen.Contains(feature.Name, StringComparer.Ordinal))];
            return new BacktestReference(
                features, [.. profile.Features.Except(features).Select(feature => (feature.Name, "it was not asked for"))], RowOrder.Unknown, profile.Rows, isProfile: true);
        }
        catch (ProfileException failure)
        {
            throw new InputFileException(failure.Message);
        }
    }
}
