namespace Sidecar.Demo.Screen;

/// <summary>Where the demo is seen: a live table, or lines. Disposing leaves it as it is; what comes next is the summary.</summary>
internal interface IDemoScreen : IAsyncDisposable
{
    /// <summary>Says something that happened.</summary>
    void Say(string line);

    /// <summary>Shows how things stand; a screen may pass over it.</summary>
    void Show(DemoView view);
}
