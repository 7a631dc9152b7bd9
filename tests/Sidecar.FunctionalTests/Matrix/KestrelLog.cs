using System.Globalization;
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
        var (received, sent) = (new HashingStream(request.Body), new HashingStream(response.Body));
        (request.Body, response.Body) = (received, sent);
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
                    Trailers = http2 ? Fields(context.Features.Get<IHttpResponseTrailersFeature>()!.Trailers) : null,
                }).Normalised());
            return Task.CompletedTask;
        });
        await next(context);
    }

    private static List<string> Fields(IEnumerable<KeyValuePair<string, StringValues>> fields) => [.. fields
        .Where(field => !field.Key.StartsWith(':'))
        .SelectMany(field => field.Value, (field, value) => $"{field.Key.ToLowerInvariant()}: {value}")];

    /// <summary>Hashes what is read or written.</summary>
    private sealed class HashingStream(Stream inner) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private long _length;

        public bool AtEnd { get; private set; }
        public string Hash => Convert.ToHexString(_hash.GetCurrentHash());
        public override bool CanRead => inner.CanRead;
        public override bool CanSeek => false;
        public override bool CanWrite => inner.CanWrite;
        public override long Length => _length;
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            AtEnd |= count == 0 && buffer.Length > 0;
            Add(buffer.Span[..count]);
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Add(buffer.Span);
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private void Add(ReadOnlySpan<byte> bytes)
        {
            _length += bytes.Length;
            _hash.AppendData(bytes);
        }
    }
}
