using Sidecar.Emit.Spool;

namespace Sidecar.Tests.Emit;

public sealed class SpoolDamageTests : IDisposable
{
    private readonly SpoolFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Last_segment_cut_at_any_byte_keeps_all_whole_records_and_goes_on()
    {
        var files = Make(records: 8, segment: 100_000);
        var (name, bytes) = Assert.Single(files, file => file.Key.EndsWith(".seg", StringComparison.Ordinal));
        var ends = Ends(0, 8);
        for (var length = 0; length < bytes.Length; length++)
        {
            // All of the last two records, and some of the others.
            if (length < ends[6] - 30 && length % 7 > 0)
                continue;
            _folder.Restore(With(files, name, bytes[..length]));
            var whole = ends.Count(end => end <= length) - 1;
            var spool = _folder.Open();
            Assert.Equal(length == ends[Math.Max(whole, 0)] ? 0 : 1, _folder.Complaints.Count);
            whole = Math.Max(whole, 0);
            Assert.Equal((whole, whole, 0), (spool.NextIndex, spool.Records, spool.LostRecords));
            Assert.Equal(SpoolFolder.Range(0, whole), SpoolFolder.ReadAll(spool));
            SpoolFolder.Append(spool, 2);
            spool.Flush();
            spool.Abandon();
            _folder.Complaints.Clear();
            spool = _folder.Open();
            Assert.Equal(SpoolFolder.Range(0, whole + 2), SpoolFolder.ReadAll(spool));
            Assert.Empty(_folder.Complaints);
            spool.Abandon();
        }
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0xFF)]
    public void Any_byte_of_the_last_segment_flipped_loses_exactly_what_is_behind_it(byte flip)
    {
        const int Count = 8;
        var files = Make(Count, segment: 100_000);
        var (name, bytes) = Assert.Single(files, file => file.Key.EndsWith(".seg", StringComparison.Ordinal));
        var ends = Ends(0, Count);
        for (var at = 0; at < bytes.Length; at++)
        {
            _folder.Restore(With(files, name, Flip(bytes, at, flip)));
            var intact = at < 8 ? 0 : ends.Count(end => end <= at) - 1;
            // Damage of the very last record can't be told from a write that did not finish: its number is given again.
            var next = intact == Count - 1 ? Count - 1 : Count;
            var spool = _folder.Open();
            Assert.Equal((next, intact, next - intact), (spool.NextIndex, spool.Records, spool.LostRecords));
            Assert.Contains(name, _folder.Complaints.First(), StringComparison.Ordinal);
            Assert.Contains($"at byte {(at < 8 ? 0 : ends[intact])}", at is >= 4 and < 8 ? "at byte 0" : _folder.Complaints.First(), StringComparison.Ordinal);
            Assert.Equal(SpoolFolder.Range(0, intact), SpoolFolder.ReadAll(spool));
            SpoolFolder.Append(spool, 2);
            spool.Flush();
            Assert.Equal([next, next + 1], SpoolFolder.ReadAll(spool));
            spool.Abandon();
            spool = _folder.Open();
            Assert.Equal((next + 2, intact + 2, next - intact), (spool.NextIndex, spool.Records, spool.LostRecords));
            Assert.Equal([.. SpoolFolder.Range(0, intact), next, next + 1], SpoolFolder.ReadAll(spool));
            spool.Abandon();
        }
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x80)]
    public void Any_byte_of_an_older_segment_flipped_loses_exactly_the_rest_of_it(byte flip)
    {
        var files = Make(records: 30, segment: 700);
        var names = Names(files);
        Assert.InRange(names.Count, 3, 10);
        var (first, next) = (First(names[1]), First(names[2]));
        var bytes = files[names[1]];
        var ends = Ends(first, (int)(next - first));
        for (var at = 0; at < bytes.Length; at++)
        {
            _folder.Restore(With(files, names[1], Flip(bytes, at, flip)));
            var intact = at < 8 ? 0 : ends.Count(end => end <= at) - 1;
            var lost = next - first - intact;
            var spool = _folder.Open(segment: 700);
            Assert.Equal((30, 30 - lost, lost), (spool.NextIndex, spool.Records, spool.LostRecords));
            Assert.Single(_folder.Complaints, complaint => complaint.Contains(names[1], StringComparison.Ordinal));
            List<long> expected = [.. SpoolFolder.Range(0, first + intact), .. SpoolFolder.Range(next, 30)];
            Assert.Equal(expected, SpoolFolder.ReadAll(spool));
            if (at % 16 == 0)
            {
                spool.Commit(30);
                Assert.Equal((0, lost), (spool.Records, spool.LostRecords));
            }

            spool.Abandon();
        }
    }

    [Fact]
    public void Any_byte_of_the_cursor_flipped_or_cut_starts_from_the_oldest_record()
    {
        using (var spool = _folder.Open())
        {
            SpoolFolder.Append(spool, 10);
            spool.Commit(4);
        }

        var files = _folder.Save();
        var cursor = files[SpoolFiles.Cursor];
        for (var at = 0; at < cursor.Length; at++)
        {
            foreach (var bad in new[] { Flip(cursor, at, 1), cursor[..at], [.. cursor, 0] })
            {
                _folder.Restore(With(files, SpoolFiles.Cursor, bad));
                var spool = _folder.Open();
                Assert.Contains("cursor", Assert.Single(_folder.Complaints), StringComparison.Ordinal);
                Assert.Equal((10, 0), (SpoolFolder.ReadAll(spool).Count, spool.LostRecords));
                spool.Abandon();
            }
        }
    }

    [Fact]
    public void Lost_cursor_starts_from_the_oldest_record_that_is_there()
    {
        var files = Make(records: 30, segment: 700);
        var second = First(Names(files)[1]);
        files.Remove(Names(files)[0]);
        files.Remove(SpoolFiles.Cursor);
        _folder.Restore(files);
        using var spool = _folder.Open();
        Assert.Equal((0, 30 - second), (spool.LostRecords, spool.Records));
        Assert.Contains("no cursor", Assert.Single(_folder.Complaints), StringComparison.Ordinal);
        Assert.Equal(SpoolFolder.Range(second, 30), SpoolFolder.ReadAll(spool));
    }

    [Fact]
    public void Missing_segments_are_counted_by_the_numbers_around_them()
    {
        var files = Make(records: 60, segment: 700);
        var names = Names(files);
        files.Remove(names[0]);
        files.Remove(names[2]);
        _folder.Restore(files);
        var lost = First(names[1]) + First(names[3]) - First(names[2]);
        using var spool = _folder.Open();
        Assert.Equal((lost, 60 - lost, First(names[1])), (spool.LostRecords, spool.Records, spool.Committed));
        Assert.Equal([.. SpoolFolder.Range(First(names[1]), First(names[2])), .. SpoolFolder.Range(First(names[3]), 60)], SpoolFolder.ReadAll(spool));
    }

    [Fact]
    public void Cursor_beyond_the_end_goes_on_there_and_gives_no_number_twice()
    {
        var files = Make(records: 10, segment: 100_000);
        CursorFile.Write(_folder.Path, 25);
        using var spool = _folder.Open();
        Assert.Equal((25, 25, 0, 0), (spool.NextIndex, spool.Committed, spool.Records, spool.LostRecords));
        Assert.Contains("ends at record 10", Assert.Single(_folder.Complaints), StringComparison.Ordinal);
        SpoolFolder.Append(spool, 3);
        Assert.Equal([25, 26, 27], SpoolFolder.ReadAll(spool));
        Assert.NotEmpty(files);
    }

    [Fact]
    public void Segment_of_a_newer_version_is_kept_aside()
    {
        var files = Make(records: 10, segment: 100_000);
        var name = Names(files)[0];
        var newer = files[name].ToArray();
        newer[4] = 2;
        newer.AsSpan(8).Fill(7);
        _folder.Restore(With(files, name, newer));
        using var spool = _folder.Open();
        Assert.Contains("version", Assert.Single(_folder.Complaints), StringComparison.Ordinal);
        Assert.Equal((0, 0), (spool.Records, spool.NextIndex));
        SpoolFolder.Append(spool, 3);
        Assert.Equal([0, 1, 2], SpoolFolder.ReadAll(spool));
        Assert.Equal(newer, File.ReadAllBytes(Path.Combine(_folder.Path, name + ".unreadable")));
    }

    [Fact]
    public void Foreign_files_are_left_alone()
    {
        Make(records: 10, segment: 100_000);
        string[] foreign = ["notes.txt", "0.seg", "99999999999999999999.seg", "-0000000000000000001.seg", "00000000000000000000.seg.bak", "cursor.tmp"];
        foreach (var name in foreign)
            File.WriteAllText(Path.Combine(_folder.Path, name), "mine");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "00000000000000000099.seg"));
        using var spool = _folder.Open();
        Assert.Equal(SpoolFolder.Range(0, 10), SpoolFolder.ReadAll(spool));
        Assert.Empty(_folder.Complaints);
        Assert.All(foreign, name => Assert.Equal("mine", File.ReadAllText(Path.Combine(_folder.Path, name))));
    }

    [Fact]
    public void Length_of_two_gigabytes_and_zeros_and_noise_are_damage_and_take_no_memory()
    {
        var random = new Random(7);
        foreach (var fill in new Action<byte[]>[] { bytes => bytes.AsSpan().Clear(), random.NextBytes, bytes => bytes.AsSpan().Fill(0x7F) })
        {
            var files = Make(records: 5, segment: 100_000);
            var (name, bytes) = Assert.Single(files, file => file.Key.EndsWith(".seg", StringComparison.Ordinal));
            var noise = new byte[200_000];
            fill(noise);
            _folder.Restore(With(files, name, [.. bytes, .. noise]));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var spool = _folder.Open();
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
            Assert.Equal((5, 5, 0), (spool.NextIndex, spool.Records, spool.LostRecords));
            Assert.Contains("200000 bytes are cut off", Assert.Single(_folder.Complaints), StringComparison.Ordinal);
            spool.Abandon();
        }
    }

    [Fact]
    public void Bytes_made_to_look_like_headers_do_not_hold_up_the_start()
    {
        var files = Make(records: 1, segment: 100_000);
        var (name, bytes) = Assert.Single(files, file => file.Key.EndsWith(".seg", StringComparison.Ordinal));
        var trap = new byte[4_000_000];
        for (var i = 0; i + 24 <= trap.Length; i += 24)
        {
            BitConverter.TryWriteBytes(trap.AsSpan(i), trap.Length - i - 24);
            BitConverter.TryWriteBytes(trap.AsSpan(i + 8), 2L);
        }

        _folder.Restore(With(files, name, [.. bytes, .. trap]));
        var started = TimeProvider.System.GetTimestamp();
        using var spool = _folder.Open();
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(1, spool.Records);
    }

    [Fact]
    public void Damage_while_the_spool_is_open_is_told_counted_and_skipped()
    {
        var told = 0L;
        using var spool = _folder.Open(segment: 700);
        spool.Lost += loss => told += loss.Next - loss.First;
        SpoolFolder.Append(spool, 30);
        spool.Flush();
        var names = _folder.Segments.Select(file => Path.GetFileName(file)).ToList();
        FlipOnDisk(names[1], 8 + 30);
        FlipOnDisk(names[^1], 8 + 30);
        var lost = First(names[2]) - First(names[1]) + 30 - First(names[^1]);
        Assert.Equal([.. SpoolFolder.Range(0, First(names[1])), .. SpoolFolder.Range(First(names[2]), First(names[^1]))], SpoolFolder.ReadAll(spool));
        Assert.Equal((lost, lost, 30 - lost), (spool.LostRecords, told, spool.Records));
        Assert.Equal(2, _folder.Complaints.Count);
        SpoolFolder.Append(spool, 5);
        Assert.Equal(SpoolFolder.Range(30, 35), SpoolFolder.ReadAll(spool));
        spool.Commit(35);
        Assert.Equal((0, lost), (spool.Records, spool.LostRecords));
    }

    [Fact]
    public void Files_that_claim_the_same_records_are_read_once_each_record()
    {
        var files = Make(records: 10, segment: 100_000);
        var tail = new SpoolFolder();
        using (tail)
        {
            CreateAt(tail, 6, 10);
            foreach (var (name, bytes) in tail.Save().Where(file => file.Key.EndsWith(".seg", StringComparison.Ordinal)))
                files[name] = bytes;
        }

        _folder.Restore(files);
        using var spool = _folder.Open();
        Assert.Equal(SpoolFolder.Range(0, 16), SpoolFolder.ReadAll(spool));
        Assert.Equal(0, spool.LostRecords);
    }

    private static void CreateAt(SpoolFolder folder, long first, int count)
    {
        Directory.CreateDirectory(folder.Path);
        CursorFile.Write(folder.Path, first);
        using var spool = folder.Open(segment: 100_000);
        SpoolFolder.Append(spool, count);
    }

    private void FlipOnDisk(string name, long at)
    {
        using var file = new FileStream(Path.Combine(_folder.Path, name), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 1));
    }

    private Dictionary<string, byte[]> Make(int records, int segment)
    {
        if (Directory.Exists(_folder.Path))
            Directory.Delete(_folder.Path, recursive: true);
        using (var spool = _folder.Open(segment: segment))
            SpoolFolder.Append(spool, records);
        _folder.Complaints.Clear();
        return _folder.Save();
    }

    // Where the header and each of the records end.
    private static List<int> Ends(long first, int count)
    {
        var ends = new List<int> { 8 };
        for (var i = 0; i < count; i++)
            ends.Add(ends[^1] + 24 + SpoolFolder.Body(first + i).Length);
        return ends;
    }

    private static List<string> Names(Dictionary<string, byte[]> files) =>
        [.. files.Keys.Where(name => name.EndsWith(".seg", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static long First(string name) => long.Parse(name[..20], System.Globalization.CultureInfo.InvariantCulture);

    private static Dictionary<string, byte[]> With(Dictionary<string, byte[]> files, string name, byte[] bytes) => new(files) { [name] = bytes };

    private static byte[] Flip(byte[] bytes, int at, byte flip)
    {
        var copy = bytes.ToArray();
        copy[at] ^= flip;
        return copy;
    }
}
