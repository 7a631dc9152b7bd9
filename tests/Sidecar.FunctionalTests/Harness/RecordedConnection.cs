using System.Text;
using System.Text.RegularExpressions;

namespace Sidecar.FunctionalTests.Harness;

/// <summary>Every byte that one end of a connection read and wrote, in order, recorded on its way through a stream.</summary>
internal sealed partial class RecordedConnection(Stream inner) : Stream
{
    private readonly MemoryStream _read = new();
    private readonly MemoryStream _written = new();

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>What this end read, a character a byte.</summary>
    public string Received => Text(_read);

    /// <summary>What this end wrote, a character a byte.</summary>
    public string Sent => Text(_written);

    /// <summary>The same bytes with the one value masked that differs between two runs of the same talk: the clock's.</summary>
    public static string WithoutDates(string bytes) => DateHeader().Replace(bytes, "Date: -\r\n");

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer, cancellationToken);
        lock (_read)
            _read.Write(buffer.Span[..count]);
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_written)
            _written.Write(buffer.Span);
        await inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private static string Text(MemoryStream bytes)
    {
        lock (bytes)
            return Encoding.Latin1.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    [GeneratedRegex("^Date: [^\r\n]*\r\n", RegexOptions.Multiline)]
    private static partial Regex DateHeader();
}
