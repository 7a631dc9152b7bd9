using Sidecar.Emit.Spool;

namespace Sidecar.Tests.Emit;

public sealed class SpoolReaderTests : IDisposable
{
    private readonly SpoolFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lists_and_reads_a_spool_in_use()
    {
        using var spool = _folder.Open(segment: 700);
        SpoolFolder.Append(spool, 30);
        spool.Commit(7);
        spool.Sync();
        var reader = new SpoolReader(_folder.Path);
        var segments = reader.List().ToList();
        Assert.Equal(_folder.Segments.Select(file => Path.GetFileName(file)), segments.Select(segment => segment.File));
        Assert.Equal(spool.Records, segments.Sum(segment => segment.Undelivered));
        Assert.Equal(spool.Bytes, segments.Sum(segment => segment.Bytes));
        Assert.All(segments, segment =>
        {
            Assert.Null(segment.Problem);
            Assert.Equal(segment.FirstIndex * 1000, segment.OldestUnixNanos);
            Assert.Equal((segment.FirstIndex + segment.Records - 1) * 1000, segment.NewestUnixNanos);
        });
        Assert.Equal(7, reader.Cursor);
        Assert.Equal(SpoolFolder.Range(12, 30), reader.Read(12).Select(record => record.Index));
        Assert.All(reader.Read(), record => Assert.Equal(SpoolFolder.Body(record.Index), record.Body.ToArray()));
        Assert.Equal(SpoolFolder.Range(7, 30), SpoolFolder.ReadAll(spool));
    }

    [Fact]
    public void Says_what_is_damaged_and_changes_nothing()
    {
        using (var spool = _folder.Open(segment: 700))
            SpoolFolder.Append(spool, 30);
        var (first, second, third) = (_folder.Segments[0], _folder.Segments[1], _folder.Segments[2]);
        Damage(first, 0);
        Damage(second, 8 + 30);
        Damage(third, 4);
        File.WriteAllBytes(Path.Combine(_folder.Path, "00000000000000000030.seg"), [1, 2]);
        var before = _folder.Save();
        var reader = new SpoolReader(_folder.Path);
        var segments = reader.List().ToList();
        Assert.StartsWith("damaged at byte 0", segments[0].Problem, StringComparison.Ordinal);
        Assert.StartsWith("damaged at byte 8,", segments[1].Problem, StringComparison.Ordinal);
        Assert.Contains("version", segments[2].Problem, StringComparison.Ordinal);
        Assert.Contains("header", segments[^1].Problem, StringComparison.Ordinal);
        Assert.Null(segments[^1].OldestUnixNanos);
        Assert.Equal(SpoolFolder.Range(segments[3].FirstIndex, 30), reader.Read().Select(record => record.Index));
        Assert.Equal(before, _folder.Save());
    }

    [Fact]
    public void Folder_that_is_not_there_is_named()
    {
        var reader = new SpoolReader(_folder.Path);
        Assert.Null(reader.Cursor);
        Assert.Contains(_folder.Path, Assert.Throws<IOException>(() => reader.List().ToList()).Message, StringComparison.Ordinal);
    }

    private static void Damage(string file, int at)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[at] ^= 1;
        File.WriteAllBytes(file, bytes);
    }
}
