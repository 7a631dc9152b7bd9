using System.Text;

namespace Sidecar.Wire.Tests;

/// <summary>Shows an observer a short conversation.</summary>
internal static class Watch
{
    /// <summary>
    /// Steps: <c>"c…"</c> the client sends, <c>"s…"</c> the server sends, and <c>c-close</c>, <c>s-close</c>, <c>c-reset</c>,
    /// <c>s-reset</c>, <c>stop</c>. Runs them as given and byte by byte, and checks that both tell the same.
    /// </summary>
    public static Recorder Run(params string[] steps) => Run(new ObserverLimits(), steps);

    public static Recorder Run(ObserverLimits limits, params string[] steps)
    {
        var whole = Once(limits, steps, int.MaxValue);
        Assert.Equal(whole.Log, Once(limits, steps, 1).Log);
        Assert.Equal(whole.Log, Once(limits, steps, 3).Log);
        return whole;
    }

    private static Recorder Once(ObserverLimits limits, string[] steps, int portion)
    {
        var recorder = new Recorder();
        var observer = new Http1Observer(limits);
        observer.Reset(recorder);
        foreach (var step in steps)
        {
            switch (step)
            {
                case "c-close": observer.OnClientClosed(); break;
                case "s-close": observer.OnServerClosed(); break;
                case "c-reset": observer.OnClientReset(); break;
                case "s-reset": observer.OnServerReset(); break;
                case "stop": observer.OnShutdown(); break;
                default: Send(observer, step[0], Encoding.Latin1.GetBytes(step[1..]), portion); break;
            }
        }

        Assert.Equal(recorder.Opaque, observer.OpaqueReason);
        Assert.Equal(recorder.Opaque != OpaqueReason.None, observer.IsOpaque);
        return recorder;
    }

    /// <summary>The same for a connection of whatever protocol; steps as <see cref="Run(string[])"/>.</summary>
    public static Recorder Connection(params string[] steps) => Connection(new ObserverLimits(), steps);

    public static Recorder Connection(ObserverLimits limits, params string[] steps)
    {
        var whole = Once(limits, steps, int.MaxValue);
        foreach (var portion in (int[])[1, 3, 10])
            Assert.Equal(whole.Log, Once(limits, steps, portion).Log);
        return whole;

        static Recorder Once(ObserverLimits limits, string[] steps, int portion)
        {
            var recorder = new Recorder();
            var observer = new ConnectionObserver(limits);
            observer.Reset(recorder);
            foreach (var step in steps)
            {
                switch (step)
                {
                    case "c-close": observer.OnClientClosed(); break;
                    case "s-close": observer.OnServerClosed(); break;
                    case "c-reset": observer.OnClientReset(); break;
                    case "s-reset": observer.OnServerReset(); break;
                    case "stop": observer.OnShutdown(); break;
                    default: Send(observer, step[0], Encoding.Latin1.GetBytes(step[1..]), portion); break;
                }
            }

            Assert.Equal(recorder.Opaque, observer.OpaqueReason);
            observer.Release();
            return recorder;
        }
    }

    public static void Send(ConnectionObserver observer, char side, ReadOnlySpan<byte> bytes, int portion)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(portion, bytes.Length)];
            bytes = bytes[piece.Length..];
            if (side == 'c')
                observer.OnClientBytes(piece);
            else
                observer.OnServerBytes(piece);
        }
    }

    public static void Send(Http1Observer observer, char side, ReadOnlySpan<byte> bytes, int portion)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(portion, bytes.Length)];
            bytes = bytes[piece.Length..];
            if (side == 'c')
                observer.OnClientBytes(piece);
            else
                observer.OnServerBytes(piece);
        }
    }
}
