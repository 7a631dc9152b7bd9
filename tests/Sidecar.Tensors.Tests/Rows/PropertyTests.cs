using System.Globalization;
using System.Text;
using System.Text.Json;
using CsCheck;
using Sidecar.Tensors.Tests.Contract;

namespace Sidecar.Tensors.Tests.Rows;

/// <summary>Random bodies mean what <see cref="JsonOracle"/>, which reads them by other means, says that they mean.</summary>
public class PropertyTests
{
    [Fact]
    public void Rows_columns_and_values_of_any_kind_decode_to_what_System_Text_Json_reads()
    {
        var message = new TensorMessage();
        var errors = new Dictionary<DecodeError, int>();
        Gen.Int.Sample(seed =>
        {
            var random = new RandomJson(seed);
            var value = random.Container();
            var body = $$"""{"other": {{random.Value(2)}}, "instances": {{value}}}""";
            var error = new Sample(body).Decode(new V1Rest(), message);
            errors[error] = errors.GetValueOrDefault(error) + 1;
            using var document = JsonDocument.Parse(body);
            Assert.Equal(string.Join('\n', [body, .. JsonOracle.Container("instances", document.RootElement.GetProperty("instances"))]),
                string.Join('\n', [body, .. JsonOracle.Comparable(message)]));
        }, iter: 20_000, threads: 1);
        Assert.True(errors[DecodeError.None] > 5_000, "too few bodies were sound");
        Assert.True(errors[DecodeError.ShapeMismatch] > 100 && errors[DecodeError.ValueMismatch] > 100, "too few were not");
    }

    [Fact]
    public void JsonLines_of_any_kind_are_the_rows_of_a_list()
    {
        var (lines, list) = (new TensorMessage(), new TensorMessage());
        Gen.Int.Sample(seed =>
        {
            var random = new RandomJson(seed);
            // A line of null is a row of nulls; among lists, null is one of another depth.
            var rows = Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Row()).Where(row => row != "null").DefaultIfEmpty("1").ToArray();
            var error = new Sample(string.Join("\r\n", rows)) { Format = BodyFormat.JsonLines }.Decode(new InvocationsRest(), lines);
            Assert.Equal(error, new Sample($"[{string.Join(',', rows)}]").Decode(new InvocationsRest(), list));
            Assert.Equal(JsonOracle.Comparable(list), JsonOracle.Comparable(lines));
        }, iter: 5_000, threads: 1);
    }

    [Fact]
    public void Csv_of_any_fields_is_what_was_written()
    {
        var message = new TensorMessage();
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            var columns = random.Next(1, 5);
            var rows = random.Next(1, 6);
            var isText = Enumerable.Range(0, columns).Select(_ => random.Next(2) == 0).ToArray();
            var cells = Enumerable.Range(0, rows).Select(_ => isText.Select(text => Cell(random, text)).ToArray()).ToArray();
            // A line of one empty field is an empty line, which is none.
            cells = columns == 1 ? [.. cells.Where(row => row[0].Length > 0).DefaultIfEmpty(["1"])] : cells;
            var body = new StringBuilder(string.Join(',', Enumerable.Range(0, columns).Select(i => Quote(random, $"c {i}"))));
            var end = random.Next(2) == 0 ? "\n" : "\r\n";
            foreach (var row in cells)
                body.Append(end).Append(string.Join(',', row.Select(cell => Quote(random, cell))));
            Assert.Equal(DecodeError.None, new Sample(body.ToString()) { Format = BodyFormat.Csv }.Decode(new InvocationsRest(), message));
            Assert.Equal(Enumerable.Range(0, columns).Select(i => Expected($"c {i}", [.. cells.Select(row => row[i])])), Shown.Tensors(message));
        }, iter: 20_000, threads: 1);
    }

    private static string Cell(Random random, bool isText) => random.Next(8) == 0 ? "" : isText
        ? RandomJson.Words[random.Next(RandomJson.Words.Length)]
        : random.Next(3) == 0 ? random.Next(-1000, 1000).ToString(CultureInfo.InvariantCulture) : (random.NextDouble() * 100).ToString("R", CultureInfo.InvariantCulture);

    private static string Quote(Random random, string field) => field.AsSpan().IndexOfAny(",\"\r\n") >= 0 || random.Next(3) == 0
        ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : field;

    private static string Expected(string name, string[] column)
    {
        var nulls = column.Count(cell => cell.Trim(' ').Length == 0);
        var isNumber = column.All(cell => cell.Trim(' ').Length == 0 || double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        var isInteger = isNumber && nulls == 0 && column.All(cell => long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _));
        var (type, values) = isInteger ? ("INT64", column)
            : isNumber ? ("FP64", column.Select(cell => cell.Trim(' ').Length == 0 ? "NaN" : double.Parse(cell, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)))
            : ("BYTES", column.Select(cell => cell.Trim(' ').Length == 0 ? "" : cell));
        return $"{name} {type} [{column.Length}]:{string.Concat(values.Select(value => " " + value))}{(nulls > 0 ? $" ({nulls} null)" : "")}";
    }
}
