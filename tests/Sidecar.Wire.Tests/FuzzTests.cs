using CsCheck;

namespace Sidecar.Wire.Tests;

/// <summary>Valid conversations with random damage: nothing throws, every promise holds, and splitting still changes nothing.</summary>
public class FuzzTests
{
    private static readonly byte[][] Tokens =
    [
        "\r\n"u8.ToArray(), "\n"u8.ToArray(), "\r"u8.ToArray(), "\r\n\r\n"u8.ToArray(), "0\r\n\r\n"u8.ToArray(), "HTTP/1.1 200 OK\r\n"u8.ToArray(),
        "HTTP/1.1 101 X\r\n\r\n"u8.ToArray(), "HTTP/1.0 200 OK\r\n\r\n"u8.ToArray(), "HTTP/1.1 100 C\r\n\r\n"u8.ToArray(),
        "Content-Length: 3\r\n"u8.ToArray(), "Transfer-Encoding: chunked\r\n"u8.ToArray(), "Connection: close\r\n"u8.ToArray(),
        "CONNECT h:1 HTTP/1.1\r\n\r\n"u8.ToArray(), "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(),
        "ffffffffffffffff\r\n"u8.ToArray(), "\x16\x03\x01"u8.ToArray(), ": "u8.ToArray(), " "u8.ToArray(), "\0"u8.ToArray(), "\xff"u8.ToArray(),
    ];

    [Fact]
    public void Damaged_conversations_break_no_promise()
    {
        var inputs = FuzzBudget.Inputs(200_000);
        var source = new Random(7541);
        var seeds = Enumerable.Range(0, 600).Select(_ => Conversation.Random(source)).Where(c => c.Steps.Sum(s => s.Bytes.Length) < 2_500).ToList();
        var random = new Random(FuzzBudget.Seed(20_111_122));
        var observer = new Http1Observer(new ObserverLimits { MaxHeadBytes = 700 });
        var reasons = new int[Enum.GetValues<OpaqueReason>().Length];
        for (var i = 0L; i < inputs; i++)
        {
            var steps = Damage(seeds[random.Next(seeds.Count)].Steps, Tokens, random);
            var ending = random.Next(5);
            var whole = Tell(observer, steps, ending, null);
            reasons[(int)observer.OpaqueReason]++;
            var split = Tell(observer, steps, ending, new Random((int)i));
            Assert.True(whole == split, $"input {i} is told differently when it is split");
        }

        // The damage reaches every way of becoming opaque, and doesn't always end in one.
        // (those that come after are of HTTP/2, or for its caller to say)
        Assert.All(reasons[..(int)OpaqueReason.TooManyStreams], count => Assert.True(count > 0, string.Join(' ', reasons)));
    }

    [Fact]
    public void Random_bytes_break_no_promise()
    {
        var random = new Random(3);
        var observer = new Http1Observer(new ObserverLimits());
        for (var i = 0; i < 20_000; i++)
        {
            var client = new byte[random.Next(200)];
            var server = new byte[random.Next(200)];
            random.NextBytes(client);
            random.NextBytes(server);
            (char, byte[])[] steps = [('c', i % 2 == 0 ? client : [.. "GET / HTTP/1.1\r\n\r\n"u8, .. client]), ('s', server)];
            Assert.Equal(Tell(observer, steps, i % 5, null), Tell(observer, steps, i % 5, random));
        }
    }

    private static ulong Tell(Http1Observer observer, IReadOnlyList<(char, byte[])> steps, int ending, Random? cuts)
    {
        var check = new ContractCheck();
        observer.Reset(check);
        Conversation.Play(observer, steps, cuts);
        switch (ending)
        {
            case 0: observer.OnClientClosed(); break;
            case 1: observer.OnServerClosed(); break;
            case 2: observer.OnClientReset(); break;
            case 3: observer.OnServerReset(); break;
        }

        observer.OnServerClosed();
        observer.OnShutdown();
        Assert.Equal(0, check.Open);
        return check.Hash;
    }

    internal static (char, byte[])[] Damage((char Side, byte[] Bytes)[] steps, byte[][] tokens, Random random)
    {
        var damaged = steps.ToArray();
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            var which = random.Next(damaged.Length);
            var (side, bytes) = damaged[which];
            var at = random.Next(bytes.Length + 1);
            var length = Math.Min(random.Next(1, 30), bytes.Length - at);
            damaged[which] = random.Next(8) switch
            {
                0 => (side, [.. bytes[..at], .. bytes[(at + length)..]]),
                1 => (side, [.. bytes[..(at + length)], .. bytes[at..]]),
                2 => (side, [.. bytes[..at], (byte)random.Next(256), .. bytes[Math.Min(at + 1, bytes.Length)..]]),
                3 => (side == 'c' ? 's' : 'c', bytes),
                4 => (side, bytes[..at]),
                6 => (side, [.. bytes, .. bytes]),
                5 when random.Next(20) == 0 => (side, [.. bytes[..at], .. Enumerable.Repeat((byte)'h', 800), .. bytes[at..]]),
                _ => (side, [.. bytes[..at], .. tokens[random.Next(tokens.Length)], .. bytes[at..]]),
            };
        }

        return damaged;
    }
}
