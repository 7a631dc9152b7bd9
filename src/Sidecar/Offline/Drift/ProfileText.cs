using System.Text;
using Sidecar.Model.Profiles;
using Sidecar.Statistics;
using Sidecar.Statistics.Drift;

namespace Sidecar.Offline.Drift;

/// <summary>A profile for people: a line a feature, with its distribution as a picture.</summary>
internal static class ProfileText
{
    private const string Blocks = "▁▂▃▄▅▆▇█";
    private const int NameWidth = 24;
    private const int PictureWidth = 24;

    public static void Write(TextWriter output, ReferenceProfile profile)
    {
        output.WriteLine($"{profile.Model ?? "any model"} {profile.ModelVersion ?? ""}".TrimEnd() + $", {Words.Count(profile.Rows)} rows, {(profile.IsOwn ? "learned by a pod from its own traffic: it never pages" : "from files")}");
        output.WriteLine($"{"feature",-NameWidth} {"side",-6} {"values",-11} {"missing",8} {"φ",6} {"clock",-5} {"distribution",-PictureWidth}  what");
        foreach (var feature in profile.Features)
        {
            var missing = feature.Numeric?.Missing ?? feature.Categorical!.Missing;
            output.WriteLine($"{Shortened(feature.Name),-NameWidth} {Words.Of(feature.Side),-6} {Words.Of(feature.Values),-11} {Words.Number(100.0 * missing / Math.Max(1, feature.Rows), "0.#") + " %",8} "
                + $"{(feature.Phi is { } phi ? Words.Number(phi.Typical(feature.Model), "0.#") + (phi.Calibrated ? "" : "?") : "?"),6} {(feature.Hours is null ? "" : "hours"),-5} {Picture(feature),-PictureWidth}  {What(feature)}");
        }
    }

    private static string Picture(FeatureReference feature)
    {
        double[] heights = feature.Numeric is { } numeric ? Density(numeric) : [.. feature.Categorical!.Counts.ToArray().Take(PictureWidth).Select(count => (double)count)];
        var most = Math.Max(1e-300, heights.Max());
        var line = new StringBuilder();
        foreach (var height in heights)
            line.Append(height <= 0 ? ' ' : Blocks[(int)Math.Min(Blocks.Length - 1, height / most * Blocks.Length)]);
        return line.ToString();
    }

    // Mass over equal widths between the 1st and the 99th percentile, spread evenly in each bin.
    private static double[] Density(NumericReference numeric)
    {
        var heights = new double[PictureWidth];
        double low = numeric.Quantile(0.01), high = numeric.Quantile(0.99);
        if (!(high > low))
        {
            heights[PictureWidth / 2] = 1;
            return heights;
        }

        const int samples = 2000;
        for (var i = 0; i < samples; i++)
        {
            var at = (numeric.Quantile((i + 0.5) / samples) - low) / (high - low) * PictureWidth;
            if (at is >= 0 and < PictureWidth)
                heights[(int)at]++;
        }

        return heights;
    }

    private static string What(FeatureReference feature)
    {
        if (feature.Numeric is { } numeric)
            return FormattableString.Invariant($"mean {numeric.Mean:g5}, σ {numeric.Sigma:g4}, {numeric.Quantile(0.01):g5} … {numeric.Quantile(0.99):g5} (1 % … 99 %)");
        var known = feature.Categorical!;
        var top = Enumerable.Range(0, Math.Min(3, known.TopValues)).Select(cell => FormattableString.Invariant($"{known.Label(cell)} {100.0 * known.Counts[cell] / known.Rows:0.#} %"));
        return $"{known.Distinct} values: {string.Join(", ", top)}{(known.TopValues > 3 ? ", …" : "")}";
    }

    private static string Shortened(string name) => name.Length <= NameWidth ? name : name[..(NameWidth - 1)] + "…";
}
