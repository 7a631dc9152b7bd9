using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sidecar.Benchmarks.ModelServer;

/// <summary>One connection of HTTP/1.1, or of HTTP/2 from its preface on. Bodies have a Content-Length; what is chunked isn't understood.</summary>
internal static class ServedConnection
{
    private const int HeadBuffer = 8 * 1024;

    // Where all connections' bodies go, over one another: nobody reads them.
    private static readonly byte[] Discarded = GC.AllocateUninitializedArray<byte>(256 * 1024, pinned: true);

    public static async Task RunAsync(Socket client, ModelAnswers answers)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                await ServeAsync(client, answers);
            }
            catch (SocketException)
            {
                // The client went away.
            }
        }
    }

    private static async Task ServeAsync(Socket client, ModelAnswers answers)
    {
        var buffer = new byte[HeadBuffer];
        for (var filled = 0; ;)
        {
            int end;
            while ((end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
            {
                var received = await client.ReceiveAsync(buffer.AsMemory(filled));
                if (received == 0)
                    return;
                filled += received;
            }

            if (buffer.AsSpan().StartsWith("PRI "u8))
            {
                await new ServedHttp2(client, answers).RunAsync(buffer.AsMemory(0, filled));
                return;
            }

            var head = buffer.AsMemory(0, end + 4);
            var answer = answers.For(head.Span);
            var missing = ContentLength(head.Span) - (filled - head.Length);
            if (missing <= 0)
            {
                buffer.AsSpan(filled + missing, -missing).CopyTo(buffer);
                filled = -missing;
            }
            else
            {
                for (filled = 0; missing > 0;)
                {
                    var received = await client.ReceiveAsync(Discarded.AsMemory(0, Math.Min(missing, Discarded.Length)));
                    if (received == 0)
                        return;
                    missing -= received;
                }
            }

            for (var sent = 0; sent < answer.Length;)
                sent += await client.SendAsync(answer.AsMemory(sent));
        }
    }

    private static int ContentLength(ReadOnlySpan<byte> head)
    {
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            var colon = line.IndexOf((byte)':');
            if (colon > 0 && Ascii.EqualsIgnoreCase(line[..colon], "content-length"u8)
                && int.TryParse(line[(colon + 1)..], CultureInfo.InvariantCulture, out var length))
                return length;
        }

        return 0;
    }
}
