using System.Text;
using CsCheck;

namespace Sidecar.Wire.Tests;

/// <summary>Random HTTP/2 connections: valid ones are told as they were, damaged ones break no promise, and where they are cut changes nothing.</summary>
public class Http2ConversationTests
{
    private static readonly byte[][] Tokens =
    [
        H2.Settings(), H2.GoAway(1), H2.GoAway(0), H2.Reset(1, 7), H2.Reset(3, 0), H2.Data(1, "x"), H2.Data(1, "", end: true), H2.Data(0, "x"),
        H2.Data(3, "yy", padding: 3), H2.Frame(1, 5, 5, [0x88]), H2.Frame(1, 5, 1, [0xBE]), H2.Frame(1, 1, 3, [0x82]), H2.Frame(9, 4, 3, [0x84]),
        H2.Frame(5, 4, 1, [0, 0, 0, 2, 0x82]), [0x3F, 0xE1, 0x01], [0xFF, 0xFF, 0xFF, 0xFF], [0], [0x82, 0x84, 0x87], Encoding.ASCII.GetBytes(H2.Preface),
        "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n"u8.ToArray(), "HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n"u8.ToArray(), "\x16\x03\x01"u8.ToArray(),
    ];

    [Fact]
    public void Valid_connections_are_told_as_they_were_however_they_are_split()
    {
        Gen.Select(Http2Conversation.Any, Gen.Int).Sample((conversation, seed) =>
        {
            var whole = Tell(conversation, null);
            Assert.Equal(OpaqueReason.None, whole.Opaque);
            Assert.Equal(conversation.Calls.Select((call, i) => call.Expected(i)), whole.Exchanges.Select(Http2Call.Told));
            Assert.Equal(whole.Log, Tell(conversation, new Random(seed)).Log);
            Assert.Equal(whole.Log, Tell(conversation, new Random(seed + 1)).Log);
        }, iter: 500, threads: 2);
    }

    [Fact]
    public void Damaged_connections_break_no_promise()
    {
        var inputs = FuzzBudget.Inputs(200_000);
        var source = new Random(7541);
        var seeds = Enumerable.Range(0, 300).Select(_ => Http2Conversation.Random(source, upgraded: false)).Where(c => c.Steps.Sum(s => s.Bytes.Length) < 2_500).ToList();
        var random = new Random(FuzzBudget.Seed(20_261_124));
        var observer = new ConnectionObserver(new ObserverLimits { MaxHeadBytes = 700, MaxStreams = 4, MaxHeaderTableBytes = 8192 });
        var check = new ContractCheck();
        var reasons = new int[Enum.GetValues<OpaqueReason>().Length];
        for (var i = 0L; i < inputs; i++)
        {
            var steps = FuzzTests.Damage(seeds[random.Next(seeds.Count)].Steps, Tokens, random);
            var ending = random.Next(5);
            var whole = Tell(observer, check, steps, ending, null);
            reasons[(int)observer.OpaqueReason]++;
            var split = Tell(observer, check, steps, ending, new Random((int)i));
            Assert.True(whole == split, $"input {i} is told differently when it is split");
        }

        // The damage reaches what can become of HTTP/2, and doesn't always end in it.
        foreach (var reason in (OpaqueReason[])[OpaqueReason.None, OpaqueReason.MalformedRequest, OpaqueReason.MalformedResponse, OpaqueReason.HeaderCompression])
            Assert.True(reasons[(int)reason] > 100, string.Join(' ', reasons));
    }

    [Fact]
    public void Random_frames_break_no_promise()
    {
        var random = new Random(3);
        var observer = new ConnectionObserver(new ObserverLimits());
        var check = new ContractCheck();
        for (var i = 0; i < 20_000; i++)
        {
            var client = Enumerable.Range(0, random.Next(12)).SelectMany(_ => Noise(random));
            var server = Enumerable.Range(0, random.Next(12)).SelectMany(_ => Noise(random));
            (char, byte[])[] steps = [('c', [.. Encoding.ASCII.GetBytes(H2.Preface), .. client]), ('s', [.. server])];
            Assert.Equal(Tell(observer, check, steps, i % 5, null), Tell(observer, check, steps, i % 5, random));
        }

        static byte[] Noise(Random random)
        {
            var payload = new byte[random.Next(20)];
            random.NextBytes(payload);
            return H2.Frame(random.Next(11), random.Next(64), random.Next(6), payload);
        }
    }

    private static Recorder Tell(Http2Conversation conversation, Random? cuts)
    {
        var recorder = new Recorder();
        var observer = new ConnectionObserver(new ObserverLimits());
        observer.Reset(recorder);
        Http2Conversation.Play(observer, conversation.Steps, cuts);
        observer.OnClientClosed();
        observer.OnServerClosed();
        return recorder;
    }

    private static ulong Tell(ConnectionObserver observer, ContractCheck check, IReadOnlyList<(char, byte[])> steps, int ending, Random? cuts)
    {
        check.Reset();
        observer.Reset(check);
        Http2Conversation.Play(observer, steps, cuts);
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
}
