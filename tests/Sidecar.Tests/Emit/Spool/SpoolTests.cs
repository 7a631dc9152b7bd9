using Sidecar.Emit.Spool;

namespace Sidecar.Tests.Emit;

public sealed class SpoolTests : IDisposable
{
    private readonly SpoolFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_come_back_in_order_over_restarts_and_numbers_go_on()
    {
        for (var run = 0; run < 5; run++)
        {
            using var spool = _folder.Open(segment: 1000);
            Assert.Equal(run * 100, spool.NextIndex);
            Assert.Equal(run * 100, spool.Records);
            SpoolFolder.Append(spool, 100);
            Assert.Equal(SpoolFolder.Range(0, run * 100 + 100), SpoolFolder.ReadAll(spool));
        }

        Assert.Empty(_folder.Complaints);
        Assert.InRange(_folder.Segments.Count, 10, 1000);
        Assert.All(_folder.Segments, file => Assert.InRange(new FileInfo(file).Length, 9, 1000));
    }

    [Fact]
    public void Commit_deletes_whole_segments_and_a_restart_goes_on_behind_it()
    {
        using (var spool = _folder.Open(segment: 500))
        {
            SpoolFolder.Append(spool, 100);
            spool.Flush();
            var before = _folder.Segments.Count;
            SpoolFolder.ReadAll(spool);
            spool.Commit(50);
            Assert.InRange(_folder.Segments.Count, 2, before - 3);
            Assert.Equal((50, 50, 100, 0), (spool.Records, spool.Committed, spool.NextIndex, spool.LostRecords));
            spool.Rewind();
            Assert.Equal(SpoolFolder.Range(50, 100), SpoolFolder.ReadAll(spool));
        }

        using (var spool = _folder.Open(segment: 500))
        {
            Assert.Equal(SpoolFolder.Range(50, 100), SpoolFolder.ReadAll(spool));
            spool.Commit(100);
            Assert.Equal(0, spool.Records);
            Assert.Single(_folder.Segments);
        }

        using (var spool = _folder.Open(segment: 500))
        {
            Assert.False(spool.TryRead(out _));
            Assert.Equal((100, 0), (spool.NextIndex, spool.LostRecords));
            SpoolFolder.Append(spool, 1);
            Assert.Equal([100], SpoolFolder.ReadAll(spool));
        }

        Assert.Empty(_folder.Complaints);
    }

    [Fact]
    public void Commit_below_the_last_is_nothing_and_above_the_end_an_error()
    {
        using var spool = _folder.Open();
        SpoolFolder.Append(spool, 10);
        spool.Commit(5);
        spool.Commit(3);
        Assert.Equal(5, spool.Committed);
        Assert.Throws<ArgumentOutOfRangeException>(() => spool.Commit(11));
        Assert.Equal(SpoolFolder.Range(5, 10), SpoolFolder.ReadAll(spool));
    }

    [Fact]
    public void Reader_sees_a_record_at_once_and_keeps_its_bytes()
    {
        using var spool = _folder.Open();
        Assert.False(spool.TryRead(out _));
        var kept = new List<SpoolRecord>();
        for (var i = 0; i < 3000; i++)
        {
            SpoolFolder.Append(spool, 1);
            if (i % 100 == 0)
                spool.Flush();
            Assert.True(spool.TryRead(out var record));
            Assert.False(spool.TryRead(out _));
            kept.Add(record);
            spool.Commit(record.Index);
        }

        Assert.All(kept, record => Assert.Equal(SpoolFolder.Body(record.Index), record.Body.ToArray()));
    }

    [Fact]
    public void Empty_and_very_large_records_are_records()
    {
        var sizes = new[] { 0, 1, 64 * 1024 - 24, 64 * 1024 - 23, 64 * 1024, 300_000, 0, Spool.MaxBodyBytes, 5 };
        using (var spool = _folder.Open(limit: 64 << 20, segment: 100_000))
        {
            foreach (var size in sizes)
                Assert.True(spool.Append(new byte[size], size, out _));
            Assert.Throws<ArgumentOutOfRangeException>(() => spool.Append(new byte[Spool.MaxBodyBytes + 1], 0, out _));
        }

        using var again = _folder.Open(limit: 64 << 20);
        foreach (var size in sizes)
        {
            Assert.True(again.TryRead(out var record));
            Assert.Equal((size, size), (record.Body.Length, record.UnixNanos));
        }

        Assert.False(again.TryRead(out _));
        Assert.Empty(_folder.Complaints);
    }

