using System.IO.Compression;
using System.Text;
using Sidecar.Offline;
using Sidecar.Offline.Tables;
using Sidecar.Testing;
using Sidecar.Tests.Configuration;

namespace Sidecar.Tests.Offline.Tables;

/// <summary>Tables in files: what their cells become, and what is said of those that can't be read.</summary>
public sealed class TableTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("1;2", "Number")]
    [InlineData("1;2.5e3;-inf;NaN;", "Number")]
    [InlineData("1;None;NA;", "Number")]
    [InlineData("1;x", "Text")]
    [InlineData("true;False;", "Boolean")]
    [InlineData("0;1", "Number")]
    [InlineData("2026-01-02;2026-01-02 03:04:05.5;2026-01-02T03:04:05Z", "Timestamp")]
    [InlineData("2026-01-02;5", "Text")]
    [InlineData("1/2;3/4", "Text")]
    [InlineData("None;x", "Text")]
    [InlineData(";NULL;NaN", "Empty")]
    public void A_columns_type_is_what_all_its_cells_are(string cells, string type) =>
        Assert.Equal(type, Open("t.csv", "a,b\n" + string.Concat(cells.Split(';').Select(cell => cell + ",0\n"))).Columns[0].Type.ToString());

    [Theory]
    [InlineData("a,b\n1,x\n,\"y, \"\"z\"\"\nand more\"\n")]
    [InlineData("a;b\r\n1;x\r\n;\"y, \"\"z\"\"\nand more\"\r\n")]
    [InlineData("\uFEFFa\tb\n1\tx\nNA\t\"y, \"\"z\"\"\nand more\"\n\n")]
    public void Csv_is_read_whatever_its_separators_line_ends_and_quotes(string text)
    {
        var table = Open("t.csv", text);
        Assert.Equal((2, "a b"), (table.Rows, string.Join(' ', table.Columns.Select(column => column.Name))));
        Assert.Equal(["1|x", "-|y, \"z\"\nand more"], Rows(table));
    }

    [Fact]
    public void Short_rows_lack_their_last_cells() => Assert.Equal(["1|x", "2|-"], Rows(Open("t.csv", "a,b\n1,x\n2\n")));

    [Fact]
    public void Json_lines_are_read_with_inner_members_and_without_lists()
    {
        var table = Open("t.jsonl", """
            {"a": 1, "in": {"b": "x", "c": true}, "list": [1]}

            {"in": {"b": null, "c": false}, "a": "NaN"}
            {"d": 1}
            """);
        Assert.Equal("a Number, in.b Text, in.c Boolean, d Number", string.Join(", ", table.Columns.Select(column => $"{column.Name} {column.Type}")));
        Assert.Equal(["1|x|true|-", "NaN|-|false|-", "-|-|-|1"], Rows(table));
        Assert.Equal([("list", "holds lists")], table.LeftOut);
    }

    [Fact]
    public void Another_type_may_be_asked_for()
    {
        var table = Open("t.csv", "a,b,c\n1,2026-01-02,TRUE\n2.5,1767312000,maybe\nx,1767312000000,0\n");
        Assert.Equal(
            ["1|1767312000000000000|true", "2.5|1767312000000000000|-", "NaN|1767312000000000000|-"],
            Rows(table, new TableColumn("a", ColumnType.Number), new TableColumn("b", ColumnType.Timestamp), new TableColumn("c", ColumnType.Boolean)));
        Assert.Equal(["-"], Rows(table, new TableColumn("nothing", ColumnType.Text)).Distinct());
    }

    [Fact]
    public void A_table_may_be_read_again_and_in_batches()
    {
        var table = Open("t.csv", "a\n" + string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{i}\n")));
        for (var time = 0; time < 2; time++)
            Assert.Equal(10_000, Rows(table).Count);
        Assert.Equal("9999", Rows(table)[^1]);
    }

    [Fact]
    public void Gzip_is_unpacked_on_the_way_and_one_that_is_cut_off_says_so()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes("a\n" + string.Concat(Enumerable.Range(0, 5_000).Select(i => $"{i * 7919 % 10_007}\n"))));
        Assert.Equal(5_000, Table.Open(_folder.Write("t.csv.gz", packed.ToArray())).Rows);
        Assert.ThrowsAny<InputFileException>(() => Table.Open(_folder.Write("cut.csv.gz", packed.ToArray()[..(int)(packed.Length / 2)])));
        Assert.ThrowsAny<InputFileException>(() => Table.Open(_folder.Write("no.csv.gz", "a\n1\n")));
    }

    [Theory]
    [InlineData("twice.csv", "a,a\n1,2\n", "'a' found 2 times")]
    [InlineData("long.csv", "a,b\n1,2\n1,2,3\n", "line 3: 3 cells under 2 names")]
    [InlineData("list.jsonl", "[1]\n", "line 1: an object is expected")]
    [InlineData("none.jsonl", "{}\n", "has no row with a member")]
    [InlineData("t.zip", "PK", "unpack it")]
    [InlineData("t", "a\n1\n", "is none of .csv")]
    public void What_can_not_be_read_is_named(string name, string text, string message) =>
        Assert.Contains(message, Assert.ThrowsAny<InputFileException>(() => Open(name, text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Bytes_of_any_kind_are_a_table_or_an_error()
    {
        var random = new Random(4);
        foreach (var extension in (string[])["csv", "tsv", "jsonl", "parquet", "csv.gz"])
        {
            for (var round = 0; round < 50; round++)
            {
                var bytes = new byte[random.Next(2_000)];
                random.NextBytes(bytes);
                try
                {
                    Assert.All(Rows(Table.Open(_folder.Write($"r.{extension}", bytes))), Assert.NotNull);
                }
                catch (InputFileException)
                {
                    // said, and not thrown out of
                }
            }
        }
    }

    [Fact]
    public void A_quote_that_never_closes_and_a_line_of_32_MB_come_to_an_end()
    {
        Assert.ThrowsAny<InputFileException>(() => Open("open.csv", "a,b\n\"1,2\n3,4\n"));
        Assert.ThrowsAny<InputFileException>(() => Open("line.csv", "a\n" + new string('x', 32 << 20)));
        Assert.ThrowsAny<InputFileException>(() => Open("line.jsonl", "{\"a\": \"" + new string('x', 32 << 20) + "\"}"));
    }

    [Theory]
    [InlineData("adult.parquet", 48_842, 15)]
    [InlineData("car_loan_reference.parquet", 50_000, 11)]
    [InlineData("car_loan_monitoring.parquet", 50_000, 11)]
    [InlineData("breast_cancer.csv", 569, 31)]
    [InlineData("digits.csv", 1_797, 65)]
    public void Real_tables_have_the_rows_that_their_README_says(string file, long rows, int columns)
    {
        var table = Table.Open(Fixtures.Require("data", file));
        Assert.Equal(rows, table.Rows);
        Assert.Equal(columns, table.Columns.Count);
        Assert.Equal(rows, Rows(table).Count);
    }

    [Fact]
    public void Times_that_Parquet_holds_as_texts_are_times() => Assert.Equal(
        ColumnType.Timestamp, Table.Open(Fixtures.Require("data", "car_loan_reference.parquet")).Columns.Single(column => column.Name == "timestamp").Type);

    private static List<string> Rows(Table table, params TableColumn[] columns)
    {
        var rows = new List<string>();
        foreach (var batch in table.Read(columns.Length > 0 ? columns : [.. table.Columns.Where(column => column.Type != ColumnType.Empty)]))
        {
            for (var row = 0; row < batch.Rows; row++)
                rows.Add(string.Join('|', batch.Columns.Select(column => Cell(column, row))));
        }

        return rows;
    }

    private static string Cell(ColumnBatch column, int row) => column.IsMissing(row) ? "-"
        : column.Type == ColumnType.Number ? FormattableString.Invariant($"{column.Number(row)}")
        : column.Type == ColumnType.Timestamp ? FormattableString.Invariant($"{column.Time(row)}")
        : Encoding.UTF8.GetString(column.Text(row));

    private Table Open(string name, string text) => Table.Open(_folder.Write(name, text));
}
