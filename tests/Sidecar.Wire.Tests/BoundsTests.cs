using System.Diagnostics.Tracing;
using System.Text;
using Sidecar.Wire.Tests.Fuzz;

namespace Sidecar.Wire.Tests;

/// <summary>What a connection may keep, whatever its peers send: measured in the arrays that it takes from the shared pool.</summary>
[Collection(nameof(BoundsTests))]
public class BoundsTests
{
    private const int MaxHeadBytes = 700;
    private const int MaxTableBytes = 8192;
    private const int MaxStreams = 4;

    [Fact]
    public void What_is_taken_from_the_pool_stays_within_bounds_and_comes_back()
    {
        using var pool = new PoolWatch();
        var random = new Random(1);
        var observer = new ConnectionObserver(new ObserverLimits { MaxHeadBytes = MaxHeadBytes, MaxStreams = MaxStreams, MaxHeaderTableBytes = MaxTableBytes });
        var check = new ContractCheck();
        (long Most, int Rented) seen = default;
        for (var i = 0; i < 2_000; i++)
        {
            var steps = i % 3 == 0 ? Conversation.Random(random).Steps : Http2Conversation.Random(random, upgraded: i % 3 == 1).Steps;
            observer.Reset(check);
            Http2Conversation.Play(observer, i % 2 == 0 ? steps : FuzzTests.Damage(steps, Http2Target.Words, random), random);
            observer.OnShutdown();
            check.Reset();
            observer.Release();
            Assert.True(pool.Held == 0, $"after connection {i} there are {pool.Held} arrays that did not come back");
            seen = (Math.Max(seen.Most, pool.Longest), pool.Rented);
        }

        // Two bytes of array for each byte of table, in a power of two, is the largest thing there is.
        Assert.InRange(seen.Most, 1024, 2 * MaxTableBytes);
        Assert.True(seen.Rented > 1_000, $"only {seen.Rented} arrays were taken: the conversations reach nothing");
    }

    [Fact]
    public void A_frame_that_is_only_announced_costs_nothing()
    {
        using var pool = new PoolWatch();
        var observer = new ConnectionObserver(new ObserverLimits());
        observer.Reset(new ContractCheck());
        observer.OnClientBytes(Encoding.ASCII.GetBytes(H2.Preface));

        // A header block of 64,000 bytes, of which one byte comes.
        observer.OnClientBytes(H2.Frame(1, 4, 1, new byte[64_000]).AsSpan(0, 10));

        Assert.InRange(pool.Longest, 1, 1024);
        observer.Release();
        Assert.Equal(0, pool.Held);
    }

    [Fact]
    public void A_table_grows_with_its_entries_and_not_with_what_its_encoder_asks_for()
    {
        using var pool = new PoolWatch();
        var decoder = new HpackDecoder(64 * 1024);
        var block = new HeaderBlock();
        block.Clear(64 * 1024);

        // One entry of 2 + 300 bytes; then a block that says 20,000 times that the table shrinks to 4,096 bytes and grows to 65,536 again.
        Assert.True(decoder.TryDecode([0x3F, 0xE1, 0xFF, 0x03, 0x40, 2, (byte)'a', (byte)'b', 0x7F, 0xAD, 0x01, .. new byte[300]], block));
        var taken = pool.Rented;
        Assert.InRange(pool.Longest, 1, 1024);
        Assert.True(decoder.TryDecode([.. Enumerable.Repeat((byte[])[0x3F, 0xE1, 0x1F, 0x3F, 0xE1, 0xFF, 0x03], 20_000).SelectMany(sizes => sizes), 0xBE], block));

        Assert.Equal(taken, pool.Rented);
        decoder.Reset();
        Assert.Equal(0, pool.Held);
    }

    [Fact]
    public void Streams_whose_ids_were_chosen_to_collide_do_not()
    {
        // So far apart, ids differ in no bit that a mask of their low ones keeps.
        const int Most = 4096;
        var table = new StreamTable();
        for (var i = 0; i < Most; i++)
            Assert.True(table.Add(1 + (i << 19), Most) >= 0);

        // Chance alone puts six or seven into the fullest chain.
        var fullest = Enumerable.Range(0, Most).Select(i => table.Bucket(1 + (i << 19))).CountBy(bucket => bucket).Max(chain => chain.Value);
        Assert.InRange(fullest, 1, 20);
        table.Clear();
    }

    /// <summary>The arrays that this thread takes from shared pools and gives back, as .NET's own events tell.</summary>
    private sealed class PoolWatch : EventListener
    {
        private const int BufferRented = 1;
        private const int BufferReturned = 3;
        private readonly int _thread = Environment.CurrentManagedThreadId;
        private readonly HashSet<(int Pool, int Array)> _held = [];

        /// <summary>How many are out.</summary>
        public int Held => _held.Count;

        /// <summary>How many were taken.</summary>
        public int Rented { get; private set; }

        /// <summary>The longest of them, in elements.</summary>
        public long Longest { get; private set; }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Buffers.ArrayPoolEventSource")
                EnableEvents(eventSource, EventLevel.Verbose);
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            // Told on the thread that did it; others' arrays are not ours.
            if (Environment.CurrentManagedThreadId != _thread || eventData.EventId is not (BufferRented or BufferReturned))
                return;
            var array = (Pool: (int)eventData.Payload![2]!, Array: (int)eventData.Payload[0]!);
            if (eventData.EventId == BufferReturned)
            {
                _held.Remove(array);
                return;
            }

            _held.Add(array);
            Rented++;
            Longest = Math.Max(Longest, (int)eventData.Payload[1]!);
        }
    }
}

/// <summary>Alone: while somebody listens to the pool, each array that any thread takes from it costs memory, and others hold that against a budget of none.</summary>
[CollectionDefinition(nameof(BoundsTests), DisableParallelization = true)]
public sealed class PoolListeners;
