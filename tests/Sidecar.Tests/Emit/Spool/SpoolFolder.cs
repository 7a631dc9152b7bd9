using System.Collections.Concurrent;
using System.Text;
using Sidecar.Emit.Spool;

namespace Sidecar.Tests.Emit;

/// <summary>A folder for a spool, its complaints, and records that can be told from one another.</summary>
internal sealed class SpoolFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sidecar-spool");

    public string Path => System.IO.Path.Combine(_folder.FullName, "topic");

    public ConcurrentQueue<string> Complaints { get; } = new();

    public IReadOnlyList<string> Segments => Directory.Exists(Path) ? [.. Directory.GetFiles(Path, "*.seg").Order(StringComparer.Ordinal)] : [];

    /// <summary>Some hundred bytes that follow from the index.</summary>
    public static byte[] Body(long index) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat($"record {index};", 1 + (int)(index % 7))));

    public static List<long> ReadAll(Spool spool)
    {
        var read = new List<long>();
        while (spool.TryRead(out var record))
        {
            Assert.Equal(Body(record.Index), record.Body.ToArray());
            Assert.Equal(record.Index * 1000, record.UnixNanos);
            read.Add(record.Index);
        }

        return read;
    }

    public static void Append(Spool spool, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var expected = spool.NextIndex;
            Assert.True(spool.Append(Body(expected), expected * 1000, out var index));
            Assert.Equal(expected, index);
        }
    }

    public static List<long> Range(long from, long to) => [.. Enumerable.Range((int)from, (int)(to - from)).Select(i => (long)i)];

    public Spool Open(long limit = 1 << 20, int segment = 4096, SpoolFullPolicy full = SpoolFullPolicy.DropOldest) =>
        Spool.Open(new SpoolOptions { Directory = Path, LimitBytes = limit, SegmentBytes = segment, Full = full }, Complaints.Enqueue);

    /// <summary>Puts a copy of files into the folder in place of what is there.</summary>
    public void Restore(IReadOnlyDictionary<string, byte[]> files)
    {
        if (Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        Directory.CreateDirectory(Path);
        foreach (var (name, bytes) in files)
            File.WriteAllBytes(System.IO.Path.Combine(Path, name), bytes);
        Complaints.Clear();
    }

    public Dictionary<string, byte[]> Save() => Directory.GetFiles(Path).ToDictionary(file => System.IO.Path.GetFileName(file), File.ReadAllBytes);

    public void Dispose() => _folder.Delete(recursive: true);
}