    [Fact]
    public void Second_opener_is_refused_with_the_folder_and_the_remedy()
    {
        using (var spool = _folder.Open())
        {
            var refused = Assert.Throws<IOException>(() => _folder.Open());
            Assert.Contains(_folder.Path, refused.Message, StringComparison.Ordinal);
            Assert.Contains("Stop that process", refused.Message, StringComparison.Ordinal);
            SpoolFolder.Append(spool, 1);
        }

        using var next = _folder.Open();
        Assert.Equal(1, next.Records);
    }

    [Theory]
    [InlineData("file/topic")]
    [InlineData("file")]
    [InlineData("/proc/spool")]
    public void Folder_that_cannot_be_used_is_named(string path)
    {
        Directory.CreateDirectory(_folder.Path);
        File.WriteAllText(Path.Combine(_folder.Path, "file"), "");
        path = Path.Combine(_folder.Path, path);
        var refused = Assert.Throws<IOException>(() => Spool.Open(new SpoolOptions { Directory = path }, _folder.Complaints.Enqueue));
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another process", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folder_without_write_permission_is_named()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may write everywhere");
        if (!OperatingSystem.IsLinux())
            return;
        Directory.CreateDirectory(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var refused = Assert.Throws<IOException>(() => _folder.Open());
        Assert.Contains(_folder.Path, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another process", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Segment_that_cannot_be_made_costs_only_the_record_that_needed_it_and_only_until_it_can()
    {
        using var spool = _folder.Open(segment: 200);
        SpoolFolder.Append(spool, 1);
        var taken = new List<string>();
        for (var i = 1; i < 50; i++)
        {
            var folder = Path.Combine(_folder.Path, $"{i:D20}.seg");
            Directory.CreateDirectory(folder);
            taken.Add(folder);
        }

        var refused = Assert.Throws<IOException>(() => SpoolFolder.Append(spool, 50));
        var next = spool.NextIndex;
        Assert.Contains($"{next:D20}.seg", refused.Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => SpoolFolder.Append(spool, 1));
        Assert.Equal((next, next), (spool.NextIndex, spool.Records));

        taken.ForEach(Directory.Delete);
        SpoolFolder.Append(spool, 50);
        Assert.Equal(SpoolFolder.Range(0, next + 50), SpoolFolder.ReadAll(spool));
        Assert.Equal(0, spool.LostRecords);
    }

    [Fact]
    public void Folder_taken_away_under_a_running_spool_is_told_and_made_anew()
    {
        using var spool = _folder.Open(segment: 1000);
        SpoolFolder.Append(spool, 10);
        spool.Sync();
        Directory.Delete(_folder.Path, recursive: true);
        SpoolFolder.Append(spool, 10);
        spool.Flush();
        Assert.Contains("taken away", Assert.Single(_folder.Complaints), StringComparison.Ordinal);
        SpoolFolder.Append(spool, 10);
        spool.Sync();
        Assert.Equal(SpoolFolder.Range(0, 30), SpoolFolder.ReadAll(spool));
        Assert.Equal(0, spool.LostRecords);
        Assert.NotEmpty(_folder.Segments);
    }

    [Fact]
    public void Closed_spool_refuses_calls_and_closes_twice()
    {
        var spool = _folder.Open();
        spool.Dispose();
        spool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => spool.Append([], 0, out _));
        Assert.Throws<ObjectDisposedException>(() => spool.TryRead(out _));
        Assert.Throws<ObjectDisposedException>(spool.Sync);
    }

    [Fact]
    public void Many_segments_without_a_sync_do_not_hold_a_handle_each()
    {
        using var spool = _folder.Open(limit: 1 << 20, segment: 100);
        SpoolFolder.Append(spool, 1000);
        Assert.InRange(_folder.Segments.Count, 500, 1000);
        Assert.InRange(new DirectoryInfo("/proc/self/fd").GetFiles().Count(file => file.LinkTarget?.StartsWith(_folder.Path, StringComparison.Ordinal) == true), 1, 100);
        Assert.Equal(1000, SpoolFolder.ReadAll(spool).Count);
    }
}
