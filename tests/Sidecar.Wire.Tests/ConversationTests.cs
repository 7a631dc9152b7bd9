using CsCheck;

namespace Sidecar.Wire.Tests;

/// <summary>Random valid conversations: pipelined, chunked, answered early, split anywhere.</summary>
public class ConversationTests
{
    [Fact]
    public void Valid_conversations_are_told_as_they_were_however_they_are_split()
    {
        Gen.Select(Conversation.Gen1To20, Gen.Int).Sample((conversation, seed) =>
        {
            var whole = Tell(conversation, null);
            Assert.Equal(conversation.Exchanges.Select((exchange, i) => exchange.Expected(i)), whole.Exchanges.Select(Exchange.Told));
            Assert.Equal(OpaqueReason.None, whole.Opaque);
            Assert.Equal(whole.Log, Tell(conversation, new Random(seed)).Log);
            Assert.Equal(whole.Log, Tell(conversation, new Random(seed + 1)).Log);
        }, iter: 500, threads: 2);
    }

    private static Recorder Tell(Conversation conversation, Random? cuts)
    {
        var recorder = new Recorder();
        var observer = new Http1Observer(new ObserverLimits());
        observer.Reset(recorder);
        Conversation.Play(observer, conversation.Steps, cuts);
        observer.OnClientClosed();
        observer.OnServerClosed();
        return recorder;
    }
}
