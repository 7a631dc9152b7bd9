using System.Globalization;
using System.Text.Json;
using Sidecar.Simulations;
using Sidecar.Simulations.Peers;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests;

/// <summary>The detectors that we are compared with are the real ones: they alarm on the very rows on which river does.</summary>
public class StreamingPeersTests
{
    [Fact]
    public void Adwin_and_PageHinkley_alarm_on_rivers_rows()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Fixtures.Require("reference", "river.json")));
        var compared = 0;
        foreach (var stream in json.RootElement.GetProperty("streams").EnumerateObject())
        {
            var values = File.ReadLines(Fixtures.Require("reference", "streams", $"{stream.Name}.csv")).Skip(1)
                .Select(line => double.Parse(line.Split(',')[^1], CultureInfo.InvariantCulture)).ToArray();
            foreach (var (name, update) in ((string, Func<double, bool>)[])
            [
                ("ADWIN()", new Adwin().Update), ("ADWIN(delta=1e-6)", new Adwin(1e-6).Update), ("PageHinkley()", new PageHinkley().Update),
            ])
            {
                var expected = stream.Value.GetProperty("detectors").GetProperty(name).GetProperty("alarms").EnumerateArray().Select(row => row.GetInt32());
                Assert.Equal(expected, values.Index().Where(value => update(value.Item)).Select(value => value.Index));
                compared++;
            }
        }

        Assert.Equal(36, compared);
    }

    [Fact]
    public void Kswin_alarms_as_often_as_measured()
    {
        // 1,400 in a million null rows; 140 ± 12 in a tenth of them.
        Rng random = new(1), draws = new(2);
        var kswin = new Kswin(draws);
        Assert.InRange(Enumerable.Range(0, 100_000).Count(_ => kswin.Update(random.Normal())), 90, 200);
    }
}
