using Sidecar.Testing.Fuzzing;

namespace Sidecar.Wire.Tests.Fuzz;

/// <summary>A valid conversation made from the input as its seed: exactly its exchanges are told, however it is split.</summary>
internal sealed class ValidHttp1Target : FuzzTarget
{
    private long _exchanges;

    public override string Name => "http1-valid";

    public override IReadOnlyList<byte[]> Seeds { get; } = [[0, 1, 2, 3]];

    public override string Outcomes => $"{_exchanges} exchanges";

    public override void Check(ReadOnlySpan<byte> input)
    {
        // All of it is comparing.
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var random = new Random((int)SeedOf(input));
        var conversation = Conversation.Random(random);
        var whole = Tell(conversation, null);
        Require(conversation.Exchanges.Select((exchange, i) => exchange.Expected(i)).SequenceEqual(whole.Exchanges.Select(Exchange.Told)), "told as it was");
        Require(whole.Opaque == OpaqueReason.None && whole.Log == Tell(conversation, random).Log, "told the same however it is split");
        _exchanges += conversation.Exchanges.Length;
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

/// <summary>The same for HTTP/2, with and without an upgrade.</summary>
internal sealed class ValidHttp2Target : FuzzTarget
{
    private long _exchanges;

    public override string Name => "http2-valid";

    public override IReadOnlyList<byte[]> Seeds { get; } = [[0, 1, 2, 3]];

    public override string Outcomes => $"{_exchanges} exchanges";

    public override void Check(ReadOnlySpan<byte> input)
    {
        // All of it is comparing.
    }

    public override void Compare(ReadOnlySpan<byte> input)
    {
        var random = new Random((int)SeedOf(input));
        var conversation = Http2Conversation.Random(random, upgraded: random.Next(4) == 0);
        var whole = Tell(conversation, null);
        Require(whole.Opaque == OpaqueReason.None && whole.Skipped.Count == 0, $"followed to its end: {whole.Opaque}");
        Require(conversation.Calls.Select((call, i) => call.Expected(i)).SequenceEqual(whole.Exchanges.Select(Http2Call.Told)), "told as it was");
        Require(whole.Log == Tell(conversation, random).Log, "told the same however it is split");
        _exchanges += conversation.Calls.Length;
    }

    private static Recorder Tell(Http2Conversation conversation, Random? cuts)
    {
        var recorder = new Recorder();
        var observer = new ConnectionObserver(new ObserverLimits());
        observer.Reset(recorder);
        Http2Conversation.Play(observer, conversation.Steps, cuts);
        observer.OnClientClosed();
        observer.OnServerClosed();
        observer.Release();
        return recorder;
    }
}
