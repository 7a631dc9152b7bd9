using Sidecar.FunctionalTests.Harness;
using Sidecar.Testing;

namespace Sidecar.FunctionalTests.Transparency;

/// <summary>Conversations between real clients and servers, replayed through the real sidecar in the order in which they were recorded.</summary>
public sealed class ConversationTests(ITestOutputHelper output)
{
    private static string Golden => Path.Combine(AppContext.BaseDirectory, "golden");

    [Fact]
    public Task Conversations_kept_here_pass_byte_for_byte_as_recorded() => PassAsync(Golden, cuts: null);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task Conversations_kept_here_pass_byte_for_byte_cut_anywhere(int seed) => PassAsync(Golden, new Random(seed));

    [Fact]
    public Task Every_recorded_conversation_passes_byte_for_byte_as_recorded() => PassAsync(Fixtures.RequireCorpus(), cuts: null);

    [Fact]
    public Task Every_recorded_conversation_passes_byte_for_byte_cut_anywhere() => PassAsync(Fixtures.RequireCorpus(), new Random(20_260_101));

    private async Task PassAsync(string root, Random? cuts)
    {
        var conversations = Conversation.All(root, output.WriteLine);
        Assert.NotEmpty(conversations);
        using var server = new RawServer();
        await using var sidecar = await RelayUnderTest.StartAsync(server.Port, RelayUnderTest.WithoutMetadata);
        foreach (var conversation in conversations)
        {
            try
            {
                await ReplayAsync(cuts is null ? conversation : conversation.Cut(cuts), sidecar, server);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                throw new InvalidOperationException($"{conversation.Name}: {failure.Message}", failure);
            }
        }

        await RelayUnderTest.UntilAsync(() => sidecar.Application.Relay[0].Open == 0, "every connection is gone");
        Assert.Equal(conversations.Count, sidecar.Application.Relay[0].Accepted);
        var totals = await sidecar.SettledAsync();
        output.WriteLine($"{conversations.Count} conversations, {conversations.Sum(c => (long)c.Client.Length + c.Server.Length)} bytes: {totals}");
        Assert.Equal(0, totals.Dropped);
        // Only what no observer can read is opaque: servers that answer twice, or with a body to HEAD. Each counts as one more.
        Assert.Equal(totals.Opaque, await sidecar.CountAsync("opaque", "unsolicited_response"));
        Assert.Equal(2, totals.Opaque);
        Assert.Equal(conversations.Sum(conversation => conversation.Exchanges), totals.Observed - totals.Opaque);
        Assert.Equal(0, await sidecar.CountAsync("opaque", "observer_failed"));
    }

    /// <summary>Neither side goes on before it has what the other had sent until then.</summary>
    private static async Task ReplayAsync(Conversation conversation, RelayUnderTest sidecar, RawServer upstream)
    {
        using var client = await RawConnection.ConnectAsync(sidecar.Traffic);
        using var server = await upstream.AcceptAsync();
        var (atClient, atServer) = (0, 0);
        var (clientOpen, serverOpen) = (true, true);
        for (var i = 0; i < conversation.Segments.Count; i++)
        {
            var (side, length) = conversation.Segments[i];
            switch (side, length)
            {
                case ('c', 0):
                    client.CloseSending();
                    clientOpen = false;
                    Assert.Empty(await server.ReceiveToEndAsync());
                    break;
                case ('s', 0):
                    server.CloseSending();
                    serverOpen = false;
                    Assert.Empty(await client.ReceiveToEndAsync());
                    break;
                case ('C', _):
                    client.Reset();
                    Assert.Equal((0, true), Told(await server.ReceiveToAnyEndAsync()));
                    return;
                case ('S', _):
                    server.Reset();
                    Assert.Equal((0, true), Told(await client.ReceiveToAnyEndAsync()));
                    return;
                case ('c', _):
                    atServer += await CrossAsync(client, server, conversation.Client.AsMemory(atServer, length));
                    break;
                default:
                    atClient += await CrossAsync(server, client, conversation.Server.AsMemory(atClient, length));
                    break;
            }
        }

        Assert.Equal((conversation.Client.Length, conversation.Server.Length), (atServer, atClient));

        // What the recording left open ends in order.
        if (clientOpen)
        {
            client.CloseSending();
            Assert.Empty(await server.ReceiveToEndAsync());
        }

        if (serverOpen)
        {
            server.CloseSending();
            Assert.Empty(await client.ReceiveToEndAsync());
        }
    }

    private static async Task<int> CrossAsync(RawConnection from, RawConnection to, ReadOnlyMemory<byte> bytes)
    {
        var sending = from.SendAsync(bytes);
        var received = await to.ReceiveAsync(bytes.Length);
        await sending;
        Assert.True(bytes.Span.SequenceEqual(received), "the bytes changed on their way");
        return bytes.Length;
    }

    private static (int Length, bool Reset) Told((byte[] Bytes, bool Reset) end) => (end.Bytes.Length, end.Reset);
}
