using System.Globalization;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Sidecar.FunctionalTests.Matrix;

/// <summary>Middleware that takes down each exchange as ASP.NET Core's server saw it.</summary>
internal sealed class KestrelLog
{
    public Tally Seen { get; } = new();

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var (request, response) = (context.Request, context.Response);
        var http2 = request.Protocol == HttpProtocol.Http2;
        var head = new SeenMessage
        {
            Start = $"{request.Method} {context.Features.Get<IHttpRequestFeature>()!.RawTarget} {(http2 ? "HTTP/2" : request.Protocol)}",
            Fields = Fields(request.Headers),
        };
        // Of a Connection that names Upgrade it tells nothing else.
        if (request.Headers.ContainsKey("Upgrade"))
            head = head with { Fields = null, SomeFields = [.. head.Fields.Where(field => !field.StartsWith("connection: ", StringComparison.Ordinal))] };
        var (received, sent) = (new HashingReader(request.Body), new HashingWriter(context.Features.Get<IHttpResponseBodyFeature>()!));
        request.Body = received;
        context.Features.Set<IHttpResponseBodyFeature>(sent);
        var id = request.Headers["x-request-id"].ToString();
        response.OnCompleted(() =>
        {
            // Fields that the server adds by itself are there by now.
            Seen.Add(new SeenExchange(
                id,
                received.AtEnd ? head with { Length = received.Length, Hash = received.Hash } : head, // else nobody asked for all of it
                new SeenMessage
                {
                    Start = response.StatusCode.ToString(CultureInfo.InvariantCulture), Fields = Fields(response.Headers),
                    Length = sent.Length, Hash = sent.Hash,
                    Trailers = http2 ? Fields(context.Features.Get<IHttpResponseTrailersFeature>()!.Trailers) : [], // it has none in HTTP/1.1
                }).Normalised());
            return Task.CompletedTask;
        });
        await next(context);
    }

    private static List<string> Fields(IEnumerable<KeyValuePair<string, StringValues>> fields) => [.. fields
        .Where(field => !field.Key.StartsWith(':'))
        .SelectMany(field => field.Value, (field, value) => $"{field.Key.ToLowerInvariant()}: {value}")];

    /// <summary>Hashes what is read.</summary>
    private sealed class HashingReader(Stream inner) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _length;

        public bool AtEnd { get; private set; }
        public string Hash => Convert.ToHexString(_hash.GetCurrentHash());
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => _length;
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            AtEnd |= count == 0 && buffer.Length > 0;
            _length += count;
            _hash.AppendData(buffer.Span[..count]);
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    /// <summary>Hashes what is written, and leaves to the server when and how it sends it: a stream in its place would change that.</summary>
    private sealed class HashingWriter(IHttpResponseBodyFeature inner) : PipeWriter, IHttpResponseBodyFeature
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private Stream? _stream;
        private Memory<byte> _given;

        public long Length { get; private set; }
        public string Hash => Convert.ToHexString(_hash.GetCurrentHash());
        public Stream Stream => _stream ??= AsStream(leaveOpen: true);
        public PipeWriter Writer => this;
        public override bool CanGetUnflushedBytes => inner.Writer.CanGetUnflushedBytes;
        public override long UnflushedBytes => inner.Writer.UnflushedBytes;

        public override Memory<byte> GetMemory(int sizeHint = 0) => _given = inner.Writer.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void Advance(int bytes)
        {
            Add(_given.Span[..bytes]);
            _given = _given[bytes..];
            inner.Writer.Advance(bytes);
        }

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            Add(source.Span);
            return inner.Writer.WriteAsync(source, cancellationToken);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.Writer.FlushAsync(cancellationToken);

        public override void CancelPendingFlush() => inner.Writer.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Writer.Complete(exception);

        public void DisableBuffering() => inner.DisableBuffering();

        public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

        public Task CompleteAsync() => inner.CompleteAsync();

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        private void Add(ReadOnlySpan<byte> bytes)
        {
            Length += bytes.Length;
            _hash.AppendData(bytes);
        }
    }
}
