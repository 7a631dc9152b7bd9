using System.Globalization;
using System.IO.Compression;
using System.Text;
using Sidecar.Simulations;
using Sidecar.Statistics.Detection;
using Sidecar.Testing;

namespace Sidecar.Statistics.Tests.Golden;

/// <summary>Real tables, shuffled, with changes put into them from a known row on, at the budget of one false alarm a model-month.</summary>
public class InjectedTests
{
    private const int SubWindow = 32;

    [Fact]
    public void Every_injected_change_is_found_and_nothing_else_ever_alarms()
    {
        var truth = Pair.Figures("injected", "truth.json");
        var lines = new List<string>();
        var quietRows = 0L;
        foreach (var of in truth.GetProperty("bases").EnumerateObject())
        {
            Table reference = Load(of.Value.GetProperty("reference").GetString()!), stream = Load(of.Value.GetProperty("stream").GetString()!);
            foreach (var column in reference.Columns)
            {
                Assert.Null(FirstAlarm(reference, column, stream.Text(column)));
                quietRows += stream.Rows;
            }
        }

        foreach (var of in truth.GetProperty("cases").EnumerateObject().Where(one => one.Value.TryGetProperty("file", out _)))
        {
            var reference = Load(truth.GetProperty("bases").GetProperty(of.Value.GetProperty("base").GetString()!).GetProperty("reference").GetString()!);
            var column = of.Value.GetProperty("columns")[0].GetString()!;
            var begins = of.Value.GetProperty("begins_at_row").GetInt32();
            var alarm = FirstAlarm(reference, column, Load(of.Value.GetProperty("file").GetString()!).Text(column));
            Assert.NotNull(alarm);
            lines.Add($"{of.Name}: {alarm.Value.Row - begins} rows, {alarm.Value.Leading.Kind} cell {alarm.Value.Leading.Cell} size {alarm.Value.Leading.Size:0.###}");
            // 352 rows is the longest that a prototype needed.
            Assert.InRange(alarm.Value.Row - begins, 1, 480);
        }

        lines.Add($"{quietRows} feature-rows of the controls without an alarm");
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(Environment.NewLine, lines));
        Assert.Equal(11, lines.Count);
    }

    /// <summary>The row after which the detector raised, φ learned from the reference's own rows in order.</summary>
    private static (int Row, Expert Leading)? FirstAlarm(Table reference, string column, string?[] stream)
    {
        var texts = reference.Text(column);
        if (texts.All(text => text is null || double.TryParse(text, CultureInfo.InvariantCulture, out _)) && texts.Distinct().Count() > 5)
        {
            var learner = new NumericLearner();
            foreach (var text in texts)
                Add(text, learner.Add, () => learner.AddMissing());
            var window = new NumericCounts(learner.Learn()!);
            return Run(CellModel.Of(window.Reference), texts, stream, text => Add(text, window.Add, window.AddMissing), window.CopyCells, window.Clear);
        }

        var categories = new CategoricalLearner();
        foreach (var text in texts)
        {
            if (text is null)
                categories.AddMissing();
            else
                categories.Add(Encoding.UTF8.GetBytes(text));
        }

        var counts = new CategoricalCounts(CategoricalReference.Learn(categories)!);
        return Run(CellModel.Of(counts.Reference), texts, stream, text =>
        {
            if (text is null)
                counts.AddMissing();
            else
                counts.Add(Encoding.UTF8.GetBytes(text));
        }, counts.CopyCells, counts.Clear);
    }

    private delegate void Copy(Span<long> counts);

    private static (int Row, Expert Leading)? Run(
        CellModel model, string?[] reference, string?[] stream, Action<string?> add, Copy copy, Action clear)
    {
        var counts = new long[model.Cells];
        var dispersion = new CellDispersion(model);
        var detector = new MixtureDetector(model, new() { Threshold = Delays.MonthOfSubWindows });
        Each(reference, _ =>
        {
            dispersion.Add(counts);
            return true;
        });
        detector.Calibrate(dispersion.Current());
        (int, Expert)? found = null;
        Each(stream, row =>
        {
            if (detector.Update(counts) == DetectorEvent.Raised)
                found = (row, detector.Leading());
            return found is null;
        });
        return found;

        void Each(string?[] rows, Func<int, bool> close)
        {
            clear();
            for (var row = 1; row <= rows.Length; row++)
            {
                add(rows[row - 1]);
                if (row % SubWindow != 0)
                    continue;
                copy(counts);
                clear();
                if (!close(row))
                    return;
            }
        }
    }

    private static void Add(string? text, Action<float> add, Action addMissing)
    {
        if (text is null)
            addMissing();
        else
            add((float)double.Parse(text, CultureInfo.InvariantCulture));
    }

    private static Table Load(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Fixtures.Require("reference", "injected", file)), CompressionMode.Decompress));
        return Table.Csv([.. Table.Lines(reader)]);
    }
}
